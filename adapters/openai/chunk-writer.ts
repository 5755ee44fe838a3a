/** Deltas as the text of chunks: each is written around its one variable part, since streams are made of them. */
import type { Delta, RouteResult, ToolCallDelta } from '../../src/index.ts';
import { routingOf, usageOf } from './answer-shape.ts';

export const DONE = 'data: [DONE]\n\n';
/** A line that readers of event streams skip; it keeps proxies and clients from giving up. */
export const KEEP_ALIVE = ': keep-alive\n\n';

export class ChunkWriter {
  readonly #id: string;
  readonly #created: number;
  readonly #includeUsage: boolean;
  #before = '';
  readonly #after: string;
  /** Names of tool calls that may not be whole yet: clients take the first piece for all of it. */
  readonly #names = new Map<number, { id?: string; name: string }>();

  constructor(id: string, created: number, includeUsage: boolean) {
    this.#id = id;
    this.#created = created;
    this.#includeUsage = includeUsage;
    const usage = includeUsage ? ',"usage":null' : '';
    this.#after = `,"finish_reason":null}]${usage}}\n\n`;
  }

  /** The first chunk: who answers. */
  role(model: string): string {
    this.#before = `data: {${this.#head(model)},"choices":[{"index":0,"delta":`;
    return this.#chunk('{"role":"assistant","content":""}');
  }

  delta({ content, reasoning, refusal, toolCalls }: Delta): string {
    let text = '';
    if (content !== undefined && reasoning === undefined && refusal === undefined) {
      text = this.#chunk(`{"content":${JSON.stringify(content)}}`);
    } else if (reasoning !== undefined || refusal !== undefined) {
      text = this.#chunk(JSON.stringify({ reasoning_content: reasoning, content, refusal }));
    }
    for (const fragment of toolCalls ?? []) text += this.#toolCall(fragment);
    return text;
  }

  /** What follows the last delta. */
  end(result: RouteResult): string {
    const head = this.#head(result.model);
    const reason = JSON.stringify(result.finishReason);
    const finish = `"choices":[{"index":0,"delta":{},"finish_reason":${reason}}]`;
    const routing = `"xrouter":${JSON.stringify(routingOf(result.episode))}`;
    const text = this.#openNames();
    if (!this.#includeUsage) return `${text}data: {${head},${finish},${routing}}\n\n${DONE}`;
    const usage = `"choices":[],"usage":${JSON.stringify(usageOf(result))}`;
    return `${text}data: {${head},${finish},"usage":null}\n\ndata: {${head},${usage},${routing}}\n\n${DONE}`;
  }

  #head(model: string): string {
    const id = JSON.stringify(this.#id);
    return `"id":${id},"object":"chat.completion.chunk","created":${this.#created},"model":${JSON.stringify(model)}`;
  }

  #chunk(delta: string): string {
    return this.#before + delta + this.#after;
  }

  #toolCall({ index, id, name, arguments: args }: ToolCallDelta): string {
    if (name !== undefined) {
      const open = this.#names.get(index) ?? { name: '' };
      this.#names.set(index, { id: id ?? open.id, name: open.name + name });
      return args === undefined ? '' : this.#openName(index) + this.#fragment(index, args);
    }
    const open = this.#openName(index);
    const late = id === undefined ? '' : this.#calls({ index, id, type: 'function', function: {} });
    return open + late + (args === undefined ? '' : this.#fragment(index, args));
  }

  #openName(index: number): string {
    const open = this.#names.get(index);
    if (!open) return '';
    this.#names.delete(index);
    const { id, name } = open;
    return this.#calls({ index, id, type: 'function', function: { name, arguments: '' } });
  }

  #openNames(): string {
    let text = '';
    for (const index of [...this.#names.keys()]) text += this.#openName(index);
    return text;
  }

  #calls(call: Record<string, unknown>): string {
    return this.#chunk(JSON.stringify({ tool_calls: [call] }));
  }

  #fragment(index: number, args: string): string {
    const text = JSON.stringify(args);
    return this.#chunk(`{"tool_calls":[{"index":${index},"function":{"arguments":${text}}}]}`);
  }
}
