/** A ledger that is opened when it is first needed, so that making a router neither waits nor touches the disk. */
import type { Ledger } from './ledger.ts';

/**
 * Opening that failed is tried again at the next use: the disk may have room by then. Episodes are no part of it;
 * who wants to keep them asks `opened` for the store.
 */
export function lazyLedger<L extends Ledger>(open: () => Promise<L>): Ledger & { opened(): Promise<L> } {
  let opening: Promise<L> | undefined;
  const opened = () => {
    opening ??= open().catch((error: unknown) => {
      opening = undefined;
      throw error;
    });
    return opening;
  };
  return {
    opened,
    reserve: async (request) => (await opened()).reserve(request),
    settle: async (id, settlement) => (await opened()).settle(id, settlement),
    release: async (id) => (await opened()).release(id),
    balance: async (scope) => (await opened()).balance(scope),
    entries: async (filter) => (await opened()).entries(filter),
    async *ended(since, most) {
      yield* (await opened()).ended(since, most);
    },
    close: async () => (await opening?.catch(() => undefined))?.close(),
  };
}
