import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readBanditLog } from '../../src/learn/index.ts';
import { readPrompts, readTable, requireLearnable } from '../../src/learn/table.ts';
import { worldRows, writeRows } from '../support/outcomes.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'table-'));
});
afterAll(() => rm(folder, { recursive: true }));

const good = { id: 'a', prompt: 'hi', outcomes: { m: { score: 1, cost: 0.1 }, n: { score: 0, cost: 0 } } };
const at = (name: string): string => join(folder, name);

describe('a sound table', () => {
  test('is read plain and gzipped, with unknown fields and missing models tolerated', async () => {
    const rows = [
      { ...good, extra: true },
      {
        id: 7,
        messages: [{ role: 'user', content: 'there' }],
        outcomes: { m: { score: 0.5, cost: 1, more: 1 } },
      },
    ];
    const text = rows.map((row) => JSON.stringify(row)).join('\n\n');
    await writeFile(at('plain'), `\uFEFF${text}`);
    await writeFile(at('zipped'), gzipSync(`${text}\r\n`));
    for (const name of ['plain', 'zipped']) {
      const table = await readTable(at(name));
      expect(table.models).toEqual(['m', 'n']);
      expect(table.rows.map(({ id, view }) => [id, view.text])).toEqual([
        ['a', 'hi'],
        ['7', 'there'],
      ]);
      expect(table.rows[1]!.outcomes.get('m')).toEqual({ score: 0.5, costUsd: 1 });
      expect(table.rows[1]!.outcomes.has('n')).toBe(false);
    }
  });

  test('has its lines ended by line feeds alone, whatever separators and lengths its texts have', async () => {
    const texts = ['a\u2028b\u2029c', `${'é🙂'.repeat(50_000)} end`, ''];
    const rows = texts.map((prompt, id) => ({ ...good, id, prompt }));
    await writeFile(at('separators'), rows.map((row) => JSON.stringify(row)).join('\r\n'));
    expect((await readTable(at('separators'))).rows.map(({ view }) => view.text)).toEqual(texts);
  });

  test('gives prompts even where outcomes are absent or nonsense', async () => {
    const path = await writeRows(at('prompts'), [
      { id: 'x', prompt: 'p', outcomes: 'secret' },
      { id: 'y', prompt: 'q' },
    ]);
    expect((await readPrompts(path)).map(({ id }) => id)).toEqual(['x', 'y']);
  });
});

describe('a bad table is refused with the line and the reason', () => {
  const outcome = (change: object) => ({
    ...good,
    id: 'b',
    outcomes: { m: { score: 1, cost: 1, ...change } },
  });
  test.each([
    ['score above 1', outcome({ score: 1.5 }), /line 2: outcomes\.m\.score is 1\.5; it must be 1 or less\./],
    [
      'score below 0',
      outcome({ score: -0.1 }),
      /line 2: outcomes\.m\.score is -0\.1; it must be 0 or more\./,
    ],
    ['score missing', outcome({ score: undefined }), /line 2: outcomes\.m\.score is missing\./],
    ['score null', outcome({ score: null }), /line 2: outcomes\.m\.score is null; it must be a number\./],
    ['score a text', outcome({ score: '1' }), /line 2: outcomes\.m\.score is a text; it must be a number\./],
    ['negative cost', outcome({ cost: -1 }), /line 2: outcomes\.m\.cost is -1; it must be 0 or more\./],
    [
      'cost of no call',
      outcome({ cost: 1e308 }),
      /line 2: outcomes\.m\.cost is 1e\+308; it must be 1000000 or less\./,
    ],
    ['no outcomes', { id: 'b', prompt: 'p' }, /line 2: outcomes is missing\./],
    [
      'outcomes in a list',
      { id: 'b', prompt: 'p', outcomes: [] },
      /line 2: outcomes is a list; it must be an object\./,
    ],
    [
      'nameless model',
      { ...good, id: 'b', outcomes: { '': good.outcomes.m } },
      /line 2: outcomes has a model without a name/,
    ],
    [
      'message without role',
      { ...good, id: 'b', messages: [{ content: 'p' }] },
      /line 2: messages\.0\.role is missing\./,
    ],
    [
      'content of no kind',
      { ...good, id: 'b', messages: [{ role: 'user', content: {} }] },
      /line 2: messages\.0\.content: it must be a text or a list of parts\./,
    ],
    ['empty outcomes', { ...good, id: 'b', outcomes: {} }, /line 2: outcomes is empty/],
    ['no id', { prompt: 'p', outcomes: good.outcomes }, /line 2: id is missing\./],
    ['no prompt', { id: 'b', outcomes: good.outcomes }, /line 2: prompt or messages is missing/],
    ['duplicate id', good, /line 2: id a is the same as in line 1/],
    ['not an object', 5, /line 2: it is a number; it must be an object\./],
  ])('%s', async (_name, row, message) => {
    const path = await writeRows(at('bad'), [good, row]);
    await expect(readTable(path)).rejects.toMatchObject({
      code: 'invalid_file',
      message: expect.stringMatching(message),
    });
  });

  test('not JSON', async () => {
    await writeFile(at('broken'), `${JSON.stringify(good)}\n{"id":`);
    await expect(readTable(at('broken'))).rejects.toThrow(/line 2: is not JSON\./);
    await writeFile(at('python'), JSON.stringify(good).replace('0.1', 'NaN'));
    await expect(readTable(at('python'))).rejects.toThrow('line 1: is not JSON, which has no NaN.');
  });

  test('a gzip that is cut off', async () => {
    const whole = gzipSync(
      worldRows(300, 1)
        .map((row) => JSON.stringify(row))
        .join('\n'),
    );
    await writeFile(at('cut'), whole.subarray(0, whole.length >> 1));
    await expect(readTable(at('cut'))).rejects.toThrow(/line \d+: the file is cut off or damaged/);
  });

  test('a folder, and a file of another kind, by what they are', async () => {
    await expect(readTable(folder)).rejects.toThrow(`${folder} cannot be read: it is a folder, not a file.`);
    await writeRows(at('policy'), [{ format: 'xrouter-policy', version: 2, policy: {} }]);
    await expect(readTable(at('policy'))).rejects.toThrow('is a policy, not an outcome table');
    await writeRows(at('log'), [{ id: 'a', at: 'now', candidates: [], action: 'm' }]);
    await expect(readTable(at('log'))).rejects.toThrow('is a log of requests, not an outcome table');
    await expect(readBanditLog(await writeRows(at('table'), [good]))).rejects.toThrow(
      'is an outcome table, not a log of requests',
    );
    await writeRows(at('recording'), [{ id: 'a', prompt_sha256: '', outcomes: { m: { cost_usd: 1 } } }]);
    await expect(readTable(at('recording'))).rejects.toThrow('is a recording, not an outcome table');
  });

  test('a number that is too large for one', async () => {
    await writeFile(at('large'), JSON.stringify(good).replace('0.1', '1e999'));
    await expect(readTable(at('large'))).rejects.toThrow(
      'line 1: outcomes.m.cost is too large; it must be a number.',
    );
  });

  test.skipIf(process.platform === 'win32')('a pipe, which is not waited for', async () => {
    execFileSync('mkfifo', [at('pipe')]);
    await expect(readTable(at('pipe'))).rejects.toThrow('pipe cannot be read: it is a pipe, not a file.');
  });

  test('another encoding, by its name', async () => {
    const text = `${JSON.stringify(good)}\n`;
    for (const mark of ['\uFEFF', '']) {
      await writeFile(at('utf-16'), `${mark}${text}`, 'utf16le');
      await expect(readTable(at('utf-16'))).rejects.toMatchObject({
        message: `${at('utf-16')} is in UTF-16.`,
        hint: 'Save it as UTF-8.',
      });
    }
    await writeFile(at('utf-16'), Buffer.from(`\uFEFF${text}`, 'utf16le').swap16());
    await expect(readTable(at('utf-16'))).rejects.toThrow('is in UTF-16.');
  });

  test('text that is not UTF-8, by its line', async () => {
    const line = (id: string, prompt: string) => `${JSON.stringify({ ...good, id, prompt })}\n`;
    const latin = Buffer.concat([
      Buffer.from(`\uFEFF${line('a', 'Zürich 東京')}\n`),
      Buffer.from(line('b', 'Zürich'), 'latin1'),
    ]);
    for (const bytes of [latin, gzipSync(latin)]) {
      await writeFile(at('latin'), bytes);
      for (const read of [readTable, readPrompts]) {
        await expect(read(at('latin'))).rejects.toMatchObject({
          code: 'invalid_file',
          message: `${at('latin')}, line 3: it is not in UTF-8.`,
          hint: 'Save it as UTF-8.',
        });
      }
    }
  });

  test('an empty file and a missing one', async () => {
    await writeFile(at('empty'), '\n');
    await expect(readTable(at('empty'))).rejects.toThrow(/table is empty/);
    await expect(readTable(at('none'))).rejects.toMatchObject({ code: 'invalid_file' });
  });

  test.each([
    ['one row', [good], /one row/],
    [
      'one model',
      [1, 2].map((id) => ({ ...good, id, outcomes: { m: { score: id - 1, cost: 1 } } })),
      /one model, m/,
    ],
    [
      'equal scores',
      [1, 2].map((id) => ({ ...good, id, outcomes: { m: { score: 1, cost: 1 }, n: { score: 1, cost: 2 } } })),
      /all scores are 1/,
    ],
  ])('%s teaches nothing', async (_name, rows, message) => {
    const table = await readTable(await writeRows(at('dull'), rows));
    expect(() => requireLearnable(table)).toThrow(message);
  });
});
