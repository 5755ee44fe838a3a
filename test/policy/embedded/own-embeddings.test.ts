import { expect, test, vi } from 'vitest';
import {
  checkedVector,
  type PromptEmbeddings,
  promptEmbedding,
  textToEmbed,
} from '../../../src/policy/embedded/own-embeddings.ts';
import { viewPrompt } from '../../../src/policy/prompt-view.ts';

const prompt = (content: string) => viewPrompt({ messages: [{ role: 'user', content }] });
const open = new AbortController().signal;

/** Vectors of two numbers, and what was asked. */
function counting(answer = async (texts: string[]): Promise<number[][]> => texts.map((t) => [t.length, 1])) {
  const asked: string[] = [];
  const embeddings: PromptEmbeddings = {
    embedDocuments(texts) {
      asked.push(...texts);
      return answer(texts);
    },
  };
  return { asked, embeddings };
}

test('the same text is embedded once, also by requests at the same time', async () => {
  const { asked, embeddings } = counting();
  const embedded = promptEmbedding(embeddings, 2);
  const both = await Promise.all([embedded(prompt('hello'), open), embedded(prompt('hello'), open)]);
  const later = await embedded(prompt('hello'), open);
  await embedded(prompt('other'), open);
  expect(asked).toEqual(['hello', 'other']);
  for (const view of [...both, later]) expect([...view.embedding!]).toEqual([5, 1]);
});

test('only the last 256 texts are remembered, by when they were last asked for', async () => {
  const { asked, embeddings } = counting();
  const embedded = promptEmbedding(embeddings, 2);
  await embedded(prompt('kept'), open);
  await embedded(prompt('forgotten'), open);
  for (let n = 0; n < 255; n++) {
    await embedded(prompt(`text ${n}`), open);
    await embedded(prompt('kept'), open);
  }
  await embedded(prompt('forgotten'), open);
  const times = (text: string) => asked.filter((one) => one === text).length;
  expect([times('kept'), times('forgotten')]).toEqual([1, 2]);
});

test('a failure is a failed policy, and is not remembered', async () => {
  let broken = true;
  const { embeddings } = counting(async () => {
    if (broken) throw new Error('no model is loaded');
    return [[1, 2]];
  });
  const embedded = promptEmbedding(embeddings, 2);
  const failed = { code: 'policy_failed', message: 'no model is loaded' };
  await expect(embedded(prompt('hello'), open)).rejects.toMatchObject(failed);
  broken = false;
  expect([...(await embedded(prompt('hello'), open)).embedding!]).toEqual([1, 2]);
});

test('what hangs is given up after the time limit, and the next request asks again', async () => {
  const { asked, embeddings } = counting(() => new Promise(() => {}));
  const embedded = promptEmbedding(embeddings, 2, 20);
  for (let n = 0; n < 2; n++) {
    await expect(embedded(prompt('hello'), open)).rejects.toMatchObject({
      code: 'policy_failed',
      message: 'the embeddings did not answer in 20 ms',
    });
  }
  expect(asked).toHaveLength(2);
});

test('an abort ends the wait with its own reason, and does not end that of another request', async () => {
  let answer = (_: number[][]) => {};
  const { asked, embeddings } = counting(() => new Promise((resolve) => (answer = resolve)));
  const embedded = promptEmbedding(embeddings, 2);
  const leaving = new AbortController();
  const [left, stayed] = [embedded(prompt('hello'), leaving.signal), embedded(prompt('hello'), open)];
  const reason = new Error('the user has gone');
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
  answer([[1, 2]]);
  expect([...(await stayed).embedding!]).toEqual([1, 2]);
  await expect(embedded(prompt('new'), leaving.signal)).rejects.toBe(reason);
  expect(asked).toEqual(['hello']);
});

test('nothing is left behind by many requests on one signal', async () => {
  const { embeddings } = counting();
  const embedded = promptEmbedding(embeddings, 2);
  const added = vi.spyOn(open, 'addEventListener');
  const removed = vi.spyOn(open, 'removeEventListener');
  for (let n = 0; n < 5; n++) await embedded(prompt(`text ${n}`), open);
  expect(added).toHaveBeenCalledTimes(5);
  expect(removed).toHaveBeenCalledTimes(5);
});

test.each([
  ['nothing at all', undefined, /no vector/],
  ['an empty vector', [], /no vector/],
  ['too few numbers', [1, 2], /2 numbers, not 3/],
  ['no number', [1, Number.NaN, 3], /NaN in place of a number/],
  ['null, which is what JSON makes of it', [1, null, 3], /null in place of a number/],
  ['too large a number', [1, 1e300, 3], /1e\+300 in place/],
])('%s is no vector', (_what, vector, message) => {
  expect(() => checkedVector(vector, 3)).toThrow(message);
});

test('of a long text head and tail are embedded, and no half characters', () => {
  const text = `${'a'.repeat(3999)}😀${'b'.repeat(5000)}😀${'c'.repeat(1999)}`;
  const cut = textToEmbed(prompt(text));
  expect(cut).toBe(`${'a'.repeat(3999)}\ufffd\n\ufffd${'c'.repeat(1999)}`);
  expect(textToEmbed(prompt('short'))).toBe('short');
});

test('a prompt without words is not embedded', async () => {
  const { asked, embeddings } = counting();
  const picture = { type: 'image_url' as const, image_url: { url: 'data:,' } };
  const view = viewPrompt({ messages: [{ role: 'user', content: [picture] }] });
  expect((await promptEmbedding(embeddings, 2)(view, open)).embedding).toBeUndefined();
  expect(asked).toEqual([]);
});
