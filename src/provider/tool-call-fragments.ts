/**
 * Tool calls as providers send them, made regular: whole or in fragments, with an index or without one
 * (SGLang sends -1 and null), names repeated in every fragment or cut in two, arguments as an object
 * instead of its JSON text, ids missing or empty.
 */
import { randomBytes } from 'node:crypto';
import { isRecord, recordOf, textField } from './json.ts';
import type { ToolCallDelta } from './provider.ts';

interface Slot {
  index: number;
  id?: string;
  name: string;
  hasArguments: boolean;
}

export class ToolCallFragments {
  readonly #slots: Slot[] = [];
  /** The provider's own index to our slot; ours count from 0 without gaps. */
  readonly #byWireIndex = new Map<number, Slot>();

  get count(): number {
    return this.#slots.length;
  }

  /** The calls that never got a name: nobody can run those. */
  get unnamed(): number {
    return this.#slots.filter((slot) => slot.name === '').length;
  }

  /**
   * @param raw the `tool_calls` array of a chunk or a message
   * @returns only what is new: `id` once, `name` and `arguments` in pieces that concatenate
   */
  read(raw: unknown): ToolCallDelta[] | undefined {
    if (!Array.isArray(raw)) return undefined;
    const deltas: ToolCallDelta[] = [];
    for (const fragment of raw) {
      if (isRecord(fragment)) deltas.push(this.#fragment(fragment));
    }
    return deltas.length > 0 ? deltas : undefined;
  }

  /** What the provider left out, made up at the end: an id, and `{}` where it wrote no arguments at all. */
  complete(): ToolCallDelta[] | undefined {
    const deltas: ToolCallDelta[] = [];
    for (const slot of this.#slots) {
      if (slot.id !== undefined && slot.hasArguments) continue;
      const delta: ToolCallDelta = { index: slot.index };
      if (slot.id === undefined) {
        slot.id = `call_${randomBytes(12).toString('hex')}`;
        delta.id = slot.id;
      }
      if (!slot.hasArguments) {
        slot.hasArguments = true;
        delta.arguments = '{}';
      }
      deltas.push(delta);
    }
    return deltas.length > 0 ? deltas : undefined;
  }

  #fragment(fragment: Record<string, unknown>): ToolCallDelta {
    const body = recordOf(fragment.function) ?? {};
    const id = textField(fragment.id);
    const name = textField(body.name);
    const slot = this.#slotFor(fragment.index, id, name);
    const delta: ToolCallDelta = { index: slot.index };
    if (id !== undefined && slot.id === undefined) {
      slot.id = id;
      delta.id = id;
    }
    const newName = name === undefined ? '' : unseenPart(slot.name, name);
    if (newName !== '') {
      slot.name += newName;
      delta.name = newName;
    }
    const text = argumentsText(body.arguments, slot);
    if (text !== '') {
      slot.hasArguments = true;
      delta.arguments = text;
    }
    return delta;
  }

  #slotFor(wireIndex: unknown, id: string | undefined, name: string | undefined): Slot {
    const indexed = typeof wireIndex === 'number' && Number.isInteger(wireIndex) && wireIndex >= 0;
    if (indexed) {
      const known = this.#byWireIndex.get(wireIndex);
      // Some servers number every call 0; another id together with a name is another call.
      const isAnother = known?.id !== undefined && id !== undefined && id !== known.id && name !== undefined;
      if (known && !isAnother) return known;
      const slot = this.#open();
      this.#byWireIndex.set(wireIndex, slot);
      return slot;
    }
    const last = this.#slots.at(-1);
    if (id !== undefined) {
      const known = this.#slots.find((slot) => slot.id === id);
      if (known) return known;
      return last && last.id === undefined && name === undefined ? last : this.#open();
    }
    // Neither index nor id: a name begins the next call, anything else continues the last one.
    return last && (name === undefined || last.name === '') ? last : this.#open();
  }

  #open(): Slot {
    const slot: Slot = { index: this.#slots.length, name: '', hasArguments: false };
    this.#slots.push(slot);
    return slot;
  }
}

/** Of a name that comes in pieces, again in full, or longer each time: the part not yet known. */
function unseenPart(known: string, name: string): string {
  if (name === known) return '';
  return name.startsWith(known) ? name.slice(known.length) : name;
}

function argumentsText(value: unknown, slot: Slot): string {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return '';
  return slot.hasArguments ? '' : JSON.stringify(value);
}
