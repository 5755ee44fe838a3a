import { afterAll, describe, expect, test } from 'vitest';
import { callInSandbox, closeSandbox } from '../../src/gym/sandbox.ts';

afterAll(closeSandbox);

const options = { timeMs: 100 };
const call = async (code: string, ...args: unknown[]) => (await callInSandbox(code, 'f', [args], options))[0];

describe('the sandbox runs', () => {
  test.each([
    ['a function', 'function f(x) { return x + 1; }'],
    ['an arrow', 'const f = (x) => x + 1;'],
    ['a module', 'export default function f(x) { return x + 1; }'],
    ['CommonJS', 'module.exports = function (x) { return x + 1; }'],
    ['a named CommonJS export', 'module.exports = { f: (x) => x + 1 };'],
    ['code that prints', 'console.log("hello"); function f(x) { console.log(x); return x + 1; }'],
  ])('%s', async (_, code) => {
    expect(await call(code, 1)).toEqual({ value: 2 });
  });

  test('every call with its own arguments, and tells of each what went wrong', async () => {
    const code =
      'function f(x) { if (x < 0) throw new RangeError("negative"); return { root: Math.sqrt(x) }; }';
    expect(await callInSandbox(code, 'f', [[4], [-1], [9]])).toEqual([
      { value: { root: 2 } },
      { error: 'RangeError: negative' },
      { value: { root: 3 } },
    ]);
  });

  test('jobs asked for at once, each by itself', async () => {
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => call(`globalThis.seen ??= ${index}; const f = () => seen;`)),
    );
    expect(results).toEqual(Array.from({ length: 8 }, (_, index) => ({ value: index })));
  });
});

/** After each of these the next job must run as if nothing had happened. */
const hostile: [what: string, code: string, error: RegExp | undefined][] = [
  ['an endless loop', 'function f() { while (true); }', /time limit/],
  ['an endless loop on loading', 'while (true); function f() {}', /time limit/],
  [
    'a loop that catches everything',
    'function f() { for (;;) { try { for (;;); } catch {} } }',
    /time limit/,
  ],
  [
    'a built-in that loops without asking',
    'const f = () => new Array(2 ** 32 - 1).indexOf(1);',
    /time limit/,
  ],
  [
    'a regular expression that backtracks',
    'const f = () => /(a+)+$/.test("a".repeat(40) + "b");',
    /time limit/,
  ],
  ['a getter that loops', 'const f = () => ({ get x() { for (;;); } });', /time limit/],
  ['toJSON that loops', 'const f = () => ({ toJSON() { for (;;); } });', /time limit/],
  ['a promise chain', 'function f() { (async () => { for (;;) await 0; })(); return 1; }', undefined],
  [
    'a memory bomb',
    'function f() { const a = []; for (;;) a.push("x".repeat(1e5)); }',
    /memory limit|time limit/,
  ],
  ['a huge string', 'const f = () => "a".repeat(2 ** 30 - 1);', /memory limit/],
  [
    'many buffers, each within the limit',
    'function f() { const a = []; for (;;) a.push(new ArrayBuffer(1e6)); }',
    /memory limit/,
  ],
  ['a huge buffer', 'const f = () => new Uint8Array(1e9).length;', /memory limit/],
  ['a huge result', 'const f = () => "a".repeat(1.1e6);', /too long/],
  ['endless recursion', 'function f() { return f(); }', /stack overflow/],
  [
    'recursion through finally',
    'function f() { try { f(); } finally { f(); } }',
    /stack overflow|time limit/,
  ],
  [
    'a result nested without end',
    'function f() { let x = {}; for (let i = 0; i < 1e5; i++) x = { x }; return x; }',
    /stopped|stack|limit/,
  ],
  ['a cyclic result', 'function f() { const x = {}; x.x = x; return x; }', /circular/i],
  ['throwing null', 'function f() { throw null; }', /no error/],
  ['throwing a trap', 'function f() { throw new Proxy({}, { get() { for (;;); } }); }', /./],
  ['a syntax error', 'function f( {', /SyntaxError/],
  ['no such function', 'function g() {}', /no function "f"/],
  ['an import', 'import fs from "node:fs"; function f() { return fs; }', /SyntaxError|import/],
];

describe('the sandbox survives', () => {
  test.each(hostile)('%s', { timeout: 10_000 }, async (_, code, error) => {
    const result = await call(code);
    if (error) expect(result).toEqual({ error: expect.stringMatching(error) });
    else expect(result).toEqual({ value: 1 });
    expect(await call('const f = (x) => [x, typeof seen, {}.polluted];', 1)).toEqual({
      value: [1, 'undefined', null],
    });
  });

  test('attempts to change the world: prototypes, JSON and globals stay inside', async () => {
    const code = `
      Object.prototype.polluted = 'yes'; Array.prototype.toJSON = () => 'forged';
      JSON.stringify = () => '"forged"'; JSON.parse = () => [100]; Reflect.apply = () => 'forged';
      Object.defineProperty(Array.prototype, Symbol.iterator, { value: null });
      function f(x) { return x + 1; }`;
    expect(await call(code, 1)).toEqual({ value: 2 });
    expect(JSON.stringify([({} as { polluted?: string }).polluted ?? null])).toBe('[null]');
  });

  test('reaching for the host: nothing of it is there', async () => {
    const names = [
      'process',
      'require',
      'fetch',
      'WebAssembly',
      'setTimeout',
      'Worker',
      'postMessage',
      'parentPort',
      'std',
      'os',
    ];
    expect(await call(`const f = () => [${names.map((name) => `typeof ${name}`)}]`)).toEqual({
      value: names.map(() => 'undefined'),
    });
    expect(
      await call('const f = () => Function("return typeof process")() + (0, eval)("typeof require")'),
    ).toEqual({
      value: 'undefinedundefined',
    });
    expect(await call('async function f() { return (await import("node:fs")).existsSync; }')).toEqual({
      value: {},
    });
  });
});
