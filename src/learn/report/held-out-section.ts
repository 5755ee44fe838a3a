/** Tasks that training never saw, beside tasks it knew: in one call, and with a verifier. */
import type { EvaluationReport, HeldOutFigures, RouterFigures } from '../evaluation/report.ts';
import { SHOWN_ACCURACY } from './frontier-plot.ts';
import { type Bar, type BarGroup, gainBars } from './gain-bars.ts';
import { type Markup, markup } from './markup.ts';
import { count } from './numbers.ts';
import { table, withInterval } from './table.ts';

export function heldOutTasks({ heldOut }: EvaluationReport): Markup {
  const title = markup`<h2>Tasks never seen</h2>`;
  if ('leftOut' in heldOut) {
    return markup`${title}<p>Not measured: ${heldOut.leftOut}. All figures on this page are for tasks that the policy may know.</p>`;
  }
  const shown = heldOut.verifiers.find(({ accuracy }) => accuracy === SHOWN_ACCURACY);
  const groups: BarGroup[] = [
    { title: 'One call, tasks known', bars: barsOf(heldOut.sameTasks) },
    { title: 'One call, tasks never seen', bars: barsOf(heldOut.otherTasks) },
  ];
  if (shown) {
    groups.push(
      { title: 'Verifier right 90 %, tasks known', bars: barsOf(shown.sameTasks) },
      { title: 'Verifier right 90 %, tasks never seen', bars: barsOf(shown.otherTasks) },
    );
  }
  return markup`${title}<p>No one can tell from a policy which tasks it has seen. So policies were trained anew, the same way but without DAPO, on about
${count(heldOut.trainingRows)} rows of this table each: once with rows left out at random, once with whole tasks left out
(${heldOut.tasks} tasks in ${heldOut.folds} folds). The difference between the two is what an unknown task costs.</p>
${gainBars(groups, 'Gain on tasks known and never seen', markup`Of policies trained on part of this table, not of the policy above.`)}
${verifierTable(heldOut)}`;
}

const barsOf = (routers: readonly RouterFigures[]): Bar[] =>
  routers.map(({ id, name, gain }) => ({ name, gain, kind: id === 'policy' ? 'policy' : 'simple' }));

function verifierTable({ verifiers, noVerifier, verifierRows, rows }: HeldOutFigures): Markup {
  const drawn = verifierRows < rows ? `, on ${count(verifierRows)} rows drawn from the table` : '';
  return table({
    caption: `Gain in points by the verifier’s accuracy${drawn}`,
    head: [
      'verdicts right',
      'policy, known',
      'policy, never seen',
      'rule by hand, known',
      'rule, never seen',
    ],
    rows: [
      [
        'no verifier',
        withInterval(noVerifier.sameTasks.gain),
        withInterval(noVerifier.otherTasks.gain),
        '',
        '',
      ],
      ...verifiers.map(({ accuracy, sameTasks, otherTasks }) => [
        `${Math.round(100 * accuracy)} %`,
        ...sameTasks.flatMap(({ gain }, at) => [withInterval(gain), withInterval(otherTasks[at]!.gain)]),
      ]),
    ],
  });
}
