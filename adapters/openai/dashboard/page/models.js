/** Which model answers what, how fast, how well; and what one model alone was expected to cost. */

import { draw, el, folded, named, table } from './dom.js';
import { bar, latencyPlot, roomOf, whisker } from './plots.js';
import { count, msText, percentText, plural, RANGE_WORDS, timeText, usdDigits, usdText } from './words.js';

export function drawModels({ requests, range }) {
  const width = roomOf('board');
  draw('models', [requests, range, width], () => {
    const title = el('h2', { id: 'models-title' }, `Which model answered, ${RANGE_WORDS[range]}`);
    if (!requests.kept) {
      return [
        title,
        el(
          'p',
          { class: 'muted' },
          'This ledger keeps no requests beside the account, so there is nothing to say. Set ledger to the path of a file.',
        ),
      ];
    }
    if (requests.counted === 0)
      return [title, el('p', { class: 'muted' }, 'No request is kept from this time.')];
    const { counted, answered, failovers, escalations, countedSince, otherModels } = requests;
    const lost = counted - answered;
    return [
      title,
      el(
        'p',
        {},
        `${plural(counted, 'request')}, ${lost === 0 ? 'all' : count(answered)} answered${lost > 0 ? `, ${count(lost)} not` : ''}. `,
        `${plural(failovers, 'failover')} (a call failed and another model was asked), ${plural(escalations, 'escalation')} (an answer was not good enough and another model was asked).`,
      ),
      countedSince &&
        el(
          'p',
          { class: 'muted' },
          `Of the requests that are kept, which begin ${timeText(countedSince, 'full')}; episodes.maxEpisodes and maxAgeMs say how many are.`,
        ),
      modelTable(requests.models),
      otherModels > 0 &&
        el('p', { class: 'muted' }, `${plural(otherModels, 'further model')} with fewer answers.`),
      requests.latency && latency(requests.latency, width),
      feedback(requests),
    ].filter(Boolean);
  });
}

function modelTable(models) {
  return table(
    'Share of the answers, and what a call of each model cost and took; half of its calls took at most p50, 95 of 100 at most p95',
    [
      'model',
      '<share of answers',
      'answers',
      'calls',
      'failed',
      'failovers',
      'escalations',
      'USD a call',
      'p50',
      'p95',
    ],
    models.map((model) => [
      named(model.name),
      el(
        'span',
        { class: 'one-line' },
        bar([[model.share, 'spent']], 1, { width: 90, label: percentText(model.share) }),
        ' ',
        percentText(model.share),
      ),
      count(model.answers),
      count(model.calls),
      count(model.failedCalls),
      count(model.failovers),
      count(model.escalations),
      [
        model.meanCallUsd === undefined ? 'unknown' : usdDigits(model.meanCallUsd),
        model.meanCallUsd !== undefined &&
          model.unknownCalls > 0 &&
          el('small', { class: 'warn' }, `${count(model.unknownCalls)} unknown left out`),
      ],
      msText(model.p50Ms),
      msText(model.p95Ms),
    ]),
  );
}

function latency(figures, width) {
  const { calls, p50Ms, p95Ms, edgesMs, counts } = figures;
  const label = `Latency of ${plural(calls, 'completed call')}: half took at most ${msText(p50Ms)}, 95 % at most ${msText(p95Ms)}.`;
  const rows = counts.flatMap((number, at) =>
    number > 0 ? [[`${msText(edgesMs[at])} to ${msText(edgesMs[at + 1])}`, count(number)]] : [],
  );
  return el(
    'div',
    {},
    el('h3', {}, `How long completed calls took`),
    el('figure', {}, latencyPlot({ width: Math.min(width, 720), latency: figures, label })),
    folded('latency', 'The same as a table', table('Completed calls by latency', ['took', 'calls'], rows)),
  );
}

function feedback({ feedback: total, models }) {
  const scored = models.filter((model) => model.feedback);
  const title = el('h3', {}, 'Feedback');
  if (total === 0) {
    return el(
      'div',
      {},
      title,
      el(
        'p',
        { class: 'muted' },
        'Nobody has said yet how good these answers were. POST /v1/feedback with the id of an answer does.',
      ),
    );
  }
  const rows = scored.map(({ name, feedback }) => {
    const { mean, low, high, requests } = feedback;
    const says = `${mean.toFixed(2)}, between ${low.toFixed(2)} and ${high.toFixed(2)}`;
    return [
      named(name),
      whisker(feedback, says),
      mean.toFixed(2),
      `${low.toFixed(2)} to ${high.toFixed(2)}`,
      count(requests),
    ];
  });
  return el(
    'div',
    {},
    title,
    table(
      'Mean score of the answers that were scored, from 0 to 1, with its 95 % interval (Wilson); several sources of one answer are averaged',
      ['model', '<0 to 1', 'mean', '95 % interval', 'answers scored'],
      rows,
    ),
  );
}

const BEST = {
  success: 'the best fixed model by expected success',
  cost: 'the cheapest fixed model expected to be as successful as the routing',
  both: 'the best fixed model by expected success, and the only or cheapest one as successful as the routing',
};

export function drawFixed({ requests: { fixed, kept, counted }, range }) {
  draw('fixed', [fixed, kept, counted, range], () => {
    const title = el('h2', { id: 'fixed-title' }, `One model for all, as expected, ${RANGE_WORDS[range]}`);
    if (!kept || counted === 0) return [];
    if (fixed.leftOut !== undefined) return [title, el('p', { class: 'muted' }, fixed.leftOut)];
    const { requests, of, routed, models } = fixed;
    const row = (name, { expectedUsd, expectedSuccess }) => [
      name,
      usdDigits(expectedUsd),
      `${(100 * expectedSuccess).toFixed(1)}\u00a0%`,
    ];
    const measured =
      routed.measuredUsd === undefined
        ? '. What they did cost is not known in full.'
        : `; they did cost ${usdText(routed.measuredUsd)}.`;
    return [
      title,
      el(
        'p',
        {},
        requests === of
          ? `In all ${count(of)} answered requests the policy compared the same models. `
          : `Of ${count(of)} answered requests, the ${count(requests)} in which the policy compared the same models. `,
        'The figures are what it expected when it chose: nobody asked the other models, so no saving is measured here. Where those expectations are wrong they flatter the routing, which chose by them.',
      ),
      el(
        'p',
        {},
        'For the first calls as routed the policy expected ',
        usdText(routed.expectedUsd),
        measured,
        ' How far the two are apart says how far the figures below can be trusted.',
      ),
      table(
        'Expected of the same requests, the most successful model first',
        ['answered by', 'expected USD', 'expected success'],
        [
          row('as routed, first calls', routed),
          ...models.map((model) =>
            row(['always ', named(model.name), model.best && el('small', {}, BEST[model.best])], model),
          ),
        ],
      ),
    ];
  });
}
