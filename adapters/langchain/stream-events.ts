/**
 * An answer as content-block events, LangChain's newest streaming protocol. Text, thoughts and each tool call
 * are blocks of their own, so that a reply with text and a tool call keeps both.
 */
import type { ChatModelStreamEvent } from '@langchain/core/language_models/event';
import type { ContentBlock } from '@langchain/core/messages';
import type { Delta, FinishReason, Usage } from '../../src/index.ts';
import { fromToolCalls } from './converters/answer-tools.ts';
import { toUsageMetadata } from './converters/usage.ts';

interface Block {
  index: number;
  kind: 'text' | 'reasoning' | 'tool_call';
  id: string;
  name: string;
  text: string;
}

export interface StreamEnd {
  finishReason: FinishReason;
  usage?: Usage;
  responseMetadata?: Record<string, unknown>;
  /** Blocks of a native answer, which may say more than the deltas did. */
  blocks?: readonly ContentBlock[];
}

type Reason = 'stop' | 'length' | 'tool_use' | 'content_filter';

/** The protocol knows four reasons. */
const REASONS: Record<string, Reason> = {
  length: 'length',
  tool_calls: 'tool_use',
  content_filter: 'content_filter',
};

export class StreamEvents {
  readonly #blocks: Block[] = [];
  readonly #calls = new Map<number, Block>();
  #reasoning: Block | undefined;
  #text: Block | undefined;

  start(id: string): ChatModelStreamEvent[] {
    return [{ event: 'message-start', id }];
  }

  delta({ content, reasoning, toolCalls }: Delta): ChatModelStreamEvent[] {
    const events: ChatModelStreamEvent[] = [];
    if (reasoning) {
      this.#reasoning ??= this.#open('reasoning', events);
      this.#reasoning.text += reasoning;
      events.push(fragment(this.#reasoning, { type: 'reasoning-delta', reasoning }));
    }
    if (content) {
      this.#text ??= this.#open('text', events);
      this.#text.text += content;
      events.push(fragment(this.#text, { type: 'text-delta', text: content }));
    }
    for (const { index, id = '', name = '', arguments: args = '' } of toolCalls ?? []) {
      let block = this.#calls.get(index);
      if (!block) {
        block = this.#open('tool_call', events, { id, name });
        this.#calls.set(index, block);
      } else {
        block.id += id;
        block.name += name;
      }
      block.text += args;
      if (args) events.push(fragment(block, { type: 'tool-call-delta', args }));
    }
    return events;
  }

  finish({ finishReason, usage, responseMetadata, blocks = [] }: StreamEnd): ChatModelStreamEvent[] {
    const events: ChatModelStreamEvent[] = [];
    const native = [...blocks];
    for (const block of this.#blocks) {
      const content = finished(block);
      const at = native.findIndex((one) => one.type === content.type);
      const told = at < 0 ? undefined : native.splice(at, 1)[0];
      const whole = content.type === 'invalid_tool_call' ? content : { ...told, ...content };
      events.push({ event: 'content-block-finish', index: block.index, content: whole });
    }
    let index = this.#blocks.length;
    for (const content of native) {
      events.push({ event: 'content-block-start', index, content });
      events.push({ event: 'content-block-finish', index: index++, content });
    }
    events.push({
      event: 'message-finish',
      reason: REASONS[finishReason] ?? 'stop',
      ...(usage && { usage: toUsageMetadata(usage) }),
      ...(responseMetadata && { responseMetadata }),
    });
    return events;
  }

  #open(kind: Block['kind'], events: ChatModelStreamEvent[], call = { id: '', name: '' }): Block {
    const block: Block = { index: this.#blocks.length, kind, text: '', ...call };
    this.#blocks.push(block);
    events.push({ event: 'content-block-start', index: block.index, content: opened(block) });
    return block;
  }
}

function opened({ kind, id, name, index }: Block): ContentBlock {
  if (kind === 'text') return { type: 'text', text: '' };
  if (kind === 'reasoning') return { type: 'reasoning', reasoning: '' };
  return { type: 'tool_call_chunk', id, name, args: '', index } as ContentBlock;
}

function finished({ kind, id, name, text }: Block): ContentBlock {
  if (kind === 'text') return { type: 'text', text };
  if (kind === 'reasoning') return { type: 'reasoning', reasoning: text };
  const { tool_calls, invalid_tool_calls } = fromToolCalls([
    { id, type: 'function', function: { name, arguments: text } },
  ]);
  return (tool_calls[0] ?? invalid_tool_calls[0]) as ContentBlock;
}

function fragment(
  { index }: Block,
  delta: Extract<ChatModelStreamEvent, { event: 'content-block-delta' }>['delta'],
): ChatModelStreamEvent {
  return { event: 'content-block-delta', index, delta };
}
