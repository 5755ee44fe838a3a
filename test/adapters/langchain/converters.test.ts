import {
  AIMessage,
  type BaseMessage,
  ChatMessage,
  FunctionMessage,
  HumanMessage,
  SystemMessage,
  ToolMessage,
} from '@langchain/core/messages';
import { describe, expect, test } from 'vitest';
import { fromToolCalls } from '../../../adapters/langchain/converters/answer-tools.ts';
import { toContent } from '../../../adapters/langchain/converters/content.ts';
import { fromChatMessages, toChatMessages } from '../../../adapters/langchain/converters/messages.ts';
import { deltaOf, finishOf, isEmptyAnswer } from '../../../adapters/langchain/converters/native-answer.ts';
import { toToolChoice, toToolDefinitions } from '../../../adapters/langchain/converters/tools.ts';
import { fromUsageMetadata, toUsageMetadata } from '../../../adapters/langchain/converters/usage.ts';
import { WEATHER } from '../../support/lab-chat.ts';

const PNG = 'iVBORw0KGgo=';
const PICTURE = { type: 'image_url', image_url: { url: `data:image/png;base64,${PNG}` } };
const WAV = { type: 'input_audio', input_audio: { data: 'UklGRg==', format: 'wav' } };
const MP3 = { type: 'input_audio', input_audio: { data: 'SUQz', format: 'mp3' } };
const PDF = { type: 'file', file: { file_data: 'data:application/pdf;base64,JVBERi0=', filename: 'a.pdf' } };

describe('content blocks', () => {
  test.each<[string, object, object | string]>([
    ['text', { type: 'text', text: 'x' }, 'x'],
    [
      'text with a cache mark',
      { type: 'text', text: 'x', cache_control: { type: 'ephemeral' } },
      [{ type: 'text', text: 'x', cache_control: { type: 'ephemeral' } }],
    ],
    ['plain text, v1', { type: 'text-plain', text: 'x', mimeType: 'text/plain' }, 'x'],
    ['image_url as a string', { type: 'image_url', image_url: PICTURE.image_url.url }, [PICTURE]],
    [
      'image_url with detail',
      { type: 'image_url', image_url: { url: 'https://a/b', detail: 'low' } },
      [{ type: 'image_url', image_url: { url: 'https://a/b', detail: 'low' } }],
    ],
    [
      'image, v0 base64',
      { type: 'image', source_type: 'base64', data: PNG, mime_type: 'image/png' },
      [PICTURE],
    ],
    [
      'image, v0 URL',
      { type: 'image', source_type: 'url', url: 'https://a/b.png' },
      [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }],
    ],
    ['image, v1 base64', { type: 'image', data: PNG, mimeType: 'image/png' }, [PICTURE]],
    [
      'image, v1 bytes',
      { type: 'image', data: Buffer.from(PNG, 'base64'), mimeType: 'image/png' },
      [PICTURE],
    ],
    [
      'image, v1 URL',
      { type: 'image', url: 'https://a/b.png' },
      [{ type: 'image_url', image_url: { url: 'https://a/b.png' } }],
    ],
    [
      'image, Anthropic',
      { type: 'image', source: { type: 'base64', media_type: 'image/png', data: PNG } },
      [PICTURE],
    ],
    ['image, Google', { type: 'media', mimeType: 'image/png', data: PNG }, [PICTURE]],
    ['audio, OpenAI', WAV, [WAV]],
    ['audio, v0', { type: 'audio', source_type: 'base64', data: 'SUQz', mime_type: 'audio/mpeg' }, [MP3]],
    ['audio, v1', { type: 'audio', data: 'UklGRg==', mimeType: 'audio/x-wav' }, [WAV]],
    ['audio, data URL', { type: 'audio', url: 'data:audio/mp3;base64,SUQz' }, [MP3]],
    ['file, OpenAI', PDF, [PDF]],
    [
      'file, v0',
      {
        type: 'file',
        source_type: 'base64',
        data: 'JVBERi0=',
        mime_type: 'application/pdf',
        metadata: { filename: 'a.pdf' },
      },
      [PDF],
    ],
    [
      'file, v1 without a name',
      { type: 'file', data: 'JVBERi0=', mimeType: 'application/pdf' },
      [{ type: 'file', file: { ...PDF.file, filename: 'file.pdf' } }],
    ],
    ['file by id, v1', { type: 'file', fileId: 'file-1' }, [{ type: 'file', file: { file_id: 'file-1' } }]],
    [
      'file by id, v0',
      { type: 'file', source_type: 'id', id: 'file-1' },
      [{ type: 'file', file: { file_id: 'file-1' } }],
    ],
    [
      'document, Anthropic',
      {
        type: 'document',
        title: 'a.pdf',
        source: { type: 'base64', media_type: 'application/pdf', data: 'JVBERi0=' },
      },
      [PDF],
    ],
    ['document as text, Anthropic', { type: 'document', source: { type: 'text', data: 'x' } }, 'x'],
  ])('%s', (_, block, expected) => {
    expect(toContent([block] as never, 'reject')).toEqual(expected);
  });

  test.each([
    ['audio by URL', { type: 'audio', url: 'https://a/b.mp3' }],
    ['a file by URL', { type: 'file', url: 'https://a/b.pdf' }],
    ['a kind of one provider', { type: 'provider_only' }],
    ['an image without anything', { type: 'image' }],
  ])('%s is refused, or skipped where it is not needed', (_, block) => {
    expect(() => toContent([block] as never, 'reject')).toThrow(new RegExp(`"${block.type}"`));
    expect(toContent([{ type: 'text', text: 'x' }, block] as never, 'skip')).toBe('x');
  });

  test('several parts keep their order', () => {
    const blocks = [{ type: 'text', text: 'a' }, PICTURE, { type: 'text', text: 'b' }];
    expect(toContent(blocks as never, 'reject')).toEqual(blocks);
  });
});

describe('messages', () => {
  test('every kind has its role', () => {
    const messages: BaseMessage[] = [
      new SystemMessage('s'),
      new SystemMessage({ content: 'd', additional_kwargs: { __openai_role__: 'developer' } }),
      new HumanMessage({ content: 'u', name: 'ann' }),
      new HumanMessage({ content: 'u', name: 'a name with spaces' }),
      new AIMessage('a'),
      new ChatMessage('g', 'user'),
      new ChatMessage('g', 'developer'),
      new ChatMessage('g', 'assistant'),
    ];
    expect(toChatMessages(messages)).toEqual([
      { role: 'system', content: 's' },
      { role: 'developer', content: 'd' },
      { role: 'user', content: 'u', name: 'ann' },
      { role: 'user', content: 'u' },
      { role: 'assistant', content: 'a' },
      { role: 'user', content: 'g' },
      { role: 'developer', content: 'g' },
      { role: 'assistant', content: 'g' },
    ]);
  });

  test('tool calls and results; artifacts and status stay with LangChain', () => {
    const call = { name: 'f', args: { a: 1 }, id: 'c1', type: 'tool_call' as const };
    const result = {
      content: 'Error: no such city',
      tool_call_id: 'c1',
      artifact: { raw: 1 },
      status: 'error' as const,
    };
    expect(
      toChatMessages([new AIMessage({ content: '', tool_calls: [call] }), new ToolMessage(result)]),
    ).toEqual([
      {
        role: 'assistant',
        content: null,
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
      { role: 'tool', tool_call_id: 'c1', content: 'Error: no such city' },
    ]);
  });

  test('a call with broken arguments is kept exactly where it was answered', () => {
    const broken = {
      name: 'f',
      args: '{"a":',
      id: 'c1',
      type: 'invalid_tool_call' as const,
      error: 'broken',
    };
    const message = new AIMessage({ content: 'Hm', invalid_tool_calls: [broken] });
    expect(toChatMessages([message])).toEqual([{ role: 'assistant', content: 'Hm' }]);
    expect(
      toChatMessages([message, new ToolMessage({ content: 'broken', tool_call_id: 'c1' })])[0],
    ).toMatchObject({
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{"a":' } }],
    });
  });

  test('thoughts and calls among the blocks of an answer have their own places', () => {
    const content = [
      { type: 'thinking', thinking: 'hm', signature: 's' },
      { type: 'reasoning', reasoning: 'hm' },
      { type: 'text', text: 'a' },
      { type: 'text', text: 'b' },
      { type: 'tool_use', id: 'c1', name: 'f', input: { a: 1 } },
    ];
    expect(toChatMessages([new AIMessage({ content })])).toEqual([
      {
        role: 'assistant',
        content: 'ab',
        tool_calls: [{ id: 'c1', type: 'function', function: { name: 'f', arguments: '{"a":1}' } }],
      },
    ]);
  });

  test('an answer of output version 1 keeps its call', () => {
    const content = [
      { type: 'text', text: 'a' },
      { type: 'tool_call', id: 'c1', name: 'f', args: { a: 1 } },
    ];
    const message = new AIMessage({ content, response_metadata: { output_version: 'v1' } } as never);
    expect(toChatMessages([message])[0]).toMatchObject({
      content: 'a',
      tool_calls: [{ id: 'c1', function: { name: 'f', arguments: '{"a":1}' } }],
    });
  });

  test('what has no place is refused with what to do', () => {
    expect(() => toChatMessages([new FunctionMessage({ content: 'x', name: 'f' })])).toThrow(/"function"/);
    expect(() => toChatMessages([new ChatMessage('x', 'critic')])).toThrow(/"critic"/);
  });

  test('there and back is the same conversation', () => {
    const chat = toChatMessages([
      new SystemMessage('s'),
      new SystemMessage({ content: 'd', additional_kwargs: { __openai_role__: 'developer' } }),
      new HumanMessage({ content: [{ type: 'text', text: 'a' }, PICTURE] as never }),
      new AIMessage({ content: 'b', tool_calls: [{ name: 'f', args: {}, id: 'c1', type: 'tool_call' }] }),
      new ToolMessage({ content: 'r', tool_call_id: 'c1' }),
      new AIMessage({ content: '', additional_kwargs: { refusal: 'no' } }),
    ]);
    const back = fromChatMessages(chat);
    expect(toChatMessages(back)).toEqual(chat);
    expect((back[4] as ToolMessage).name).toBe('f');
  });
});

describe('tools', () => {
  test('the same list is converted once', () => {
    const tools = [WEATHER];
    expect(toToolDefinitions(tools)).toBe(toToolDefinitions(tools));
    expect(toToolDefinitions(tools, true)[0]!.function.strict).toBe(true);
    expect(WEATHER.function).not.toHaveProperty('strict');
    tools.push({ ...WEATHER, function: { ...WEATHER.function, name: 'other' } });
    expect(toToolDefinitions(tools)).toHaveLength(2);
  });

  test('a tool of one provider is refused, or skipped', () => {
    expect(() => toToolDefinitions([{ type: 'web_search' }])).toThrow(/"web_search"/);
    expect(toToolDefinitions([{ type: 'web_search' }, WEATHER], undefined, 'skip')).toEqual([WEATHER]);
  });

  test.each([
    [undefined, undefined],
    ['auto', 'auto'],
    ['none', 'none'],
    ['any', 'required'],
    ['required', 'required'],
    [{ type: 'any' }, 'required'],
    ['f', { type: 'function', function: { name: 'f' } }],
    [
      { type: 'tool', name: 'f' },
      { type: 'function', function: { name: 'f' } },
    ],
  ])('tool_choice %j is %j', (choice, expected) => {
    expect(toToolChoice(choice)).toEqual(expected);
  });

  test('an unknown tool_choice is refused', () => {
    expect(() => toToolChoice({ type: 'maybe' })).toThrow(/maybe/);
  });

  test.each([
    ['', {}],
    ['{"a":1}', { a: 1 }],
  ])('arguments %j are %j', (args, expected) => {
    const parsed = fromToolCalls([{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }]);
    expect(parsed).toEqual({
      tool_calls: [{ type: 'tool_call', id: 'c', name: 'f', args: expected }],
      invalid_tool_calls: [],
    });
  });

  test.each(['{"a":', '[1]', '"x"', 'null'])('arguments %j are kept as invalid', (args) => {
    const parsed = fromToolCalls([{ id: 'c', type: 'function', function: { name: 'f', arguments: args } }]);
    expect(parsed.tool_calls).toEqual([]);
    expect(parsed.invalid_tool_calls).toEqual([
      { type: 'invalid_tool_call', id: 'c', name: 'f', args, error: expect.stringMatching(/JSON/) },
    ]);
  });
});

describe('usage', () => {
  test('there and back', () => {
    const usage = {
      inputTokens: 100,
      outputTokens: 20,
      cacheReadTokens: 30,
      cacheWriteTokens: 5,
      reasoningTokens: 7,
    };
    expect(toUsageMetadata(usage)).toEqual({
      input_tokens: 100,
      output_tokens: 20,
      total_tokens: 120,
      input_token_details: { cache_read: 30, cache_creation: 5 },
      output_token_details: { reasoning: 7 },
    });
    expect(fromUsageMetadata(toUsageMetadata(usage))).toEqual(usage);
  });

  test('what was not told stays unknown', () => {
    const plain = { inputTokens: 1, outputTokens: 2 };
    expect(toUsageMetadata(plain)).toEqual({ input_tokens: 1, output_tokens: 2, total_tokens: 3 });
    expect(fromUsageMetadata(undefined)).toBeUndefined();
    expect(fromUsageMetadata({ input_tokens: 0, output_tokens: 0, total_tokens: 0 })).toBeUndefined();
  });
});

describe('answers of chat models', () => {
  test.each([
    [{ finish_reason: 'length' }, 'length'],
    [{ stop_reason: 'end_turn' }, 'stop'],
    [{ stop_reason: 'max_tokens' }, 'length'],
    [{ finishReason: 'STOP' }, 'stop'],
    [{ finishReason: 'SAFETY' }, 'content_filter'],
    [{ stopReason: 'guardrail_intervened' }, 'content_filter'],
    [{ done_reason: 'stop' }, 'stop'],
    [{}, 'stop'],
  ])('finish reason of %j is %s', (response_metadata, reason) => {
    expect(finishOf(new AIMessage({ content: 'x', response_metadata })).finishReason).toBe(reason);
  });

  test('a call that ends with "stop" ended with a call', () => {
    const tool_calls = [{ name: 'f', args: {}, id: 'c', type: 'tool_call' as const }];
    const message = new AIMessage({ content: '', tool_calls, response_metadata: { finish_reason: 'stop' } });
    expect(finishOf(message).finishReason).toBe('tool_calls');
  });

  test('text, thoughts, refusals and calls are found wherever they are', () => {
    const content = [
      { type: 'thinking', thinking: 'hm' },
      { type: 'text', text: 'a' },
    ];
    expect(deltaOf(new AIMessage({ content }))).toEqual({ reasoning: 'hm', content: 'a' });
    const additional_kwargs = { reasoning_content: 'hm', refusal: 'no' };
    expect(deltaOf(new AIMessage({ content: '', additional_kwargs }))).toEqual({
      reasoning: 'hm',
      refusal: 'no',
    });
  });

  test('thoughts alone are no answer', () => {
    expect(isEmptyAnswer(new AIMessage({ content: [{ type: 'thinking', thinking: 'hm' }] }))).toBe(true);
    expect(isEmptyAnswer(new AIMessage({ content: [{ type: 'image', url: 'https://a/b' }] }))).toBe(false);
    expect(isEmptyAnswer(new AIMessage(''))).toBe(true);
  });
});
