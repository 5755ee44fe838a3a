/** An evaluation for a terminal: what was gained, how sure that is, and what it does not say. */
import type { EvaluationReport } from '../../src/learn/index.ts';
import { percent, table, usd } from './table.ts';
import { counted, printable, wrap } from './terminal.ts';

type Router = EvaluationReport['oneShot'][number];
type Estimate = Router['gain'];

/** A paragraph, or a table with its head in front. */
type Block = string | string[][];

/** Longer lines are hard to read. */
const WIDTH = 80;
/** Tasks shown; the report and `--json` have all. */
const MOST_TASKS = 12;

/** @param columns of the terminal; `undefined`: tables are as wide as they are */
export function evaluationSummary(report: EvaluationReport, columns?: number): string {
  const width = Math.min(WIDTH, columns ?? WIDTH);
  const shown = (block: Block): string => {
    if (typeof block === 'string') return wrap(printable(block), width, block.startsWith('- ') ? '  ' : '');
    const [head, ...rows] = block;
    return table(head!, rows, columns);
  };
  const parts: Block[][] = [
    ...opening(report),
    oneCall(report),
    sequences(report),
    heldOut(report),
    reinforcement(report),
    calibration(report),
    noise(report),
    tasks(report),
    ['What limits these figures', ...report.limits.map((limit) => `- ${limit}`)],
  ];
  return `${parts.map((blocks) => blocks.map(shown).join('\n')).join('\n\n')}\n`;
}

function opening({ policy, table: of, best, cheapest, draws, oracleAccuracy }: EvaluationReport): Block[][] {
  return [
    [
      `${clean(policy.name)} (seed ${policy.seed}, trained on ${counted(policy.trainedOnRows, 'row')}) on ` +
        `${clean(of.name)}: ${counted(of.rows, 'row')}, ${counted(of.models, 'model')}, ${counted(of.tasks, 'task')}. ` +
        `Gain: points of accuracy over the best random mix of two single models at the same cost. ` +
        `In brackets: 95 % interval, ${draws} draws of the rows.`,
    ],
    [
      [
        ['', 'accuracy', 'a request', 'of the best'],
        [name(`best single: ${best.model}`), percent(best.accuracy), usd(best.costUsd), '100.0 %'],
        [
          name(`cheapest: ${cheapest.model}`),
          percent(cheapest.accuracy),
          usd(cheapest.costUsd),
          percent(cheapest.costShare),
        ],
        ['oracle', percent(oracleAccuracy), '', ''],
      ],
    ],
  ];
}

const HEAD = ['gain', '', 'of oracle', 'as good as best at'];
const cells = ({ gain, ofOracle, costMatch }: Router) => [
  signed(gain.value),
  range(gain),
  ofOracle === undefined ? '' : percent(ofOracle),
  costMatch ? `${percent(costMatch.value)} of its cost` : 'never',
];

function oneCall({ oneShot, sameAsPredictor, best }: EvaluationReport): Block[] {
  const rows = oneShot.map((router) => [router.name, ...cells(router)]);
  const same =
    sameAsPredictor === 1
      ? 'In one call the reinforcement changes nothing: the policy is its predictor.'
      : `Policy and predictor alone end alike in ${percent(sameAsPredictor)} of the decisions.`;
  return [[['one call', ...HEAD], ...rows], `${same} ${savings(oneShot[0]!, best.model)}`];
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

const right = (accuracy: number) => `right ${Math.round(100 * accuracy)} %`;
const gained = ({ value, ...interval }: Estimate) => `${signed(value)} ${range(interval)}`;

function sequences({ verifiers, noVerifier, policy, verifierRows, table: of }: EvaluationReport): Block[] {
  if (!noVerifier) return ['The policy was trained without sequences: one call only.'];
  const { policy: alone, mostCalls } = noVerifier;
  const match = ({ costMatch }: Router) => (costMatch ? percent(costMatch.value) : 'never');
  const only = (cell: string): string[] => (policy.reinforced ? [cell] : []);
  const rows = [
    ['none', gained(alone.gain), ...only(''), '', match(alone), mostCalls.toFixed(2)],
    ...verifiers.map(({ accuracy, plugIn, dapo, rule, dapoLessPlugIn, calls }) => [
      right(accuracy),
      gained((dapo ?? plugIn).gain),
      ...only(dapoLessPlugIn ? gained(dapoLessPlugIn) : ''),
      signed(rule.gain.value),
      match(dapo ?? plugIn),
      calls.toFixed(2),
    ]),
  ];
  const part = verifierRows < of.rows ? ` On ${verifierRows} rows drawn from the table.` : '';
  const alwaysOne =
    mostCalls === 1
      ? `Without a verifier the policy stays with one call on every row at every lambda: ${signed(alone.gain.value)}.`
      : `Without a verifier the policy made up to ${mostCalls} calls.`;
  return [
    [['verifier', 'policy', ...only('of it by DAPO'), 'rule', 'cost match', 'calls'], ...rows],
    `Up to three calls, gain as above.${part} ${alwaysOne}` +
      (policy.reinforced
        ? ''
        : ' No correction by DAPO was better beyond doubt in training, so the lookahead decides alone.'),
  ];
}

function reinforcement({ reinforcement: anew }: EvaluationReport): Block[] {
  if ('leftOut' in anew) return [`What reinforcement adds: not measured, ${anew.leftOut}.`];
  const rows = anew.settings.flatMap(({ verifier, routers }) =>
    routers.map(({ name: form, gain, more }) => [
      `${verifier === undefined ? 'one call' : right(verifier)}: ${form}`,
      gained(gain),
      more ? gained(more) : '',
    ]),
  );
  return [
    [['reinforcement, trained anew', 'gain', 'added by RL'], ...rows],
    `Every form on ${anew.trainingRows} rows of this table, measured on ${anew.rows} others; the last checkpoint, ` +
      `whatever it is worth. Divided by std: the paper's form, train --divide-by-std. ${anew.findings.join(' ')}`,
  ];
}

function heldOut({ heldOut: held }: EvaluationReport): Block[] {
  if ('leftOut' in held) return [`Tasks never seen: not measured, ${held.leftOut}.`];
  const pairs = (what: string, same: readonly Router[], other: readonly Router[]) =>
    same.map((router, at) => [
      `${what}${router.name.replace(', trained anew', '')}`,
      gained(router.gain),
      gained(other[at]!.gain),
    ]);
  const sampled = held.verifierRows < held.rows;
  const { sameTasks: known, otherTasks: unseen } = held.noVerifier;
  const rows = [
    ...pairs('one call: ', held.sameTasks, held.otherTasks),
    ...(sampled ? pairs('no verifier: ', [known], [unseen]) : []),
    ...held.verifiers.flatMap(({ accuracy, sameTasks, otherTasks }) =>
      pairs(`verifier ${right(accuracy)}: `, sameTasks.slice(0, 1), otherTasks),
    ),
  ];
  const part = sampled ? `; the lines below one call on ${held.verifierRows} rows of it` : '';
  return [
    [[`trained anew (${held.folds} folds)`, 'tasks known', 'tasks never seen'], ...rows],
    `Each time on about ${held.trainingRows} rows of this table, without DAPO, so not the policy given, but its kind${part}.`,
  ];
}

function calibration({ reliability: { tenths, floors, judged, worst } }: EvaluationReport): Block[] {
  const rows = tenths.map(({ from, to, expected, reached, pairs, error }) => [
    `${from.toFixed(1)} to ${to.toFixed(1)}`,
    percent(expected),
    percent(reached),
    !error ? '' : `±${(196 * error).toFixed(1)}`,
    String(pairs),
  ]);
  const kept = floors
    .filter(({ rows: reached }) => reached > 0)
    .map(({ floor, reached, rows: count }) => `${floor}: ${percent(reached)} (${counted(count, 'row')})`);
  const largest =
    worst === undefined
      ? 'No tenth has 100 pairs, too few to judge.'
      : `Largest error, of ${counted(judged, 'tenth')} with 100 pairs or more: ${worst.toFixed(1)} points.`;
  return [
    [['expected success', 'mean', 'reached', '95 %', 'pairs'], ...rows],
    `${largest} ${kept.length > 0 ? `Accuracy behind a floor of ${kept.join(', ')}.` : 'No floor is ever reached.'}`,
  ];
}

function noise({ noise: { rows, kinds } }: EvaluationReport): Block[] {
  const lines = kinds.map(({ kind, rate, accuracyChange }) => [
    kind,
    percent(rate.value),
    `${signed(accuracyChange.value)} ${range(accuracyChange)}`,
  ]);
  return [[[`prompt noise, ${counted(rows, 'row')}`, 'decisions flipped', 'accuracy (points)'], ...lines]];
}

function tasks({ tasks: all, workingPoint }: EvaluationReport): Block[] {
  const shown = all.toSorted((a, b) => b.rows - a.rows).slice(0, MOST_TASKS);
  const rows = shown.map(
    ({ task, rows: count, accuracy, bestAccuracy, difference, error, costShare, gain }) => [
      name(task, 22),
      String(count),
      percent(accuracy),
      percent(bestAccuracy),
      !error ? signed(difference) : `${signed(difference)} ±${(1.96 * error).toFixed(1)}`,
      costShare === undefined ? '' : percent(costShare),
      gain ? signed(gain.value) : '',
    ],
  );
  const left = all.length - shown.length;
  const more = left > 0 ? ` ${counted(left, 'more task')}: --out or --json.` : '';
  return [
    [['task', 'rows', 'policy', 'best', 'difference', 'cost', 'gain'], ...rows],
    `At lambda ${Number(workingPoint.lambda.toPrecision(3))}: ${workingPoint.reason}.${more}`,
  ];
}

function signed(value: number): string {
  const text = value.toFixed(1);
  return text === '-0.0' ? '+0.0' : `${value < 0 ? '' : '+'}${text}`;
}
const range = ({ low, high }: Pick<Estimate, 'low' | 'high'>): string => `[${signed(low)}, ${signed(high)}]`;

/** A name in one line. */
function clean(text: string): string {
  return printable(text).replace(/[\n\t]/g, '�');
}

function name(text: string, width = 44): string {
  const shown = clean(text);
  return shown.length <= width ? shown : `${shown.slice(0, width - 1)}…`;
}
