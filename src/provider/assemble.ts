/** Deltas collected into the message they are fragments of. */
import type { AssistantMessage, ToolCall } from '../request.ts';
import type { Delta } from './provider.ts';

export interface AssembledAnswer {
  message: AssistantMessage;
  /** The answer's text, '' where there is none. */
  text: string;
  /** What the model thought aloud; not part of the message, since few providers take it back. */
  reasoning?: string;
}

/** Ids, names and arguments of a tool call concatenate over the deltas of its `index`. */
export class AnswerAssembler {
  #content = '';
  #reasoning = '';
  #refusal = '';
  readonly #calls = new Map<number, ToolCall>();

  push(delta: Delta): void {
    if (delta.content !== undefined) this.#content += delta.content;
    if (delta.reasoning !== undefined) this.#reasoning += delta.reasoning;
    if (delta.refusal !== undefined) this.#refusal += delta.refusal;
    for (const fragment of delta.toolCalls ?? []) {
      let call = this.#calls.get(fragment.index);
      if (!call) {
        call = { id: '', type: 'function', function: { name: '', arguments: '' } };
        this.#calls.set(fragment.index, call);
      }
      if (fragment.id !== undefined) call.id += fragment.id;
      if (fragment.name !== undefined) call.function.name += fragment.name;
      if (fragment.arguments !== undefined) call.function.arguments += fragment.arguments;
    }
  }

  /** The answer so far; tool calls in the order of their indexes. */
  answer(): AssembledAnswer {
    const message: AssistantMessage = {
      role: 'assistant',
      content: this.#content === '' ? null : this.#content,
    };
    if (this.#refusal !== '') message.refusal = this.#refusal;
    if (this.#calls.size > 0) {
      message.tool_calls = [...this.#calls]
        .sort(([a], [b]) => a - b)
        .map(([, call]) => structuredClone(call));
    }
    return { message, text: this.#content, reasoning: this.#reasoning || undefined };
  }
}
