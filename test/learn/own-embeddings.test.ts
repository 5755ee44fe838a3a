/** Policies that read prompts by embeddings of the user's own, here a server of OpenAI's shape through LangChain. */
import { beforeAll, describe, expect, test } from 'vitest';
import { calibratePolicy } from '../../src/learn/calibrate.ts';
import { embedTables } from '../../src/learn/embed-tables.ts';
import { improvePolicy } from '../../src/learn/improve.ts';
import type { OutcomeTable, TableRow } from '../../src/learn/table.ts';
import { fitPredictor } from '../../src/learn/train.ts';
import { STRUCTURE_COUNT } from '../../src/policy/embedded/features.ts';
import type { PromptEmbeddings } from '../../src/policy/embedded/own-embeddings.ts';
import { createEmbeddedPolicy } from '../../src/policy/embedded/policy.ts';
import { Predictor } from '../../src/policy/embedded/predictor.ts';
import { decodeWeights, encodeWeights, type PolicyWeights } from '../../src/policy/embedded/weights.ts';
import { clientOf, EMBEDDING_NUMBERS } from '../support/embedding-server.ts';
import { embeddingTests } from '../support/embedding-tests.ts';
import { tableOf, worldRows } from '../support/outcomes.ts';
import { expectToBeatMixes, utilityOf } from './held-out.ts';

const under = embeddingTests();
let plain: OutcomeTable;
let train: OutcomeTable;
let held: OutcomeTable;
let weights: PolicyWeights;
const utility = (policy: PolicyWeights) => utilityOf(held, policy);

beforeAll(async () => {
  plain = await tableOf(under.folder, 'train', worldRows(700, 11));
  const tables = [plain, await tableOf(under.folder, 'held', worldRows(600, 12))];
  [train, held] = (await embedTables(tables, clientOf(under.server))) as [OutcomeTable, OutcomeTable];
  weights = fitPredictor([train], { seed: 5 }).weights;
}, 30_000);

describe('a policy trained with them', () => {
  test('beats every mix of single models with as much money', () => expectToBeatMixes(held, weights));

  test('reads their vectors and no words', () => {
    const { embedding, experts } = weights;
    expect(embedding.own).toMatchObject({ model: 'triples' });
    expect(embedding.own!.mean).toHaveLength(EMBEDDING_NUMBERS);
    expect(embedding.idf).toHaveLength(0);
    expect(experts[0]!.wordScoresFrom).toBe(-1);
    const { view } = held.rows[0]!;
    const predictor = new Predictor(weights);
    const before = Array.from(predictor.predict(view).success);
    expect(
      Array.from(predictor.predict({ ...view, embedding: held.rows[1]!.view.embedding! }).success),
    ).not.toEqual(before);
  });

  test('comes back from its file as it was; the same seed and vectors give the same file', () => {
    const bytes = encodeWeights(weights);
    expect(decodeWeights(bytes, 'file')).toEqual(weights);
    const again = encodeWeights(fitPredictor([train], { seed: 5 }).weights);
    expect(Buffer.compare(again, bytes)).toBe(0);
  });

  test('its file is of a format of its own, which a program that knows words alone refuses', () => {
    const head = (bytes: Uint8Array) => JSON.parse(Buffer.from(bytes).toString('latin1').split('\n', 1)[0]!);
    const words = head(encodeWeights(fitPredictor([plain]).weights));
    expect(words.version).toEqual(expect.any(Number));
    expect(head(encodeWeights(weights)).version).toBe(`${words.version}-own`);
    expect(words.policy.embedding).not.toHaveProperty('own');
  });

  test('knows the prompts of its training, and that others are unlike them', async () => {
    const predictor = new Predictor(weights);
    expect(predictor.predict(held.rows[0]!.view).familiarity).toBeGreaterThan(0.8);
    const foreign = 'Γράψε ένα ποίημα για τη θάλασσα και τον ήλιο του καλοκαιριού';
    const [embedding] = await clientOf(under.server).embedDocuments([foreign]);
    const view = { ...held.rows[0]!.view, text: foreign, embedding: Float32Array.from(embedding!) };
    expect(predictor.predict(view).familiarity).toBeLessThan(0.5);
  });

  test('decides on a prompt without words all the same', () => {
    const { embedding: _none, ...view } = { ...held.rows[0]!.view, text: '' };
    const { success, familiarity } = new Predictor(weights).predict(view);
    expect(familiarity).toBe(0);
    expect([...success].every((own) => own > 0 && own < 1)).toBe(true);
  });

  test('learns a new candidate from 200 rows', async () => {
    const two = await tableOf(under.folder, 'two', worldRows(700, 13, ['tiny', 'large']));
    const few = await tableOf(under.folder, 'few', worldRows(200, 14));
    const [both, rows] = await embedTables([two, few], clientOf(under.server));
    const before = fitPredictor([both!], { seed: 1 }).weights;
    const gain = utility(calibratePolicy(before, rows!)) - utility(before);
    expect(gain).toBeGreaterThan(0.6 * (utility(weights) - utility(before)));
    expect(gain).toBeGreaterThan(0.02);
  });

  test('is refused where its prompts came without vectors, and cannot learn from a log', () => {
    expect(() => new Predictor(weights).predict(plain.rows[0]!.view)).toThrow(
      /own embeddings of 128 numbers; the prompt came without its vector/,
    );
    expect(() => improvePolicy(weights, [])).toThrow(
      /reads embeddings of your own, which a log does not keep/,
    );
  });

  test('is refused by name without its embeddings or with others, and so is one that reads words', () => {
    const words = fitPredictor([plain]).weights;
    const of = (policy: PolicyWeights, embeddings?: PromptEmbeddings) => () =>
      createEmbeddedPolicy({ ...policy, name: 'mine' }, { embeddings });
    expect(of(weights)).toThrow(
      /"mine": it was trained with embeddings of your own, triples, and none are given/,
    );
    expect(of(weights, clientOf(under.server, 'pairs'))).toThrow(
      /with the embeddings of triples, not of pairs/,
    );
    expect(of(words, clientOf(under.server))).toThrow(/"mine": it reads words/);
    expect(of(weights, clientOf(under.server))()).toHaveProperty('name', 'mine@4');
    const nameless = { embedDocuments: (texts: string[]) => clientOf(under.server).embedDocuments(texts) };
    expect(of(weights, nameless)()).toHaveProperty('name', 'mine@4');
  });
});

describe('the projection', () => {
  /** Vectors that vary in two directions of twelve, four times as much in the first. */
  function flat(count: number): OutcomeTable {
    const rows = worldRows(count, 3).map((row, i): TableRow => {
      const embedding = new Float32Array(12).fill(1);
      embedding[2]! += 0.4 * Math.sin(i * 1.7);
      embedding[7]! += 0.1 * Math.cos(i * 2.3);
      const { view } = plain.rows[i]!;
      const outcomes = new Map(
        Object.entries(row.outcomes).map(([id, { score, cost }]) => [id, { score, costUsd: cost }]),
      );
      return { id: row.id, task: row.task, view: { ...view, embedding }, outcomes };
    });
    return { path: 'flat', rows, models: ['coder', 'large', 'tiny'] };
  }

  test('is orthonormal, its first direction the one in which most varies', () => {
    const { own, dimensions } = fitPredictor([flat(200)]).weights.embedding;
    const row = (d: number) => own!.projection.subarray(d * 12, (d + 1) * 12);
    const product = (a: number, b: number) => row(a).reduce((sum, value, k) => sum + value * row(b)[k]!, 0);
    expect(dimensions).toBe(12);
    for (const d of [0, 1]) expect(product(d, d)).toBeCloseTo(1, 5);
    expect(product(0, 1)).toBeCloseTo(0, 5);
    expect(Math.abs(row(0)[2]!)).toBeGreaterThan(0.9);
    expect(Math.abs(row(1)[7]!)).toBeGreaterThan(0.9);
  });

  test('explains the share of the length, beyond the mean, that it keeps', () => {
    const { own, dimensions } = weights.embedding;
    const predictor = new Predictor(weights);
    const { view } = held.rows[0]!;
    // Away from the training, so that not nearly all is kept.
    const embedding = view.embedding!.map((value, k) => value + 0.1 * Math.sin(k));
    predictor.embed({ ...view, embedding });
    const length = Math.hypot(...embedding);
    const centred = Array.from(embedding, (value, k) => value / length - own!.mean[k]!);
    const kept = Array.from({ length: dimensions }, (_, d) =>
      centred.reduce((sum, value, k) => sum + value * own!.projection[d * EMBEDDING_NUMBERS + k]!, 0),
    );
    const share = Math.hypot(...kept) / Math.hypot(...centred);
    expect(share).toBeLessThan(0.9);
    expect(predictor.vector[dimensions + STRUCTURE_COUNT]).toBeCloseTo(share, 5);
  });

  test('writes a unit vector, the same for a vector of any length', () => {
    const predictor = new Predictor(weights);
    const length = () => Math.hypot(...predictor.vector.subarray(0, weights.embedding.dimensions));
    const { view } = train.rows[0]!;
    predictor.embed(view);
    expect(length()).toBeCloseTo(1, 5);
    // Not a model's every vector has unit length.
    const once = predictor.vector.slice();
    predictor.embed({ ...view, embedding: view.embedding!.map((value) => 50 * value) });
    for (const [k, value] of predictor.vector.entries()) expect(value).toBeCloseTo(once[k]!, 5);
  });
});

describe('embedding tables', () => {
  test('asks for each text once and keeps the rows as they are', async () => {
    const [first, second] = plain.rows;
    const rows = [first!, second!, { ...first!, id: 'again' }];
    const [table] = await embedTables([{ ...plain, rows }], clientOf(under.server));
    expect(under.server.texts).toEqual([first!.view.text, second!.view.text]);
    expect(table!.rows.map(({ id }) => id)).toEqual([first!.id, second!.id, 'again']);
    expect(table!.rows[2]!.view.embedding).toEqual(table!.rows[0]!.view.embedding);
    expect(first!.view.embedding).toBeUndefined();
  });

  test.each([
    ['fails', /train, rows 11-0 to 11-63: .*no model is loaded/],
    ['hangs', /train, rows 11-0 to 11-63: the embeddings did not answer in 50 ms/],
    ['nan', /train, row 11-0: the embeddings returned NaN in place of a number/],
    ['none', /train, row 11-0: the embeddings returned no vector/],
  ] as const)('a server that %s stops it by the name of the rows', async (behaviour, message) => {
    under.server.behaviour = behaviour;
    const asked = embedTables([plain], clientOf(under.server), {
      batchMs: behaviour === 'hangs' ? 50 : 5_000,
    });
    await expect(asked).rejects.toMatchObject({
      code: 'policy_failed',
      message: expect.stringMatching(message),
    });
  });

  test('a vector of another length stops it by the name of its row', async () => {
    const uneven = {
      embedDocuments: async (texts: string[]) => texts.map((_, i) => (i === 5 ? [1, 2] : [1, 2, 3])),
    };
    await expect(embedTables([plain], uneven)).rejects.toThrow(/train, row 11-5: .* 2 numbers, not 3/);
  });

  test('tables of different embeddings, or half without, are not learned from together', async () => {
    const [other] = await embedTables([plain], clientOf(under.server, 'pairs'));
    expect(() => fitPredictor([train, other!])).toThrow(/vectors of triples and pairs/);
    const half = { ...train, rows: [...train.rows.slice(0, 300), ...plain.rows.slice(300)] };
    expect(() => fitPredictor([half])).toThrow(/400 of 700 prompts came without their vector/);
  });
});
