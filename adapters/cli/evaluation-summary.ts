/** An evaluation for a terminal: what was gained, how sure that is, and what it does not say. 80 columns. */
import type { EvaluationReport } from '../../src/learn/index.ts';
import { percent, table, usd } from './table.ts';

type Router = EvaluationReport['oneShot'][number];
type Estimate = Router['gain'];

const WIDTH = 80;
/** Tasks shown; the report and `--json` have all. */
const MOST_TASKS = 12;

export function evaluationSummary(report: EvaluationReport): string {
  const { policy, table: of, best, cheapest, draws } = report;
  const parts = [
    wrap(
      `${clean(policy.name)} (seed ${policy.seed}, trained on ${policy.trainedOnRows} rows) on ` +
        `${clean(of.name)}: ${of.rows} rows, ${of.models} models, ${of.tasks} ${of.tasks === 1 ? 'task' : 'tasks'}. ` +
        `Gain: points of accuracy over the best random mix of two single models at the same cost. ` +
        `In brackets: 95 % interval, ${draws} draws of the rows.`,
    ),
    table(
      ['', 'accuracy', 'a request', 'of the best'],
      [
        [name(`best single: ${best.model}`), percent(best.accuracy), usd(best.costUsd), '100.0 %'],
        [
          name(`cheapest: ${cheapest.model}`),
          percent(cheapest.accuracy),
          usd(cheapest.costUsd),
          percent(cheapest.costShare),
        ],
        ['oracle', percent(report.oracleAccuracy), '', ''],
      ],
    ),
    oneCall(report),
    heldOut(report),
    sequences(report),
    calibration(report),
    noise(report),
    tasks(report),
    ['What limits these figures', ...report.limits.map((limit) => wrap(`- ${limit}`, '  '))].join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

const HEAD = ['gain', '', 'of oracle', 'as good as best at'];
const cells = ({ gain, ofOracle, costMatch }: Router) => [
  signed(gain.value),
  range(gain),
  ofOracle === undefined ? '' : percent(ofOracle),
  costMatch ? `${percent(costMatch.value)} of its cost` : 'never',
];

function oneCall({ oneShot, sameAsPredictor, best }: EvaluationReport): string {
  const rows = oneShot.map((router) => [router.name, ...cells(router)]);
  const same =
    sameAsPredictor === 1
      ? 'In one call the reinforcement changes nothing: the policy is its predictor.'
      : `Policy and predictor alone end alike in ${percent(sameAsPredictor)} of the decisions.`;
  return [table(['one call', ...HEAD], rows), wrap(`${same} ${savings(oneShot[0]!, best.model)}`)].join('\n');
}

/** Only ever against the best fixed model, and only where the policy is as accurate. */
function savings({ costMatch }: Router, best: string): string {
  if (!costMatch) return `In one call the policy is nowhere as accurate as ${clean(best)}: no saving.`;
  const high = costMatch.high === undefined ? 'never' : percent(costMatch.high);
  return (
    `It is as accurate as ${clean(best)} at ${percent(costMatch.value)} of its cost ` +
    `[${percent(costMatch.low)} to ${high}].`
  );
}

function sequences({ verifiers, policy, verifierRows, table: of }: EvaluationReport): string {
  if (verifiers.length === 0) return 'The policy was trained without sequences: one call only.';
  const rows = verifiers.map(({ accuracy, plugIn, dapo, rule, dapoLessPlugIn }) => [
    `right ${Math.round(100 * accuracy)} %`,
    ...(dapo && dapoLessPlugIn
      ? [
          `${signed(dapo.gain.value)} ${range(dapo.gain)}`,
          `${signed(dapoLessPlugIn.value)} ${range(dapoLessPlugIn)}`,
        ]
      : [`${signed(plugIn.gain.value)} ${range(plugIn.gain)}`]),
    signed(rule.gain.value),
    (dapo ?? plugIn).costMatch ? percent((dapo ?? plugIn).costMatch!.value) : 'never',
  ]);
  const head = policy.reinforced
    ? ['verifier', 'policy', 'of it by DAPO', 'rule', 'cost match']
    : ['verifier', 'policy', 'rule', 'cost match'];
  const part = verifierRows < of.rows ? ` On ${verifierRows} rows drawn from the table.` : '';
  return [
    table(head, rows),
    wrap(
      `Up to three calls, gain as above.${part} ` +
        (policy.reinforced
          ? ''
          : 'No correction by DAPO was better beyond doubt in training, so the lookahead decides alone. ') +
        'Without a verifier the policy makes one call.',
    ),
  ].join('\n');
}

function heldOut({ heldOut: held }: EvaluationReport): string {
  if ('leftOut' in held) return wrap(`Tasks never seen: not measured, ${held.leftOut}.`);
  const rows = held.sameTasks.map((router, at) => {
    const other = held.otherTasks[at]!;
    return [
      router.name,
      `${signed(router.gain.value)} ${range(router.gain)}`,
      `${signed(other.gain.value)} ${range(other.gain)}`,
    ];
  });
  return [
    table([`trained anew (${held.folds} folds)`, 'tasks known', 'tasks never seen'], rows),
    wrap(
      `Each time on about ${held.trainingRows} rows of this table, so not the policy given, but its kind.`,
    ),
  ].join('\n');
}

function calibration({ reliability: { tenths, floors, worst } }: EvaluationReport): string {
  const rows = tenths.map(({ from, to, expected, reached, pairs, error }) => [
    `${from.toFixed(1)} to ${to.toFixed(1)}`,
    percent(expected),
    percent(reached),
    `±${(196 * error).toFixed(1)}`,
    String(pairs),
  ]);
  const kept = floors
    .filter(({ rows: reached }) => reached > 0)
    .map(({ floor, reached, rows: count }) => `${floor}: ${percent(reached)} (${count} rows)`);
  return [
    table(['expected success', 'mean', 'reached', '95 %', 'pairs'], rows),
    wrap(
      `${worst === undefined ? 'Too few pairs in every tenth to judge.' : `Largest error of a tenth: ${worst.toFixed(1)} points.`} ` +
        (kept.length > 0 ? `Accuracy behind a floor of ${kept.join(', ')}.` : 'No floor is ever reached.'),
    ),
  ].join('\n');
}

function noise({ noise: { rows, kinds } }: EvaluationReport): string {
  const lines = kinds.map(({ kind, rate, accuracyChange }) => [
    kind,
    percent(rate.value),
    `${signed(accuracyChange.value)} ${range(accuracyChange)}`,
  ]);
  return table([`prompt noise, ${rows} rows`, 'decisions flipped', 'accuracy (points)'], lines);
}

function tasks({ tasks: all, workingPoint }: EvaluationReport): string {
  const shown = all.toSorted((a, b) => b.rows - a.rows).slice(0, MOST_TASKS);
  const rows = shown.map(
    ({ task, rows: count, accuracy, bestAccuracy, difference, error, costShare, gain }) => [
      name(task, 22),
      String(count),
      percent(accuracy),
      percent(bestAccuracy),
      `${signed(difference)} ±${(1.96 * error).toFixed(1)}`,
      costShare === undefined ? '' : percent(costShare),
      gain ? signed(gain.value) : '',
    ],
  );
  const more = all.length > shown.length ? ` ${all.length - shown.length} more tasks: --out or --json.` : '';
  return [
    table(['task', 'rows', 'policy', 'best', 'difference', 'cost', 'gain'], rows),
    wrap(`At lambda ${Number(workingPoint.lambda.toPrecision(3))}: ${workingPoint.reason}.${more}`),
  ].join('\n');
}

const signed = (value: number): string => `${value < 0 ? '' : '+'}${value.toFixed(1)}`;
const range = ({ low, high }: Estimate): string => `[${signed(low)}, ${signed(high)}]`;

/** Names come from other people's files: no control characters reach the terminal. */
function clean(text: string): string {
  return text.replace(/\p{C}/gu, '�');
}

function name(text: string, width = 44): string {
  const shown = clean(text);
  return shown.length <= width ? shown : `${shown.slice(0, width - 1)}…`;
}

function wrap(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.trim().split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = indent + word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].join('\n');
}
