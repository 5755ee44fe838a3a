/** What reinforcement adds: in the policy that is measured, and trained anew in each form from the same start. */
import type { EvaluationReport, ReinforcementFigures } from '../evaluation/report.ts';
import { type BarGroup, gainBars } from './gain-bars.ts';
import { type Markup, markup } from './markup.ts';
import { count, percent, points } from './numbers.ts';
import { table, withInterval } from './table.ts';

export function reinforcement(report: EvaluationReport): Markup {
  const { reinforcement: anew } = report;
  return markup`<h2>What reinforcement adds</h2>
<p>${inThisPolicy(report)}</p>
${
  'leftOut' in anew
    ? markup`<p>Side by side with its other forms it was not measured: ${anew.leftOut}.</p>`
    : sideBySide(anew)
}`;
}

function inThisPolicy({ sameAsPredictor, policy, verifiers, oneShot }: EvaluationReport): Markup {
  const predictor = oneShot.find(({ id }) => id === 'predictor')!;
  const one =
    sameAsPredictor === 1
      ? 'In one call this policy decides like its predictor alone in every case: reinforcement adds nothing to it.'
      : `In one call this policy ends like its predictor alone in ${percent(sameAsPredictor)} of the decisions; the gains are ${points(oneShot[0]!.gain.value)} and ${points(predictor.gain.value)}.`;
  if (verifiers.length === 0) return markup`${one} It was trained without sequences.`;
  return policy.reinforced
    ? markup`${one} In sequences its file holds a correction that DAPO learned; the table above says what that adds.`
    : markup`${one} In sequences its training found no correction that was better beyond doubt, so the lookahead decides alone.`;
}

const title = (verifier: number | undefined): string =>
  verifier === undefined ? 'One call' : `Up to three calls, verifier right ${Math.round(100 * verifier)} %`;

function sideBySide({ settings, trainingRows, rows, findings }: ReinforcementFigures): Markup {
  const kinds: Record<string, 'policy' | 'sequence'> = { plain: 'policy', dapo: 'sequence' };
  const groups = settings.map(
    ({ verifier, routers }): BarGroup => ({
      title: title(verifier),
      bars: routers.map(({ id, name, gain }) => ({ name, gain, kind: kinds[id] ?? 'simple' })),
    }),
  );
  return markup`<p>To compare the forms, each was trained anew on the same ${count(trainingRows)} rows of this table, from the same predictor and
belief, and measured on ${count(rows)} others. Shown is the last checkpoint, whatever it is worth; <code>xrouter train</code> keeps one only where it is better
beyond doubt. “Divided by std” is the paper’s form (<code>xrouter train --divide-by-std</code>): advantages divided by the standard deviation of their group.</p>
<ul>${findings.map((finding) => markup`<li>${finding}</li>`)}</ul>
${gainBars(groups, 'Gain with and without reinforcement', markup`Of policies trained on part of this table, not of the policy above.`)}
${table({
  caption: 'Gain in points; what a form adds is measured on the same drawn rows, so its interval is narrower',
  head: ['', 'without RL', 'DAPO', 'divided by std', 'DAPO adds', 'dividing adds'],
  rows: settings.map(({ verifier, routers: [plain, dapo, divided], dividedLess }) => [
    verifier === undefined ? 'one call' : `verifier right ${Math.round(100 * verifier)} %`,
    withInterval(plain?.gain),
    withInterval(dapo?.gain),
    withInterval(divided?.gain),
    withInterval(dapo?.more),
    withInterval(dividedLess),
  ]),
})}`;
}
