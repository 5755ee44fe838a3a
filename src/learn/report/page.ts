/** The report as one page that needs nothing else: no request leaves it, whoever wrote the names in the table. */
import { createHash } from 'node:crypto';
import type { EvaluationReport, Provenance } from '../evaluation/report.ts';
import { frontierPlot } from './frontier-plot.ts';
import { gainBars, gainGroups } from './gain-bars.ts';
import { heldOutTasks } from './held-out-section.ts';
import { Markup, markup } from './markup.ts';
import { count } from './numbers.ts';
import { reinforcement } from './reinforcement-section.ts';
import { reliabilityPlot } from './reliability-plot.ts';
import { floors, headline, noise, routers, singles, tasks } from './sections.ts';
import { SCRIPT, STYLE } from './style.ts';
import { withVerifier } from './verifier-section.ts';
import { words } from './words-section.ts';

/** The whole HTML document. */
export function evaluationPage(report: EvaluationReport, provenance: Provenance): string {
  const { policy, table } = report;
  const title = `${policy.name} on ${table.name}`;
  const document = markup`<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${contentPolicy()}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<link rel="icon" href="data:,">
<title>${title}: evaluation</title>
<style>${new Markup(STYLE)}</style>
</head>
<body><main>
<h1>${title}</h1>
<p class="lead">${count(table.rows)} rows, ${table.models} models, ${table.tasks} ${table.tasks === 1 ? 'task' : 'tasks'}. The policy was trained on ${count(policy.trainedOnRows)} rows.</p>
${headline(report)}
${words()}
<h2>Cost and accuracy</h2>
${frontierPlot(report)}
${singles(report)}
<h2>Against simpler routers</h2>
${gainBars(gainGroups(report), 'Gain over the mixing line, in points', markup`The upright line is no gain. The value and its 95 % interval stand at the right. How the simpler routers learned is under “limits”.`)}
${routers(report)}
${withVerifier(report)}
${reinforcement(report)}
${heldOutTasks(report)}
<h2>Calibration</h2>
${reliabilityPlot(report)}
${floors(report)}
${noise(report)}
${tasks(report)}
<h2>What limits these figures</h2>
<ul>${report.limits.map((limit) => markup`<li>${limit}</li>`)}</ul>
<h2>Where they come from</h2>
${origin(report, provenance)}
</main>
<script>${new Markup(SCRIPT)}</script>
</body>
</html>`;
  // A figure and its percent sign stay on one line.
  return `<!doctype html>\n${document.text.replace(/(\d) %/g, '$1\u00a0%')}\n`;
}

/** Nothing may be loaded; the one style sheet and the one script are named by their hashes. */
function contentPolicy(): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    'img-src data:',
    `style-src ${hash(STYLE)}`,
    `script-src ${hash(SCRIPT)}`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}

function origin({ policy, table, seed, draws }: EvaluationReport, provenance: Provenance): Markup {
  const facts: [string, string][] = [
    ['policy', `${policy.name}, seed ${policy.seed}, ${policy.candidates} candidates`],
    ['policy, SHA-256', provenance.policySha256],
    ['table', `${table.name}, ${count(table.rows)} rows`],
    ['table, SHA-256', provenance.tableSha256],
    ['seed', `${seed}; intervals from ${draws} draws of the rows`],
    ['program', `xrouter ${provenance.version}`],
    ['command', provenance.command],
  ];
  return markup`<dl class="facts">${facts.map(([name, value]) => markup`<dt>${name}</dt><dd><code>${value}</code></dd>`)}</dl>`;
}
