/** Asks for the data, again and again, and draws it; says what is wrong where it does not come. */

import { draw, el } from './dom.js';
import { drawFixed, drawModels } from './models.js';
import { drawLatest, forgetTexts } from './requests.js';
import { drawSpending } from './spending.js';
import { timeText, ZONE } from './words.js';

const EVERY_MS = { hour: 3_000, day: 5_000, week: 15_000, month: 30_000 };
const LONGEST_WAIT_MS = 60_000;
const GIVE_UP_MS = 30_000;
const KEY = 'xrouter-key';

const byId = (id) => document.getElementById(id);
let timer;
let failures = 0;
/** Counts what was asked, so that an answer to an earlier question is not drawn over a later one. */
let asked = 0;
let shownData;

function chosenRange() {
  return document.querySelector('input[name=range]:checked').value;
}

class Refused extends Error {}

async function ask(parameters) {
  const key = sessionStorage.getItem(KEY);
  const response = await fetch(`dashboard/data?${new URLSearchParams(parameters)}`, {
    headers: key ? { authorization: `Bearer ${key}` } : {},
    cache: 'no-store',
    credentials: 'omit',
    signal: AbortSignal.timeout(GIVE_UP_MS),
  });
  if (response.status === 401) throw new Refused(key ? 'That key was refused.' : '');
  const told = await response.json().catch(() => ({}));
  if (response.ok) return told;
  const { message = `The server answered with status ${response.status}.`, hint = '' } = told.error ?? {};
  throw new Error(`${message} ${hint}`);
}

async function refresh() {
  clearTimeout(timer);
  const question = ++asked;
  const range = chosenRange();
  if (document.body.dataset.keyed === 'true' && sessionStorage.getItem(KEY) === null) return askForKey('');
  try {
    const data = await ask({ range, zone: ZONE });
    if (question !== asked) return;
    failures = 0;
    show(data);
  } catch (error) {
    if (question !== asked) return;
    if (error instanceof Refused) return askForKey(error.message);
    failures++;
    showFault(error);
  }
  if (!document.hidden)
    timer = setTimeout(refresh, Math.min(EVERY_MS[range] * 2 ** failures, LONGEST_WAIT_MS));
}

function show(data) {
  shownData = data;
  byId('key-form').hidden = true;
  byId('fault').hidden = true;
  byId('ranges').hidden = false;
  byId('forget').hidden = sessionStorage.getItem(KEY) === null;
  byId('board').hidden = data.empty;
  byId('nothing').hidden = !data.empty;
  say(
    `Live. Times in ${ZONE}. `,
    el('time', { datetime: data.at, 'aria-hidden': 'true' }, timeText(data.at, 'clock')),
  );
  if (data.empty) return drawNothing();
  drawSpending(data);
  drawModels(data);
  drawFixed(data);
  drawLatest(data, (id) => ask({ request: id }));
}

/** Said once where only the time changes: who listens does not want to hear it every few seconds. */
function say(text, time) {
  const state = byId('state');
  if (state.firstChild?.textContent !== text) state.replaceChildren(text);
  state.querySelector('time')?.remove();
  if (time) state.append(time);
}

function drawNothing() {
  const withKey = document.body.dataset.keyed !== 'true' ? '' : "\n  -H 'authorization: Bearer YOUR_KEY' \\";
  const body = JSON.stringify({
    model: 'xrouter',
    messages: [{ role: 'user', content: 'What is 17 * 23?' }],
  });
  const command = `curl ${location.origin}/v1/chat/completions \\\n  -H 'content-type: application/json' \\${withKey}\n  -d '${body}'`;
  draw('nothing', command, () => [
    el('h2', {}, 'No calls yet'),
    el('p', {}, 'Nothing has been booked in this ledger. Make the first call, and it shows here by itself:'),
    el('pre', { tabindex: 0, 'aria-label': 'A command that makes a call' }, command),
  ]);
}

function showFault(error) {
  const lost = error instanceof TypeError || error.name === 'TimeoutError';
  const what = lost ? 'The server does not answer. Is xrouter serve still running?' : error.message;
  say('Not up to date.');
  const since = shownData && `What is shown is from ${timeText(shownData.at, 'full')}.`;
  byId('fault').hidden = false;
  draw('fault', [what, since], () => [
    el('p', {}, what),
    el('p', {}, since, ' It is asked again by itself.'),
  ]);
}

function askForKey(why) {
  sessionStorage.removeItem(KEY);
  forgetTexts();
  shownData = undefined;
  for (const id of ['board', 'nothing', 'fault', 'forget', 'ranges']) byId(id).hidden = true;
  // What an earlier key has shown does not stay in the page.
  for (const section of document.querySelectorAll('#board section')) {
    section.replaceChildren();
    section.shown = undefined;
  }
  say('');
  byId('key-wrong').textContent = why;
  byId('key-form').hidden = false;
  byId('key').value = '';
  byId('key').focus();
}

byId('key-form').addEventListener('submit', (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, byId('key').value.trim());
  refresh();
});
byId('forget').addEventListener('click', () => {
  clearTimeout(timer);
  asked++;
  askForKey('');
});
byId('ranges').addEventListener('change', refresh);
document.addEventListener('visibilitychange', () => {
  if (document.hidden) clearTimeout(timer);
  else if (byId('key-form').hidden) refresh();
});
let resizing;
addEventListener('resize', () => {
  clearTimeout(resizing);
  resizing = setTimeout(() => shownData && show(shownData), 150);
});
refresh();
