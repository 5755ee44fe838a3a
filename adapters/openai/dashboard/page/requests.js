/** The latest requests: what was chosen and why, what was called, what it cost. */

import { draw, el, named, table } from './dom.js';
import { count, msText, percentText, timeText, usdDigits, usdText } from './words.js';

const STATUS = { answered: ['good', 'answered'], failed: ['bad', 'not answered'] };

/** @param askTexts fetches the texts of a request; its answer, or an error whose message says why not */
export function drawLatest({ latest, requests }, askTexts) {
  draw('latest', [latest, requests.kept], () => {
    const title = el('h2', { id: 'latest-title' }, 'Latest requests');
    if (!requests.kept) return [];
    if (latest.length === 0) return [title, el('p', { class: 'muted' }, 'None is kept.')];
    return [
      title,
      el(
        'ul',
        { class: 'requests' },
        latest.map((request) => el('li', {}, one(request, askTexts))),
      ),
    ];
  });
}

function one(request, askTexts) {
  const { id, at, status, model, calls, latencyMs } = request;
  const [kind, word] = STATUS[status];
  const several = calls.length > 1 ? `, ${count(calls.length)} calls` : '';
  const summary = el(
    'summary',
    {},
    el('time', { datetime: at }, timeText(at, 'moment')),
    el('span', { class: 'model' }, model === undefined ? 'no model' : named(model)),
    el('span', { class: `status ${kind}` }, word, several),
    el('span', { class: 'right money cost' }, costText(request)),
    el('span', { class: 'right took' }, msText(latencyMs)),
  );
  // Drawn when it is opened: most never are.
  const details = el('details', { 'data-keep': id, toggle: () => open(details, request, askTexts) }, summary);
  return details;
}

/** What is known, and that it is not all. */
function costText({ usd, knownUsd }) {
  if (usd !== undefined) return usdText(usd);
  return knownUsd > 0 ? `${usdText(knownUsd)} + unknown` : 'unknown';
}

function open(details, request, askTexts) {
  if (!details.open || details.children.length > 1) return;
  details.append(
    el(
      'div',
      { class: 'inside' },
      facts(request),
      request.choices.map((choice, at) => why(choice, at, request.choices.length)),
      callTable(request.calls),
      request.leftOut.length > 0 && leftOut(request.leftOut),
      request.texts && texts(request.id, askTexts),
    ),
  );
}

function facts({ id, at, session, key, route, lambda, minSuccess, feedback, usd, knownUsd }) {
  const rule = minSuccess === undefined ? `lambda ${lambda}` : `accuracy floor ${percentText(minSuccess)}`;
  const pairs = [
    ['id', el('code', {}, id)],
    ['time', timeText(at, 'full')],
    ['session', session !== undefined && named(session)],
    ['key', key !== undefined && named(key)],
    ['route', route !== undefined && named(route)],
    ['rule', rule],
    ['cost', costText({ usd, knownUsd })],
    [
      'feedback',
      feedback.length > 0 &&
        feedback.map(({ source, score }, index) => [index > 0 && ', ', named(source), ` ${score}`]),
    ],
  ];
  return el(
    'dl',
    { class: 'facts' },
    pairs.flatMap(([name, value]) => (value ? [el('dt', {}, name), el('dd', {}, value)] : [])),
  );
}

function why({ policy, why: sentence, estimates, moreEstimates }, at, of) {
  const heading = of > 1 ? `Decision ${at + 1}` : 'Why this model';
  const rows = estimates.map(({ model, success, costUsd, utility, chosen }) => [
    [named(model), chosen && el('strong', {}, ' (chosen)')],
    success === undefined ? 'unknown' : percentText(success),
    costUsd === undefined ? 'unknown' : usdDigits(costUsd),
    utility === undefined ? '–' : utility.toFixed(4),
  ]);
  const more = moreEstimates > 0 ? `; ${count(moreEstimates)} more were compared` : '';
  return el(
    'div',
    {},
    el('h3', {}, heading),
    el('p', {}, sentence, ' ', el('span', { class: 'muted' }, 'Policy ', named(policy), '.')),
    rows.length > 0 &&
      table(`What the policy expected, best first${more}`, ['model', 'success', 'USD', 'utility'], rows),
  );
}

function callTable(calls) {
  if (calls.length === 0) return el('p', { class: 'muted' }, 'No model was called.');
  const rows = calls.map((call) => [
    [named(call.model), call.servedModel && el('small', {}, 'served as ', named(call.servedModel))],
    [
      el('span', { class: call.status === 'completed' ? 'good' : 'bad' }, call.status),
      call.error && el('small', {}, call.error, call.httpStatus && ` (HTTP ${call.httpStatus})`),
      call.verdict && el('small', {}, `verifier: ${call.verdict}`),
      call.attempts > 1 && el('small', {}, `${call.attempts} attempts`),
    ],
    [
      call.usd === undefined ? el('span', { class: 'warn' }, 'unknown') : usdDigits(call.usd),
      call.estimated && el('small', {}, 'tokens estimated'),
    ],
    call.price === undefined ? (call.usd === undefined ? 'no price known' : '–') : named(call.price),
    [call.inputTokens === undefined ? '–' : `${count(call.inputTokens)} / ${count(call.outputTokens)}`],
    [
      msText(call.latencyMs),
      call.firstTokenMs !== undefined && el('small', {}, `first token ${msText(call.firstTokenMs)}`),
    ],
  ]);
  return el(
    'div',
    {},
    el('h3', {}, 'Calls'),
    table(
      'Calls in their order',
      ['model', '<status', 'USD', '<price from', 'tokens in / out', 'took'],
      rows,
    ),
  );
}

function leftOut(groups) {
  const list = groups.map(({ reason, models, more }) =>
    el(
      'li',
      {},
      `${reason}: `,
      models.map((model, at) => [at > 0 && ', ', named(model)]),
      more > 0 && ` and ${count(more)} more`,
    ),
  );
  return el('div', {}, el('h3', {}, 'Left out before the choice'), el('ul', {}, list));
}

/** Texts that were asked for, so that they stay when the list is drawn anew. */
const told = new Map();

export function forgetTexts() {
  told.clear();
}

function texts(id, askTexts) {
  const place = el('div', {});
  const show = async () => {
    try {
      if (!told.has(id)) told.set(id, await askTexts(id));
      place.replaceChildren(...textParts(told.get(id)));
    } catch (error) {
      place.replaceChildren(el('p', { class: 'wrong' }, error.message), button);
    }
  };
  const button = el('button', { type: 'button', click: show }, 'Show what was asked and answered');
  place.append(button);
  if (told.has(id)) place.replaceChildren(...textParts(told.get(id)));
  return el('div', {}, el('h3', {}, 'Texts'), place);
}

function textParts({ messages, earlier, answer }) {
  const parts = [...messages, ...(answer === undefined ? [] : [{ role: 'answer', text: answer }])];
  return [
    ...(earlier > 0
      ? [el('p', { class: 'muted' }, `${count(earlier)} earlier messages are not shown.`)]
      : []),
    ...parts.flatMap(({ role, text }) => [
      el('h4', {}, role),
      el('pre', { class: 'text', dir: 'auto', tabindex: 0 }, text),
    ]),
  ];
}
