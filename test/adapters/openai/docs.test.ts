/** docs/openai.md says what is so: its programs print what they say, its requests are answered, its errors are these. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { command } from '../../../adapters/cli/commands/serve.ts';
import { apiErrorOf } from '../../../adapters/openai/errors.ts';
import {
  CallError,
  createCatalog,
  type ErrorCode,
  validateConfig,
  XrouterError,
} from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';
import { programsOf, promisedBy, run } from '../../support/programs.ts';
import { send, serving } from './serving.ts';

const page = readFileSync(new URL('../../../docs/openai.md', import.meta.url), 'utf8');

describe('programs', () => {
  const catalog = createCatalog();
  let lab: Lab;
  beforeAll(async () => {
    lab = await createLab({ candidates: catalog.candidates });
  });
  afterAll(() => lab.close());

  test.each(programsOf(page).map((program, index) => [index + 1, program] as const))(
    'program %i',
    async (_, program) => {
      const promised = promisedBy(program);
      expect(promised.length).toBeGreaterThan(0);
      expect(await run(program, labEnvironment(lab, catalog.providers))).toEqual(promised);
    },
  );
});

test('the request of the page is answered with every field that it names', async () => {
  await using server = await serving();
  const [, body] = /-d '(\{.*\})'/.exec(page)!;
  const answer = JSON.parse((await send(server.port, body)).body);
  const [, table] = /## What comes back([\s\S]*?)\n\n\S*The headers/.exec(page)!;
  const rows = [...table!.matchAll(/^\| (`.*?) \| (.*) \|$/gm)];
  const named = (text: string) => [...text.matchAll(/`(\w+)`/g)].map(([, name]) => name!);
  const told = rows.flatMap(([, fields]) => named(fields!));
  expect(told.length).toBeGreaterThan(6);
  for (const field of told) expect(answer.xrouter).toHaveProperty(field);
  const ofCalls = rows.find(([, fields]) => fields === '`calls`')![2]!.split(', and')[0]!;
  for (const field of named(ofCalls)) expect(answer.xrouter.calls[0]).toHaveProperty(field);
});

test('the fields of the router are those of the page', async () => {
  await using server = await serving();
  const [, table] = /own fields are `xrouter`:([\s\S]*?)\n\nWhile/.exec(page)!;
  const told = [...table!.matchAll(/^\| (`.*?) \|/gm)].flatMap(([, cell]) =>
    [...cell!.matchAll(/`(\w+)`/g)].map(([, name]) => name!),
  );
  const { body } = await send(server.port, {
    messages: [{ role: 'user', content: 'Hi' }],
    xrouter: { x: 1 },
  });
  const [, known] = /there are ([\w, ]+)/.exec(JSON.parse(body).error.message)!;
  expect(told.sort()).toEqual(known!.split(', ').sort());
});

test('errors of the router have the status of the page', () => {
  const rows = [...page.matchAll(/^\| (\d{3}) \| (`.*?) \|/gm)];
  expect(rows.length).toBeGreaterThan(10);
  let checked = 0;
  for (const [, status, codes] of rows) {
    for (const [, code] of codes!.matchAll(/`(\w+)`/g)) {
      const made = apiErrorOf(new XrouterError(code as ErrorCode, 'text'));
      // Some codes are of the server and not of the router.
      if (made.details.code !== code || made.status === 500) continue;
      if (code === 'budget_exceeded' && status === '429') continue;
      expect([code, made.status]).toEqual([code, Number(status)]);
      checked++;
    }
  }
  expect(checked).toBeGreaterThan(12);
});

test('what can only fail again says so, also under a status that clients send again', () => {
  const headers = (code: ErrorCode, retryable: boolean) =>
    apiErrorOf(new CallError(code, 'text', { retryable })).headers['x-should-retry'];
  expect(headers('rate_limited', false)).toBe('false');
  expect(headers('total_timeout', false)).toBe('false');
  expect(headers('provider_error', false)).toBe('false');
  expect(headers('provider_error', true)).toBeUndefined();
  expect(headers('bad_request', false)).toBeUndefined();
});

test('its flags exist, and its configuration is valid', () => {
  const flags = command().options.flatMap(({ long }) => long ?? []);
  const named = [...page.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([flag]) => flag);
  expect(named.length).toBeGreaterThan(8);
  for (const flag of named) expect(flags).toContain(flag);
  const [, json] = /```json\n([\s\S]*?)```/.exec(page)!;
  const { serve, budgets } = validateConfig(JSON.parse(json!));
  expect(Object.keys(serve!.keys!)).toEqual(Object.keys(budgets!.keys!));
});
