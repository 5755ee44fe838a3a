/** The parts of the page that are words and tables. */
import { formatUsd } from '../../admission.ts';
import type { EvaluationReport, RouterFigures } from '../evaluation/report.ts';
import { SHOWN_ACCURACY, shownSequence } from './frontier-plot.ts';
import { type Markup, markup } from './markup.ts';
import { costMatch, count, interval, matchInterval, percent, points } from './numbers.ts';
import { matchCell, table, withInterval } from './table.ts';

/** Rows of a table that is shown at once. */
const LONG = 30;

export function headline(report: EvaluationReport): Markup {
  const { oneShot, best } = report;
  const policy = oneShot[0]!;
  const sequence = shownSequence(report);
  const card = (title: string, value: string, more: string) =>
    markup`<div><dt>${title}</dt><dd>${value}<small>${more}</small></dd></div>`;
  return markup`<dl class="cards">
  ${card('Gain in one call, points', points(policy.gain.value), interval(policy.gain))}
  ${sequence && card('Gain with a verifier right 90 %, points', points(sequence.gain.value), interval(sequence.gain))}
  ${card('As accurate as the best model', ...matchCard(report))}
  ${card('Largest calibration error', ...calibrationCard(report))}
</dl>
<p>The best single model here is <strong>${best.model}</strong>: ${percent(best.accuracy)} at ${formatUsd(best.costUsd)} a request.
Gain is the accuracy above the <em>mixing line</em>, the best random mix of two single models at the same cost,
averaged over budgets from 10 % to 100 % of the best model's cost. In brackets and as bars: 95 % intervals.
${savings(report)} ${simpler(report)} ${unseen(report)}</p>`;
}

/** A gain is worth as much as it is beyond what the best simple router gains. */
function simpler(report: EvaluationReport): string {
  const [best] = report.oneShot
    .filter(({ id }) => id === 'knn' || id === 'clusters')
    .sort((a, b) => b.gain.value - a.gain.value);
  const rule = report.verifiers.find(({ accuracy }) => accuracy === SHOWN_ACCURACY)?.rule;
  const gains = ({ gain }: RouterFigures) => `${points(gain.value)} (${interval(gain)})`;
  if (!best) return '';
  return (
    `The best of the simpler routers, ${best.name}, gains ${gains(best)} in one call` +
    (rule ? `, and the rule made by hand ${gains(rule)} with that verifier.` : '.')
  );
}

/** How the gain fares on tasks that training never saw is said wherever the gain is. */
function unseen({ heldOut }: EvaluationReport): string {
  if ('leftOut' in heldOut) return 'Whether this holds on tasks never seen was not measured.';
  const sides = ({ sameTasks, otherTasks }: Pick<typeof heldOut, 'sameTasks' | 'otherTasks'>) => {
    const [same, other] = [sameTasks[0]!.gain, otherTasks[0]!.gain];
    return (
      `${points(same.value)} (${interval(same)}) on tasks they know and ` +
      `${points(other.value)} (${interval(other)}) on tasks they never saw`
    );
  };
  const judged = heldOut.verifiers.find(({ accuracy }) => accuracy === SHOWN_ACCURACY);
  return (
    `Policies trained anew on parts of this table gain in one call ${sides(heldOut)}` +
    (judged ? `; with that verifier ${sides(judged)}.` : '.')
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
  return ['never', 'whatever it spends'];
}

function calibrationCard({ reliability: { worst, judged } }: EvaluationReport): [string, string] {
  if (worst === undefined) return ['unknown', 'no tenth has 100 pairs'];
  return [worst.toFixed(1), `points, of ${judged} ${judged === 1 ? 'tenth' : 'tenths'} with 100 pairs`];
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

export function floors({ reliability }: EvaluationReport): Markup {
  return table({
    caption: 'What an accuracy floor gives, over the rows where the policy says it is reached',
    head: ['floor', 'rows', 'expected', 'reached', '95 %'],
    rows: reliability.floors.map(({ floor, rows, expected, reached, error }) => [
      percent(floor),
      count(rows),
      expected === undefined ? '' : percent(expected),
      reached === undefined ? '' : percent(reached),
      plusMinus(error && 100 * error).small ?? '',
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
      { text: points(difference), ...plusMinus(error), value: difference },
      number(costShare, percent),
      withInterval(gain),
    ]),
  }),
)}`;
}

/** No error of 0: where every row came out alike, these rows do not say how far others would not. */
const plusMinus = (error: number | undefined): { small?: string } =>
  !error ? {} : { small: `±${(1.96 * error).toFixed(1)}` };

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
      { text: formatUsd(costUsd), value: costUsd },
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
