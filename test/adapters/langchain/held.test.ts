/** Answers that do not stream: those a verifier looks at first, and those a policy gives itself. */
import { AIMessage, type AIMessageChunk, HumanMessage } from '@langchain/core/messages';
import { StringOutputParser } from '@langchain/core/output_parsers';
import { ChatPromptTemplate } from '@langchain/core/prompts';
import { fakeModel } from '@langchain/core/testing';
import { describe, expect, test } from 'vitest';
import { routingInfo } from '../../../adapters/langchain/index.ts';
import { type LabChat, labChat } from '../../support/lab-chat.ts';
import { PAIR } from '../../support/lab-router.ts';

const ways = {
  invoke: ({ model }: LabChat) => model.invoke('Hi'),
  stream: async ({ model }: LabChat) => {
    let whole: AIMessageChunk | undefined;
    for await (const chunk of await model.stream('Hi')) whole = whole ? whole.concat(chunk) : chunk;
    return whole!;
  },
  streamEvents: async ({ model }: LabChat) => model.streamEvents('Hi'),
  generate: async ({ model }: LabChat) => {
    const { generations } = await model.generate([[new HumanMessage('Hi')]]);
    return (generations[0]![0] as unknown as { message: AIMessage }).message;
  },
};

describe.each(Object.entries(ways))('%s', (_, ask) => {
  test('the answer of a policy that answers itself', async () => {
    const message = { role: 'assistant' as const, content: 'I know this one.' };
    const policy = {
      name: 'wise',
      decide: () => ({
        action: { type: 'answer' as const, message },
        policy: 'wise@1',
        estimates: [],
        propensity: 1,
      }),
    };
    await using under = await labChat({ policy });
    const reply = await ask(under);
    expect(reply.text).toBe('I know this one.');
    expect(reply.response_metadata).toMatchObject({ model_name: 'wise@1', model_provider: 'xrouter' });
    expect(routingInfo(reply)).toMatchObject({ calls: [], costUsd: 0 });
  });

  test('only the answer that the verifier let pass, with its own usage and the cost of both', async () => {
    const verify = async ({ model }: { model: string }) => ({ pass: model === PAIR[1], reason: 'looked at' });
    await using under = await labChat({ verifier: { name: 'second only', accuracy: 1, verify } });
    const reply = await ask(under);
    const [rejected, released] = under.episodes[0]!.steps.flatMap(({ calls }) => calls);
    expect(reply.text).toBe(released!.message!.content);
    expect(reply.usage_metadata!.output_tokens).toBe(released!.usage!.outputTokens);
    const { calls, costUsd } = routingInfo(reply)!;
    expect(calls.map(({ verdict }) => verdict)).toEqual([
      { pass: false, reason: 'looked at' },
      { pass: true, reason: 'looked at' },
    ]);
    expect(costUsd).toBeCloseTo(rejected!.cost.usd! + released!.cost.usd!, 12);
  });

  test('a native answer that was held back is whole', async () => {
    const content = [
      { type: 'thinking', thinking: 'Hm.', signature: 'sig-1' },
      { type: 'text', text: 'Hello.' },
    ];
    const own = fakeModel().respond(new AIMessage({ content, id: 'msg_1' }));
    const verifier = { name: 'all pass', accuracy: 1, verify: async () => ({ pass: true }) };
    await using under = await labChat({ candidates: [{ model: own, id: 'mine/fake' }], verifier });
    const reply = await ask(under);
    expect(reply.text).toBe('Hello.');
    expect(JSON.stringify(reply.content)).toContain('Hm.');
  });
});

test('in a chain with a prompt and a parser, tokens stream through', async () => {
  await using under = await labChat();
  const prompt = ChatPromptTemplate.fromTemplate('Explain {what}.');
  const chain = prompt.pipe(under.model).pipe(new StringOutputParser());
  const pieces: string[] = [];
  for await (const piece of await chain.stream({ what: 'prime numbers' })) pieces.push(piece);
  expect(pieces.length).toBeGreaterThan(5);
  expect(pieces.join('')).toBe(under.episodes[0]!.steps[0]!.calls[0]!.message!.content);
});
