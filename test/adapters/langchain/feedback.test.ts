/** Feedback on a run or a message reaches the episode, also after the process has ended. */
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { type AIMessage, type AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { RunnableLambda, RunnableSequence } from '@langchain/core/runnables';
import { tool } from '@langchain/core/tools';
import { RunCollectorCallbackHandler } from '@langchain/core/tracers/run_collector';
import { LangChainTracer } from '@langchain/core/tracers/tracer_langchain';
import { ChatOpenAI } from '@langchain/openai';
import { createAgent } from 'langchain';
import { describe, expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { type ChatXRouter, routingInfo } from '../../../adapters/langchain/index.ts';
import { openLedger } from '../../../src/index.ts';
import { banditLog } from '../../../src/learn/index.ts';
import type { LabChat } from '../../support/lab-chat.ts';
import { kept, Listener, type Recorded, recorded } from '../../support/recorded-chat.ts';

const QUESTION = 'What is 2 + 3?';
const ownModel = ({ lab }: LabChat) =>
  new ChatOpenAI({ model: 'gpt-5-nano', apiKey: 'lab', configuration: { baseURL: lab.baseUrl('openai') } });

type Config = { runId: string; callbacks: BaseCallbackHandler[] };
/** @returns the message, where the way of calling gives one */
type Way = (under: Recorded, config: Config) => Promise<AIMessage | AIMessageChunk | undefined>;

async function streamed(model: ChatXRouter, config: Partial<Config>): Promise<AIMessageChunk> {
  let whole: AIMessageChunk | undefined;
  for await (const chunk of await model.stream(QUESTION, config)) whole = whole?.concat(chunk) ?? chunk;
  return whole!;
}

const WAYS: Record<string, Way> = {
  invoke: ({ model }, config) => model.invoke(QUESTION, config),
  stream: ({ model }, config) => streamed(model, config),
  'streamEvents without a version': async ({ model }, config) =>
    (await model.streamEvents(QUESTION, config)) as AIMessage,
  'streamEvents v2': async ({ model }, config) => {
    for await (const _ of model.streamEvents(QUESTION, { version: 'v2', ...config }));
    return undefined;
  },
  generate: async ({ model }, config) => {
    const { generations } = await model.generate([[new HumanMessage(QUESTION)]], config);
    return (generations[0]![0] as unknown as { message: AIMessage }).message;
  },
  'invoke, cached': ({ another }, config) => another({ cache: true }).invoke(QUESTION, config),
  'invoke, own chat model': (under, config) =>
    under.another({ candidates: [ownModel(under)] }).invoke(QUESTION, config),
  'stream, own chat model': (under, config) =>
    streamed(under.another({ candidates: [ownModel(under)] }), config),
};

describe('the run of a request, the run of its call and the message join it after a restart', () => {
  test.each(Object.entries(WAYS))('%s', async (_, way) => {
    await using under = await recorded();
    const listener = new Listener();
    const runId = randomUUID();
    const message = await way(under, { runId, callbacks: [listener] });
    const model = await under.restarted();
    const [episode] = under.episodes;

    expect(await model.feedback(runId, { score: 0.5 })).toEqual([episode!.id]);
    expect(listener.llmRuns).toHaveLength(1);
    await model.feedback(listener.llmRuns[0]!, { key: 'call', score: true });
    if (message) await model.feedback(message, { key: 'message', score: 0 });
    expect(await kept(under.ledger)).toEqual([{ user: 0.5, call: 1, ...(message && { message: 0 }) }]);
  });

  test.each(['invoke', 'stream', 'streamEvents without a version'])(
    '%s, though nobody listens',
    async (way) => {
      await using under = await recorded();
      const runId = randomUUID();
      await WAYS[way]!(under, { runId } as Config);
      const model = await under.restarted();
      expect(await model.feedback(runId, { score: 1 })).toEqual([under.episodes[0]!.id]);
    },
  );

  test('a message that was stored as JSON still names its request', async () => {
    await using under = await recorded();
    const { response_metadata } = await under.model.invoke(QUESTION);
    const model = await under.restarted();
    const stored = JSON.parse(JSON.stringify({ response_metadata }));
    expect(await model.feedback(stored, { score: 1 })).toEqual([under.episodes[0]!.id]);
  });

  test('each input of a batch has a run of its own', async () => {
    await using under = await recorded();
    const runs = [randomUUID(), randomUUID(), randomUUID()];
    const replies = await under.model.batch(
      ['What is 1 + 1?', 'What is 2 + 2?', 'What is 3 + 3?'],
      runs.map((runId) => ({ runId })),
    );
    const model = await under.restarted();
    for (const [index, runId] of runs.entries()) {
      const { episodeId } = routingInfo(replies[index]!)!;
      expect(await model.feedback(runId, { score: index / 2 })).toEqual([episodeId]);
    }
    expect((await kept(under.ledger)).map(({ user }) => user).sort()).toEqual([0, 0.5, 1]);
  });
});

describe('a run above', () => {
  const chainOf = (model: ChatXRouter) =>
    RunnableSequence.from([
      RunnableLambda.from(async (question: string) => {
        const rewritten = await model.invoke(`Say it in other words: ${question}`);
        return rewritten.text;
      }),
      model,
    ]);

  test('the next one up is known to every listener', async () => {
    await using under = await recorded();
    const runId = randomUUID();
    const chain = RunnableSequence.from([(text: string) => text, under.model]);
    await chain.invoke(QUESTION, { runId, callbacks: [new Listener()] });
    const model = await under.restarted();
    expect(await model.feedback(runId, { score: 1 })).toEqual([under.episodes[0]!.id]);
  });

  test('the root is known where a tracer listens, and stands for all its calls', async () => {
    await using under = await recorded();
    const runId = randomUUID();
    const outer = RunnableSequence.from([(text: string) => text, chainOf(under.model)]);
    await outer.invoke(QUESTION, { runId, callbacks: [new RunCollectorCallbackHandler()] });
    await under.model.invoke('What is 9 - 4?');
    const model = await under.restarted();
    const ids = under.episodes.map(({ id }) => id);
    expect(ids).toHaveLength(3);
    expect(await model.feedback(runId, { score: 1 })).toEqual(ids.slice(0, 2));
    expect(await kept(under.ledger)).toEqual([{ user: 1 }, { user: 1 }, {}]);
  });

  test('without a tracer it is unknown, unless the metadata has it', async () => {
    await using under = await recorded();
    const [plain, told] = [randomUUID(), randomUUID()];
    const outer = RunnableSequence.from([(text: string) => text, chainOf(under.model)]);
    await outer.invoke(QUESTION, { runId: plain, callbacks: [new Listener()] });
    await outer.invoke(QUESTION, { metadata: { run_id: told } });
    await expect(under.model.feedback(plain, { score: 1 })).rejects.toMatchObject({
      code: 'unknown_episode',
      hint: expect.stringMatching(/tracer listens.*`metadata` has the id as `run_id`/),
    });
    const ids = under.episodes.map(({ id }) => id);
    expect(await under.model.feedback(told, { score: 1 })).toEqual(ids.slice(2));
  });
});

describe('an agent', () => {
  const weather = tool(({ city }) => `Sunny in ${city}, 21 degrees`, {
    name: 'get_weather',
    description: 'The weather of a city',
    schema: z.object({ city: z.string() }),
  });
  const input = { messages: [new HumanMessage('What is the weather in Bern?')] };
  const agentOf = ({ model }: LabChat) => createAgent({ model, tools: [weather] });

  test.each([
    ['a tracer', (runId: string) => ({ runId, callbacks: [new RunCollectorCallbackHandler()] })],
    [
      "LangGraph's server, which tells the id",
      (runId: string) => ({ runId, configurable: { run_id: runId } }),
    ],
  ])('its root run, with %s, stands for every step', async (_, configOf) => {
    await using under = await recorded();
    const runId = randomUUID();
    await agentOf(under).invoke(input, configOf(runId));
    const model = await under.restarted();
    expect(under.episodes).toHaveLength(2);
    expect(await model.feedback(runId, { score: 1 })).toEqual(under.episodes.map(({ id }) => id));
  });

  test('its last message teaches about the choice that was made at the first', async () => {
    await using under = await recorded();
    const { messages } = await agentOf(under).invoke(input);
    const model = await under.restarted();
    const [chose, wentOn] = under.episodes.map(({ id }) => id);
    expect(await model.feedback(messages.at(-1)!, { score: 0 })).toEqual([wentOn, chose]);

    const ledger = await openLedger({ path: under.ledger });
    const { rows } = banditLog(await ledger.episodeStore.episodes());
    await ledger.close();
    expect(rows).toMatchObject([{ id: chose, score: 0, sources: ['user'] }]);
  });

  test("LangSmith's own tracer: the ids that its server is sent are the ids that feedback takes", async () => {
    const bodies: string[] = [];
    const langSmith = createServer((asked, response) => {
      const chunks: Buffer[] = [];
      asked.on('data', (chunk: Buffer) => chunks.push(chunk));
      asked.on('end', () => {
        bodies.push(Buffer.concat(chunks).toString('latin1'));
        response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
      });
    });
    await new Promise<void>((resolve) => langSmith.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void langSmith.close());
    process.env.LANGSMITH_ENDPOINT = `http://127.0.0.1:${(langSmith.address() as AddressInfo).port}`;
    process.env.LANGSMITH_API_KEY = 'not a key';
    onTestFinished(() => {
      delete process.env.LANGSMITH_ENDPOINT;
      delete process.env.LANGSMITH_API_KEY;
    });

    await using under = await recorded();
    const tracer = new LangChainTracer();
    const runId = randomUUID();
    await agentOf(under).invoke(input, { runId, callbacks: [tracer] });
    await (tracer.client as { awaitPendingTraceBatches?(): Promise<void> }).awaitPendingTraceBatches!();
    const model = await under.restarted();
    const [first, second] = under.episodes.map(({ id }) => id);

    const sent = bodies.join('\n');
    const llmRuns = [...sent.matchAll(/"id":"([\w-]{36})","name":"[\w-]+\/[\w.-]+"/g)].map(([, id]) => id!);
    expect(sent).toContain(runId);
    expect(await model.feedback(runId, { key: 'correctness', score: 1 })).toEqual([first, second]);
    const joined = [];
    for (const llmRun of new Set(llmRuns)) joined.push(await model.feedback(llmRun, { score: 0 }));
    expect(joined).toEqual([[first], [second, first]]);
  });
});
