/** The report of `xrouter eval` as one page: no script, no network, plots as SVG, light and dark. */
import type { Evaluation, RouterReport } from './evaluate.ts';
import type { FrontierPoint } from './frontier.ts';

const WIDTH = 760;
const HEIGHT = 400;
const MARGIN = { left: 54, right: 16, top: 14, bottom: 44 };
/** Colours that can be told apart in light and dark, and by most colour-blind people (Okabe and Ito). */
const COLOURS = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b8860b', '#56b4e9', '#8c6bb1', '#7f7f7f'];

export function reportHtml(evaluation: Evaluation): string {
  const { routers } = evaluation;
  const oneCall = routers.filter(({ verifier }) => verifier === undefined);
  const sequences = routers.filter(({ verifier }) => verifier !== undefined);
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>xrouter report: ${escaped(fileName(evaluation.table))}</title><style>${STYLE}</style></head><body><main>
<h1>Routing report</h1>
<p class="lead">Policy <b>${escaped(evaluation.policy)}</b> on <b>${escaped(fileName(evaluation.table))}</b>, ${evaluation.rows} rows. Gains are points of accuracy over the mixing line: the best random mix of two single models at the same budget, averaged over budgets of 10 % to 100 % of the best single model's cost. If the policy was trained on these rows, its figures here flatter it; the part on rows and tasks it never saw does not.</p>
<dl>${fact('Best single model', `${escaped(evaluation.best.model)}`, `${percent(evaluation.best.accuracy)} at ${usd(evaluation.best.costUsd)} a request`)}
${fact('Cheapest', escaped(evaluation.cheapest.model), `${percent(evaluation.cheapest.accuracy)} at ${percent(evaluation.cheapest.costShare)} of that cost`)}
${fact('Oracle, one call', percent(evaluation.oracleAccuracy), 'knows every outcome in advance')}</dl>
<h2>One call</h2>${plot(evaluation, oneCall)}${table(oneCall)}
<h2>Sequences of up to three calls with a verifier</h2>
<p>A verifier that is right with probability v judges each answer; the policy stops or calls another.</p>
${plot(evaluation, sequences)}${table(sequences)}
${transferPart(evaluation)}${studyPart(evaluation)}
<h2>Harmless changes of the prompt</h2><p>Share of decisions that change (first 500 rows, lambda 0.3).</p>
<table><tr><th>change</th><th>decisions changed</th></tr>${Object.entries(evaluation.flips)
    .map(([kind, rate]) => `<tr><td>${escaped(kind)}</td><td class="n">${percent(rate)}</td></tr>`)
    .join('')}</table>
<h2>Task by task</h2><p>One call, at the lambda that costs nearest to half of the best single model.</p>${taskTable(evaluation)}
</main></body></html>
`;
}

function plot({ mixing, oracle, singles }: Evaluation, routers: readonly RouterReport[]): string {
  const lines: { label: string; points: readonly FrontierPoint[]; style: string }[] = [
    { label: 'oracle, one call', points: oracle, style: 'stroke="currentColor" stroke-dasharray="2 4"' },
    { label: 'mixing line', points: mixing, style: 'stroke="currentColor" stroke-dasharray="7 4"' },
    ...routers.map(({ router, verifier, points }, i) => ({
      label: verifier === undefined ? router : `${router}, v = ${verifier}`,
      points: upper(points),
      style: `stroke="${COLOURS[i % COLOURS.length]}" stroke-width="2"`,
    })),
  ];
  const shown = [...lines.flatMap(({ points }) => points), ...singles].filter(({ cost }) => cost > 0);
  if (shown.length === 0) return '';
  const low = Math.log10(Math.min(...shown.map(({ cost }) => cost)));
  const high = Math.max(0.05, Math.log10(Math.max(...shown.map(({ cost }) => cost))));
  const floor = Math.floor(Math.min(...shown.map(({ accuracy }) => accuracy)) * 10) / 10;
  const top = Math.min(1, Math.ceil(Math.max(...shown.map(({ accuracy }) => accuracy)) * 10) / 10);
  const x = (cost: number) =>
    MARGIN.left + ((Math.log10(cost) - low) / (high - low)) * (WIDTH - MARGIN.left - MARGIN.right);
  const y = (accuracy: number) =>
    HEIGHT -
    MARGIN.bottom -
    ((accuracy - floor) / Math.max(0.1, top - floor)) * (HEIGHT - MARGIN.top - MARGIN.bottom);
  const ticks = [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1, 3, 10].filter(
    (t) => Math.log10(t) >= low && Math.log10(t) <= high,
  );
  const grid = [
    ...ticks.map(
      (t) =>
        `<line x1="${x(t).toFixed(1)}" x2="${x(t).toFixed(1)}" y1="${MARGIN.top}" y2="${HEIGHT - MARGIN.bottom}"/><text x="${x(t).toFixed(1)}" y="${HEIGHT - MARGIN.bottom + 17}" text-anchor="middle">${percent(t)}</text>`,
    ),
    ...Array.from({ length: Math.round((top - floor) * 10) + 1 }, (_, i) => floor + i / 10).map(
      (a) =>
        `<line x1="${MARGIN.left}" x2="${WIDTH - MARGIN.right}" y1="${y(a).toFixed(1)}" y2="${y(a).toFixed(1)}"/><text x="${MARGIN.left - 8}" y="${(y(a) + 4).toFixed(1)}" text-anchor="end">${percent(a)}</text>`,
    ),
  ].join('');
  const drawn = lines.map(({ points, style }) => {
    const path = points
      .filter(({ cost }) => cost > 0)
      .map(({ cost, accuracy }) => `${x(cost).toFixed(1)},${y(accuracy).toFixed(1)}`);
    return `<polyline fill="none" ${style} points="${path.join(' ')}"/>`;
  });
  const dots = singles
    .filter(({ cost }) => cost > 0)
    .map(
      ({ model, cost, accuracy }) =>
        `<circle cx="${x(cost).toFixed(1)}" cy="${y(accuracy).toFixed(1)}" r="3"><title>${escaped(model)}: ${percent(accuracy)} at ${percent(cost)}</title></circle>`,
    );
  const legend = lines
    .map(
      ({ label, style }) =>
        `<li><svg width="26" height="8"><line x1="0" x2="26" y1="4" y2="4" ${style}/></svg>${escaped(label)}</li>`,
    )
    .join('');
  return `<figure><svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="accuracy against cost"><g class="grid">${grid}</g>${drawn.join('')}<g class="dots">${dots.join('')}</g><text x="${WIDTH / 2}" y="${HEIGHT - 6}" text-anchor="middle">mean cost, as a share of the best single model's (logarithmic)</text></svg><ul class="legend">${legend}<li>● single models</li></ul></figure>`;
}

/** Points of a router that no cheaper point of it reaches. */
function upper(points: readonly FrontierPoint[]): FrontierPoint[] {
  let top = -1;
  return points.filter(({ accuracy }) => {
    if (accuracy <= top) return false;
    top = accuracy;
    return true;
  });
}

function table(routers: readonly RouterReport[]): string {
  const rows = routers.map(
    ({ router, verifier, gain, interval, ofOracle, costMatch, maxAccuracy }) =>
      `<tr><td>${escaped(router)}${verifier === undefined ? '' : `, v = ${verifier}`}</td><td class="n">${signed(gain)}</td><td class="n">${signed(interval.low)} to ${signed(interval.high)}</td><td class="n">${percent(ofOracle)}</td><td class="n">${costMatch === undefined ? 'never' : percent(costMatch)}</td><td class="n">${percent(maxAccuracy)}</td></tr>`,
  );
  return `<table><tr><th>router</th><th>gain</th><th>95 % interval</th><th>of the oracle's</th><th>cost to match the best single</th><th>most accurate</th></tr>${rows.join('')}</table>`;
}

function transferPart({ transfer }: Evaluation): string {
  if (!transfer) return '';
  return `<h2>Rows and tasks never seen</h2><p>Trained again without each ${transfer.folds === 2 ? 'half' : 'third'} of the table, one call, measured on what was left out.</p>
<table><tr><th>left out</th><th>gain</th></tr><tr><td>rows: other prompts of the same tasks</td><td class="n">${signed(transfer.otherRows)}</td></tr><tr><td>tasks: prompts of tasks never seen</td><td class="n">${signed(transfer.otherTasks)}</td></tr></table>`;
}

function studyPart({ study }: Evaluation): string {
  if (!study) return '';
  const rows = study.lines.map(
    ({ router, verifier, gain, interval }) =>
      `<tr><td>${escaped(router)}</td><td class="n">${verifier ?? 'none'}</td><td class="n">${signed(gain)}</td><td class="n">${signed(interval.low)} to ${signed(interval.high)}</td></tr>`,
  );
  return `<h2>What each part is worth</h2><p>Trained on 70 % of the table, measured on ${study.rows} other rows.</p>
<table><tr><th>router</th><th>verifier</th><th>gain</th><th>95 % interval</th></tr>${rows.join('')}</table>`;
}

function taskTable({ tasks }: Evaluation): string {
  const rows = [...tasks]
    .sort((a, b) => b.rows - a.rows)
    .map(
      ({ task, rows: count, policy, best }) =>
        `<tr><td>${escaped(task)}</td><td class="n">${count}</td><td class="n">${percent(policy.accuracy)}</td><td class="n">${percent(best.accuracy)}</td><td class="n">${percent(policy.cost)}</td><td class="n">${percent(best.cost)}</td></tr>`,
    );
  return `<table><tr><th>task</th><th>rows</th><th>policy</th><th>best single</th><th>policy's cost</th><th>best single's cost</th></tr>${rows.join('')}</table>`;
}

const fact = (name: string, value: string, more: string) =>
  `<div><dt>${name}</dt><dd><b>${value}</b><br>${more}</dd></div>`;
const percent = (x: number) =>
  `${(x * 100).toFixed(Math.abs(x) < 0.0095 ? 2 : Math.abs(x) < 0.095 ? 1 : 0)} %`;
const signed = (x: number) => `${x < 0 ? '−' : '+'}${Math.abs(x).toFixed(1)}`;
const usd = (x: number) => `$${x.toPrecision(3)}`;
const fileName = (path: string) => path.split('/').at(-1)!;
const escaped = (text: string) =>
  text.replace(/[&<>"]/g, (c) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' })[c]!);

const STYLE = `:root{color-scheme:light dark;--bg:#fff;--fg:#1b1f24;--dim:#667;--line:#d8dce2;--card:#f5f7f9}
@media(prefers-color-scheme:dark){:root{--bg:#14171b;--fg:#e6e9ed;--dim:#9aa3ad;--line:#333a42;--card:#1c2127}}
body{margin:0;background:var(--bg);color:var(--fg);font:15px/1.5 system-ui,sans-serif}main{max-width:860px;margin:0 auto;padding:24px 20px 60px}
h1{font-size:26px;margin:0 0 4px}h2{font-size:18px;margin:36px 0 8px}.lead{color:var(--dim)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:12px}dl div{background:var(--card);border-radius:8px;padding:12px 14px}dt{color:var(--dim);font-size:13px}dd{margin:0;overflow-wrap:anywhere}
figure{margin:0}figure>svg{width:100%;height:auto}svg text{fill:var(--dim);font-size:12px}.grid line{stroke:var(--line)}.dots circle{fill:var(--dim);opacity:.65}
.legend{list-style:none;display:flex;flex-wrap:wrap;gap:4px 18px;padding:0;margin:6px 0 0;font-size:13px}.legend svg{margin-right:6px;vertical-align:middle}
table{border-collapse:collapse;width:100%;margin:10px 0;font-size:14px;display:block;overflow-x:auto}th{text-align:left;color:var(--dim);font-weight:500}th,td{padding:5px 12px 5px 0;border-bottom:1px solid var(--line)}td.n{font-variant-numeric:tabular-nums;white-space:nowrap}`;
