/** The parts of the page that are words and tables. */
import type { Estimate, EvaluationReport, RouterFigures } from '../evaluation/report.ts';
import { shownSequence } from './frontier-plot.ts';
import { type BarGroup, gainBars } from './gain-bars.ts';
import { type Markup, markup } from './markup.ts';
import { costMatch, count, interval, matchInterval, percent, points, usd } from './numbers.ts';
import { type Cell, table } from './table.ts';

/** Rows of a table that is shown at once. */
const LONG = 30;

export function headline(report: EvaluationReport): Markup {
  const { oneShot, best, reliability } = report;
  const policy = oneShot[0]!;
  const sequence = shownSequence(report);
  const card = (title: string, value: string, more: string) =>
    markup`<div><dt>${title}</dt><dd>${value}<small>${more}</small></dd></div>`;
  return markup`<dl class="cards">
  ${card('Gain in one call, points', points(policy.gain.value), interval(policy.gain))}
  ${sequence && card('Gain with a verifier right 90 %', points(sequence.gain.value), interval(sequence.gain))}
  ${card('As accurate as the best model', ...matchCard(report))}
  ${card('Largest calibration error', reliability.worst === undefined ? 'unknown' : `${reliability.worst.toFixed(1)}`, 'points, of all tenths with 100 pairs')}
</dl>
<p>The best single model here is <strong>${best.model}</strong>: ${percent(best.accuracy)} at ${usd(best.costUsd)} a request.
Gain is the accuracy above the <em>mixing line</em>, the best random mix of two single models at the same cost,
averaged over budgets from 10 % to 100 % of the best model's cost. In brackets and as bars: 95 % intervals.
${savings(report)} ${unseen(report)}</p>`;
}

/** How the gain fares on tasks that training never saw is said wherever the gain is. */
function unseen({ heldOut }: EvaluationReport): string {
  if ('leftOut' in heldOut) return 'Whether this holds on tasks never seen was not measured.';
  const [same, other] = [heldOut.sameTasks[0]!.gain, heldOut.otherTasks[0]!.gain];
  return (
    `Policies trained anew on parts of this table gain ${points(same.value)} (${interval(same)}) in one call on tasks ` +
    `they know and ${points(other.value)} (${interval(other)}) on tasks they never saw.`
  );
}

function matchCard(report: EvaluationReport): [string, string] {
  const policy = report.oneShot[0]!;
  const sequence = shownSequence(report);
  if (policy.costMatch) {
    return [percent(policy.costMatch.value), `of its cost, in one call: ${matchInterval(policy.costMatch)}`];
  }
  if (sequence?.costMatch) {
    const { costMatch: match } = sequence;
    return [percent(match.value), `of its cost, with that verifier: ${matchInterval(match)}`];
  }
  return ['never', 'at no cost'];
}

/** Savings are stated against the best fixed model, and against nothing else. */
function savings(report: EvaluationReport): Markup {
  const { best, oneShot } = report;
  const sequence = shownSequence(report);
  const one = oneShot[0]!.costMatch
    ? markup`In one call the policy is as accurate as ${best.model} at ${costMatch(oneShot[0]!)} of its cost.`
    : markup`In one call the policy is nowhere as accurate as ${best.model}, so there is no saving to state.`;
  const several =
    sequence?.costMatch &&
    markup` With a verifier that is right in 90 % of its verdicts it is so at ${costMatch(sequence)} of its cost, all calls paid.`;
  return markup`${one}${several}`;
}

export function reinforcement(report: EvaluationReport): Markup {
  const { sameAsPredictor, policy, verifiers, oneShot } = report;
  const predictor = oneShot.find(({ id }) => id === 'predictor')!;
  const one =
    sameAsPredictor === 1
      ? markup`In one call it adds nothing: the policy ends like its predictor alone in every decision.`
      : markup`In one call the policy ends like its predictor alone in ${percent(sameAsPredictor)} of the decisions; the gains are ${points(oneShot[0]!.gain.value)} and ${points(predictor.gain.value)}.`;
  const several = policy.reinforced
    ? markup`In sequences the policy file holds a correction that DAPO learned; the last column is what it adds, on the same rows.`
    : markup`In sequences, training found no correction that was better beyond doubt, so the lookahead decides alone.`;
  return markup`<h2>What reinforcement adds</h2>
<p>${one} ${verifiers.length === 0 ? 'This policy was trained without sequences.' : several}</p>
${verifiers.length > 0 && verifierTable(report)}`;
}

/** Points, with their interval below. */
function withInterval(estimate: Estimate | undefined): Cell {
  if (!estimate) return { text: '' };
  return { text: points(estimate.value), small: interval(estimate), value: estimate.value };
}

function matchCell({ costMatch: match }: RouterFigures): Cell {
  if (!match) return { text: 'never' };
  return { text: percent(match.value), small: matchInterval(match), value: match.value };
}

function verifierTable({ verifiers, verifierRows, table: of }: EvaluationReport): Markup {
  const drawn = verifierRows < of.rows ? `, on ${count(verifierRows)} rows drawn from the table` : '';
  return table({
    caption: `Gain in points by the verifier's accuracy${drawn}`,
    head: ['verdicts right', 'with DAPO', 'without RL', 'rule by hand', 'DAPO adds'],
    rows: verifiers.map(({ accuracy, dapo, plugIn, rule, dapoLessPlugIn }) => [
      `${Math.round(100 * accuracy)} %`,
      withInterval(dapo?.gain),
      withInterval(plugIn.gain),
      withInterval(rule.gain),
      withInterval(dapoLessPlugIn),
    ]),
  });
}

export function heldOutTasks({ heldOut }: EvaluationReport): Markup {
  const title = markup`<h2>Tasks never seen</h2>`;
  if ('leftOut' in heldOut) {
    return markup`${title}<p>Not measured: ${heldOut.leftOut}. All figures on this page are for tasks that the policy may know.</p>`;
  }
  const groups: BarGroup[] = [
    { title: 'Tasks known, other prompts', bars: barsOf(heldOut.sameTasks) },
    { title: 'Tasks never seen', bars: barsOf(heldOut.otherTasks) },
  ];
  return markup`${title}<p>No one can tell from a policy which tasks it has seen. So policies were trained anew, the same way, on about
${count(heldOut.trainingRows)} rows of this table each: once with rows left out at random, once with whole tasks left out
(${heldOut.tasks} tasks in ${heldOut.folds} folds). The difference between the two is what an unknown task costs.</p>
${gainBars(groups, 'Gain in one call, tasks known and never seen', markup`Of policies trained on part of this table, not of the policy above.`)}`;
}

const barsOf = (routers: Extract<EvaluationReport['heldOut'], { folds: number }>['sameTasks']) =>
  routers.map(({ id, name, gain }) => ({
    name,
    gain,
    kind: id === 'policy' ? ('policy' as const) : ('simple' as const),
  }));

export function floors({ reliability }: EvaluationReport): Markup {
  return table({
    caption: 'What an accuracy floor gives, over the rows where the policy says it is reached',
    head: ['floor', 'rows', 'expected', 'reached', '95 %'],
    rows: reliability.floors.map(({ floor, rows, expected, reached, error }) => [
      percent(floor),
      count(rows),
      expected === undefined ? '' : percent(expected),
      reached === undefined ? '' : percent(reached),
      error === undefined ? '' : `±${(196 * error).toFixed(1)}`,
    ]),
  });
}

export function noise({ noise: { rows, kinds } }: EvaluationReport): Markup {
  const lambdas = kinds[0]?.flips.map(({ lambda }) => lambda) ?? [];
  return markup`<h2>Prompt noise</h2>
<p>The same prompt, worded a little differently, is as hard as before and should get the same decision.</p>
${table({
  caption: `Decisions that name another model, ${count(rows)} rows; the change in accuracy is in points`,
  head: ['change', 'flipped', ...lambdas.map((lambda) => `λ = ${lambda}`), 'accuracy'],
  rows: kinds.map(({ kind, rate, flips, accuracyChange }) => [
    kind,
    percent(rate.value),
    ...flips.map((flip) => percent(flip.rate)),
    withInterval(accuracyChange),
  ]),
})}`;
}

export function tasks({ tasks: all, workingPoint, best }: EvaluationReport): Markup {
  const number = (value: number | undefined, text: (value: number) => string) =>
    value === undefined ? { text: '' } : { text: text(value), value };
  return markup`<h2>Task by task</h2>
<p>At λ = ${String(Number(workingPoint.lambda.toPrecision(3)))}, ${workingPoint.reason}: ${percent(workingPoint.accuracy)} at ${percent(workingPoint.costShare)} of its cost.
“Difference” is the accuracy less that of ${best.model} on the same rows, in points; “expected” is what the policy promised.</p>
${folded(
  all.length,
  'tasks',
  table({
    caption: 'One call; press a heading to sort. Gain inside a task only where it has 100 rows',
    head: ['task', 'rows', 'policy', 'expected', 'best model', 'difference', 'cost share', 'gain'],
    sortable: true,
    rows: all.map(({ task, rows, accuracy, expected, bestAccuracy, difference, error, costShare, gain }) => [
      task,
      number(rows, count),
      number(accuracy, percent),
      number(expected, percent),
      number(bestAccuracy, percent),
      { text: points(difference), small: `±${(1.96 * error).toFixed(1)}`, value: difference },
      number(costShare, percent),
      withInterval(gain),
    ]),
  }),
)}`;
}

/** A long table is opened by whoever wants it. */
function folded(rows: number, what: string, content: Markup): Markup {
  if (rows <= LONG) return content;
  return markup`<details><summary>All ${rows} ${what}</summary>${content}</details>`;
}

export function singles({ singles: all, best }: EvaluationReport): Markup {
  return markup`<details><summary>All ${all.length} single models</summary>
${table({
  caption: 'Each model asked on every row; press a heading to sort',
  head: ['model', 'accuracy', 'a request', 'cost share', 'policy knows it'],
  sortable: true,
  rows: all
    .toSorted((a, b) => b.accuracy - a.accuracy)
    .map(({ model, accuracy, costUsd, costShare, inPool }) => [
      model === best.model ? `${model} (best)` : model,
      { text: percent(accuracy), value: accuracy },
      { text: usd(costUsd), value: costUsd },
      { text: percent(costShare), value: costShare },
      inPool ? 'yes' : 'no',
    ]),
})}</details>`;
}

export function routers({ oneShot }: EvaluationReport): Markup {
  return table({
    caption:
      'One call: gain in points, and the least share of the best model’s cost at which a router is as accurate',
    head: ['router', 'gain', 'of the oracle’s', 'as accurate at', 'most accurate'],
    rows: oneShot.map((router) => [
      router.name,
      withInterval(router.gain),
      router.ofOracle === undefined ? '' : percent(router.ofOracle),
      matchCell(router),
      percent(router.maxAccuracy),
    ]),
  });
}
