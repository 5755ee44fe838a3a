/** Running several event generators as one. */

/** Runs one generator after the other; returns their results. */
export async function* drain<T, R>(
  generators: readonly AsyncGenerator<T, R, undefined>[],
): AsyncGenerator<T, R[], undefined> {
  const results: R[] = [];
  for (const generator of generators) results.push(yield* generator);
  return results;
}

/**
 * Runs all at once and yields events as they come; returns the results in the generators' order. When the
 * consumer leaves, or one throws, the others are ended too.
 */
export async function* parallel<T, R>(
  generators: readonly AsyncGenerator<T, R, undefined>[],
): AsyncGenerator<T, R[], undefined> {
  const results: R[] = new Array(generators.length);
  const pending = new Map<number, Promise<{ index: number; next: IteratorResult<T, R> }>>();
  const pull = (index: number) =>
    pending.set(
      index,
      generators[index]!.next().then((next) => ({ index, next })),
    );
  generators.forEach((_, index) => {
    pull(index);
  });
  try {
    while (pending.size > 0) {
      const { index, next } = await Promise.race(pending.values());
      pending.delete(index);
      if (next.done) {
        results[index] = next.value;
      } else {
        pull(index);
        yield next.value;
      }
    }
    return results;
  } finally {
    // A generator that is waiting takes its `return` when the abort has woken it; nobody waits for that here.
    for (const index of pending.keys()) void generators[index]!.return(undefined as never).catch(() => {});
    for (const waiting of pending.values()) void waiting.catch(() => {});
  }
}
