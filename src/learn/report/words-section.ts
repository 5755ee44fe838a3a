/** What the words of the page mean, for whoever reads one for the first time. */
import { type Markup, markup } from './markup.ts';

const WORDS: readonly (readonly [word: string, meaning: string])[] = [
  ['row', 'One prompt of the table, with what every model scored on it and what its call cost.'],
  ['policy', 'What decides, for each prompt, which model answers it.'],
  [
    'λ (lambda)',
    'How much cost counts: 0 ignores it, a larger λ prefers cheaper models. Each router is measured at many; each gives one point of cost and accuracy, and the best of these points are its frontier.',
  ],
  ['point', 'A hundredth of accuracy: from 70 % to 72 % are two points.'],
  [
    'mixing line',
    'What needs no router: sending each request to one of two models by lot. The best such mix at every cost.',
  ],
  ['gain', 'Points of accuracy over the mixing line at the same cost: what looking at the prompt is worth.'],
  ['oracle', 'Knows every outcome beforehand and asks the right model: the bound that no router reaches.'],
  [
    '95 % interval',
    'Where a figure lies in 95 of 100 tables drawn from these rows with replacement: how far chance may have moved it. A gain whose interval holds 0 may be chance alone.',
  ],
  [
    'verifier',
    'What judges an answer good or bad: tests, a schema, another model. Here it is simulated, right in the share of its verdicts that is given.',
  ],
  [
    'predictor',
    'The part of the policy that expects of each model how likely it succeeds and what it costs.',
  ],
  ['lookahead', 'Plans up to three calls from what the predictor expects and what the verifier has said.'],
  [
    'DAPO, reinforcement, RL',
    'Reinforcement learning: corrects choices by what came of them. DAPO is its algorithm here.',
  ],
  [
    'nearest neighbours, clusters',
    'Simple routers: each model is expected to do on a prompt as it did on the most similar ones.',
  ],
  ['rule made by hand', 'A simple rule for several calls, from neighbours and verdicts; nothing is trained.'],
  [
    'expected success',
    'How likely the policy thinks it that a model answers right. A pair is one row with one model.',
  ],
];

export function words(): Markup {
  return markup`<details><summary>What the words mean</summary>
<dl class="facts">${WORDS.map(([word, meaning]) => markup`<dt>${word}</dt><dd>${meaning}</dd>`)}</dl></details>`;
}
