/** Streams cut and mutated at random: no crash, no hang, and exactly one finish or one CallError. */
import { expect, test } from 'vitest';
import { CallError } from '../../src/errors.ts';
import { AnswerAssembler, createHttpProvider, type ProviderEvent } from '../../src/provider/index.ts';
import { type Action, startScriptedServer } from '../support/scripted-server.ts';
import { chunk, DONE, finish, text, USAGE_CHUNK } from './answers.ts';
import { collect, makeCall } from './calls.ts';

const SEED = Number(process.env.XROUTER_TEST_SEED ?? Math.floor(Math.random() * 2 ** 31));

/** Mulberry32 (https://gist.github.com/tommyettinger/46a874533244883189143505d203312c). */
function randomFrom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let bits = Math.imul(state ^ (state >>> 15), 1 | state);
    bits = (bits + Math.imul(bits ^ (bits >>> 7), 61 | bits)) ^ bits;
    return ((bits ^ (bits >>> 14)) >>> 0) % below;
  };
}

const toolCall = (call: object) => chunk({ tool_calls: [call] });
const EVENTS = [
  chunk({ role: 'assistant', content: '' }),
  chunk({ reasoning_content: 'hmm — 🤔' }),
  text('Grüße, '),
  text('世界 "quoted"\n'),
  toolCall({ index: 0, id: 'call_a', type: 'function', function: { name: 'f', arguments: '' } }),
  toolCall({ index: 0, function: { arguments: '{"x":"é' } }),
  toolCall({ index: 0, function: { arguments: '€"}' } }),
  finish('tool_calls'),
  USAGE_CHUNK,
];
const FRAMINGS = ['\n', '\r\n', '\r'];

function stream(lineEnd: string): Buffer {
  const lines = EVENTS.map((event) => `: ping${lineEnd}data: ${JSON.stringify(event)}${lineEnd}${lineEnd}`);
  return Buffer.from(lines.join('') + DONE.replaceAll('\n', lineEnd));
}

function cutUp(bytes: Buffer, random: (below: number) => number): Action[] {
  const actions: Action[] = [];
  for (let from = 0; from < bytes.length; ) {
    const to = Math.min(bytes.length, from + 1 + random(random(3) === 0 ? 4 : 200));
    actions.push({ send: bytes.subarray(from, to) });
    // Now and then the socket flushes between two pieces, so that the cut reaches the client.
    if (random(4) === 0) actions.push({ waitMs: 0 });
    from = to;
  }
  return actions;
}

function mutate(bytes: Buffer, random: (below: number) => number): Buffer {
  let mutated = Buffer.from(bytes);
  for (let changes = 1 + random(4); changes > 0; changes--) {
    const at = random(mutated.length);
    const length = 1 + random(30);
    const [head, tail] = [mutated.subarray(0, at), mutated.subarray(at + length)];
    switch (random(4)) {
      case 0:
        mutated[at] = random(256);
        break;
      case 1:
        mutated = Buffer.concat([head, tail]);
        break;
      case 2:
        mutated = Buffer.concat([head, mutated.subarray(at, at + length), mutated.subarray(at)]);
        break;
      default:
        mutated = Buffer.concat([
          head,
          Buffer.from(['null', '{}', '[]', '\n', '-1', '"', ','][random(7)] ?? ''),
          tail,
        ]);
    }
  }
  return mutated;
}

test(`every cut of a stream gives the same answer (seed ${SEED})`, async () => {
  const random = randomFrom(SEED);
  await using server = await startScriptedServer();
  const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
  for (let round = 0; round < 60; round++) {
    const bytes = stream(FRAMINGS[random(FRAMINGS.length)] ?? '\n');
    server.play({ headers: { 'content-type': 'text/event-stream' }, body: cutUp(bytes, random) });
    const events = await collect(provider, makeCall());
    const assembler = new AnswerAssembler();
    for (const event of events) if (event.type === 'delta') assembler.push(event.delta);
    expect(assembler.answer(), `round ${round}`).toEqual({
      message: {
        role: 'assistant',
        content: 'Grüße, 世界 "quoted"\n',
        tool_calls: [{ id: 'call_a', type: 'function', function: { name: 'f', arguments: '{"x":"é€"}' } }],
      },
      text: 'Grüße, 世界 "quoted"\n',
      reasoning: 'hmm — 🤔',
    });
    expect(events.at(-1)).toMatchObject({ type: 'finish', usage: { inputTokens: 11, outputTokens: 7 } });
  }
});

test(`a mutated stream ends with one finish or one CallError (seed ${SEED})`, async () => {
  const random = randomFrom(SEED + 1);
  await using server = await startScriptedServer();
  const provider = createHttpProvider({ id: 'test', baseUrl: server.url });
  const outcomes: Record<string, number> = {};
  for (let round = 0; round < 400; round++) {
    const body: Action[] = cutUp(mutate(stream('\n'), random), random);
    if (random(8) === 0) body.push((['cut', 'reset', 'hang'] as const)[random(3)] ?? 'cut');
    const type = random(6) === 0 ? ['application/json', 'text/plain', ''][random(3)] : 'text/event-stream';
    server.play({ headers: { 'content-type': type ?? '' }, body });
    const events: ProviderEvent[] = [];
    const call = makeCall({ limits: { firstTokenMs: 60, idleMs: 60 }, request: { stream: random(10) > 0 } });
    let failure: unknown;
    await collect(provider, call, events).catch((error: unknown) => {
      failure = error;
    });
    const finishes = events.filter((event) => event.type === 'finish').length;
    if (failure !== undefined) expect(failure, `round ${round}`).toBeInstanceOf(CallError);
    expect(finishes + (failure === undefined ? 0 : 1), `round ${round}`).toBe(1);
    const outcome = failure === undefined ? 'finish' : (failure as CallError).code;
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1;
  }
  // The mutations must reach both ends, or the test proves little.
  expect(outcomes.finish).toBeGreaterThan(10);
  expect(outcomes.malformed_response).toBeGreaterThan(10);
});
