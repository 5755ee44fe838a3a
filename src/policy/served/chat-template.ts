/**
 * Evaluates a checkpoint's chat template as `transformers` does with `apply_chat_template(messages, tools=...,
 * add_generation_prompt=True)`: trim_blocks, lstrip_blocks, and a `tojson` that is Python's
 * `json.dumps(ensure_ascii=False)`.
 */
import { randomUUID } from 'node:crypto';
import { XrouterError } from '../../errors.ts';
import { type PyJson, PyNumber } from './python-json.ts';

export interface ChatTemplate {
  /** The prompt, up to and including the opening of the assistant's turn. */
  render(messages: PyJson[], tools: PyJson[]): string;
}

/** @throws XrouterError `invalid_file` where the template cannot be parsed */
export async function compileChatTemplate(source: string): Promise<ChatTemplate> {
  const { Template } = await import('@huggingface/jinja');
  const template = attempt('be parsed', () => new Template(source));
  return {
    render(messages, tools) {
      const notation = new Notation();
      const variables = {
        messages: messages.map((message) => notation.encode(message)),
        tools: tools.map((tool) => notation.encode(tool)),
        add_generation_prompt: true,
      };
      return notation.decode(attempt('be evaluated', () => template.render(variables)));
    },
  };
}

function attempt<T>(what: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new XrouterError('invalid_file', `chat_template.jinja cannot ${what}: ${why}`, {
      hint: "Use the checkpoint's own chat template, from its tokenizer_config.json.",
      cause: error,
    });
  }
}

/**
 * Carries through the template what its JavaScript evaluation would print otherwise than Python: numbers such
 * as 1.0 or 1e-05, and keys that look like array indices, which a JavaScript object would move to the front.
 * Each is a marked string on the way in and is put right on the way out. The mark is random, so no text can
 * hold it by accident or by intent.
 */
class Notation {
  private readonly mark = `~${randomUUID()}~`;
  private readonly numbers: string[] = [];
  private used = false;

  encode(value: PyJson): unknown {
    if (value instanceof PyNumber) {
      const number = Number(value.text);
      if (JSON.stringify(number) === value.text) return number;
      this.used = true;
      return `${this.mark}${this.numbers.push(value.text) - 1}${this.mark}`;
    }
    if (typeof value === 'string') return value.toWellFormed();
    if (Array.isArray(value)) return value.map((item) => this.encode(item));
    if (value instanceof Map) {
      const object: Record<string, unknown> = Object.create(null);
      for (const [key, member] of value) object[this.encodeKey(key)] = this.encode(member);
      return object;
    }
    return value;
  }

  private encodeKey(key: string): string {
    if (!/^\d+$/.test(key)) return key.toWellFormed();
    this.used = true;
    return `${this.mark}${key}`;
  }

  decode(text: string): string {
    if (!this.used) return text;
    const number = new RegExp(`"?${this.mark}(\\d+)${this.mark}"?`, 'g');
    return text.replace(number, (_, index) => this.numbers[Number(index)]!).replaceAll(this.mark, '');
  }
}
