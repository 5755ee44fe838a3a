/** What was spent, how near the budgets are, when, and by whom. */

import { draw, el, folded, named, table } from './dom.js';
import { bar, legend, roomOf, stackedColumns } from './plots.js';
import { count, percentText, plural, RANGE_WORDS, timeText, usdDigits, usdText } from './words.js';

export function drawSpending(data) {
  drawSpent(data);
  drawBudgets(data);
  drawTime(data);
  drawWho(data);
}

/** What is below the cents small, where there are any. */
function bigMoney(usd) {
  const digits = usdDigits(usd);
  const cents = usd < 0.01 ? digits.length : digits.indexOf('.') + 3;
  return el(
    'span',
    { class: 'big' },
    digits.slice(0, cents),
    el('span', { class: 'fine' }, `${digits.slice(cents)} USD`),
  );
}

/** What the sum leaves out: said beside it, since it is more than what is shown. */
function unknownText({ unknownCalls, heldUsd }) {
  if (unknownCalls === 0) return undefined;
  const held = heldUsd > 0 ? ` Budgets count ${usdText(heldUsd)} for them, the worst case.` : '';
  return el('small', { class: 'warn' }, `Not in it: ${plural(unknownCalls, 'call')} of unknown cost.${held}`);
}

function drawSpent({ spent, range, countedSince }) {
  draw('spent', [spent, range, countedSince], () => {
    const card = (title, spend) => {
      const failed = spend.failedCalls > 0 ? `, ${count(spend.failedCalls)} of them failed` : '';
      const says = el('small', {}, `${plural(spend.calls, 'call')}${failed}`);
      return el(
        'div',
        {},
        el('dt', {}, title),
        el('dd', {}, bigMoney(spend.knownUsd), el('br'), says, el('br'), unknownText(spend)),
      );
    };
    const cut =
      countedSince &&
      `More calls than are held: those until ${timeText(countedSince, 'full')} are not counted.`;
    return [
      el('h2', { id: 'spent-title' }, 'Spent'),
      el(
        'dl',
        { class: 'cards' },
        card('Today', spent.today),
        card('This week, since Monday', spent.week),
        card(capital(RANGE_WORDS[range]), spent.range),
      ),
      cut && el('p', { class: 'warn' }, cut),
    ].filter(Boolean);
  });
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);

function budgetName({ kind, key }) {
  if (kind === 'day') return ['Day ', key, ' (UTC)'];
  if (key === 'xrouter:exploration') return 'Exploration, for good';
  return kind === 'key' ? ['Key ', named(key), ', for good'] : ['Session ', named(key)];
}

function drawBudgets({ budgets }) {
  draw('budgets', budgets, () => {
    const bounded = budgets.filter(({ limitUsd }) => limitUsd !== undefined);
    const title = el('h2', { id: 'budgets-title' }, 'Budgets');
    if (bounded.length === 0) {
      return [
        title,
        el(
          'p',
          { class: 'muted' },
          'None is set: spending is counted, not bounded. Set budgets in the configuration, for example budgets.dayUsd.',
        ),
      ];
    }
    const rows = bounded.map((budget) => {
      const { limitUsd, spentUsd, reservedUsd } = budget;
      const used = spentUsd + reservedUsd;
      const left = Math.max(0, limitUsd - used);
      const share = limitUsd > 0 ? used / limitUsd : 1;
      const [kind, word] =
        share >= 1 ? ['bad', ', used up'] : share >= 0.8 ? ['warn', ', nearly used up'] : [undefined, ''];
      const says = `${percentText(share)}${word}`;
      return [
        budgetName(budget),
        el(
          'span',
          { class: 'one-line' },
          bar(
            [
              [spentUsd, 'spent'],
              [reservedUsd, 'held'],
            ],
            limitUsd || 1,
            { label: `${says} used`, over: share >= 1 },
          ),
          ' ',
          el('span', { class: kind }, says),
        ),
        usdDigits(spentUsd),
        usdDigits(reservedUsd),
        usdDigits(limitUsd),
        usdDigits(left),
      ];
    });
    const unknown = bounded.filter(({ unknownCalls }) => unknownCalls > 0).length;
    return [
      title,
      table(
        'Budgets, the fullest first, in USD; reserved is the worst case of calls in flight',
        ['budget', '<used', 'spent', 'reserved', 'limit', 'left'],
        rows,
      ),
      unknown > 0 &&
        el(
          'p',
          { class: 'muted' },
          'Calls of unknown cost count as spent at the worst case that was set aside for them.',
        ),
    ].filter(Boolean);
  });
}

const colours = new Map();

/** A model keeps its colour as long as it is shown. */
function colourOf(names) {
  for (const name of colours.keys()) if (!names.includes(name)) colours.delete(name);
  for (const name of names) {
    if (colours.has(name)) continue;
    const taken = new Set(colours.values());
    colours.set(name, [0, 1, 2, 3, 4, 5, 6, 7, 8].find((kind) => !taken.has(kind)) ?? 8);
  }
  return (name) => colours.get(name);
}

/** A label each few columns, where a new hour or day begins. */
function columnLabels({ starts }, range, width) {
  const every = { hour: 10, day: 3, week: 4, month: 5 }[range] * (width < 500 ? 2 : 1);
  return starts.map((start, at) => (at % every === 0 ? timeText(start, range) : ''));
}

function drawTime({ overTime, range }) {
  const width = roomOf('board');
  draw('time', [overTime, range, width], () => {
    const title = el('h2', { id: 'time-title' }, `Spending over time, ${RANGE_WORDS[range]}`);
    const { models, starts, end } = overTime;
    if (models.length === 0) return [title, el('p', { class: 'muted' }, 'Nothing was spent in this time.')];
    const named = models.map((model) => ({
      ...model,
      name: model.others ? `${model.others} other models` : model.name,
    }));
    const kindOf = colourOf(named.map(({ name }) => name));
    const series = named.map(({ name, usd }) => ({ name, kind: kindOf(name), values: usd }));
    const titles = starts.map(
      (start, at) => `${timeText(start, 'minute')} to ${timeText(starts[at + 1] ?? end, 'minute')}`,
    );
    const total = series.map(({ name, values }) => `${name} ${usdText(values.reduce((a, b) => a + b, 0))}`);
    const plot = stackedColumns({
      width,
      label: `Spending by model: ${total.join(', ')}.`,
      series,
      labels: columnLabels(overTime, range, width),
      titles,
      unit: 'USD',
    });
    const rows = starts.flatMap((start, at) => {
      const values = series.map(({ values }) => values[at]);
      if (values.every((value) => value === 0)) return [];
      return [[timeText(start, 'minute'), ...values.map((value) => (value === 0 ? '' : usdDigits(value)))]];
    });
    return [
      title,
      legend(series.map(({ name, kind }) => [name, kind])),
      el('figure', {}, plot),
      folded(
        'time',
        'The same as a table',
        table(
          'Spending in USD by the start of each column; columns without spending are left out',
          ['from', ...series.map(({ name }) => name)],
          rows,
        ),
      ),
    ];
  });
}

function spendTable(caption, head, rows, without, tokens = false) {
  const most = Math.max(...rows.map(({ knownUsd }) => knownUsd));
  return table(
    caption,
    [head, '<share', 'USD', 'calls', 'failed', ...(tokens ? ['tokens in', 'tokens out'] : [])],
    rows.map((row) => [
      row.others ? plural(row.others, 'other') : row.name === undefined ? without : named(row.name),
      bar([[row.knownUsd, 'spent']], most || 1, { width: 90, label: usdText(row.knownUsd) }),
      [
        usdDigits(row.knownUsd),
        row.unknownCalls > 0 && el('small', { class: 'warn' }, `and ${count(row.unknownCalls)} unknown`),
      ],
      count(row.calls),
      count(row.failedCalls),
      ...(tokens ? [count(row.inputTokens), count(row.outputTokens)] : []),
    ]),
  );
}

function drawWho({ byModel, byKey, bySession, range }) {
  draw('who', [byModel, byKey, bySession, range], () => {
    const title = el('h2', { id: 'who-title' }, `Who spent it, ${RANGE_WORDS[range]}`);
    if (byModel.length === 0) return [title, el('p', { class: 'muted' }, 'No call was booked in this time.')];
    const only = (rows) => rows.length === 1 && rows[0].name === undefined;
    return [
      title,
      spendTable('By model', 'model', byModel, '', true),
      el(
        'div',
        { class: 'columns' },
        only(byKey)
          ? el('p', { class: 'muted' }, 'No call named a budget key.')
          : spendTable('By key', 'key', byKey, 'without a key'),
        only(bySession)
          ? el('p', { class: 'muted' }, 'No call named a session.')
          : spendTable('By session', 'session', bySession, 'without a session'),
      ),
    ];
  });
}
