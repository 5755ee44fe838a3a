/** How often a verifier is right, measured; the policy escalates by this figure. */
import type { Verifier, VerifierInput } from './verifier.ts';

export interface LabelledAnswer {
  input: VerifierInput;
  /** Whether the answer really is good, from a source better than the verifier. */
  good: boolean;
}

export interface Rate {
  n: number;
  right: number;
  /** right / n; `undefined` where n is 0. */
  accuracy: number | undefined;
  /** 95 % interval of the accuracy (Wilson's score interval). */
  interval: [number, number];
}

export interface AccuracyReport extends Rate {
  /** Good answers: how many the verifier passed. */
  onGood: Rate;
  /** Bad answers: how many it failed. */
  onBad: Rate;
  /** Samples on which the verifier threw; they are not part of the rates. */
  errors: number;
  /** What judging cost, all samples together; `undefined` where a part is unknown. */
  usd: number | undefined;
}

/**
 * Lets the verifier judge answers whose truth is known.
 *
 * The overall accuracy depends on how many of the samples are good: take them as they occur in use.
 *
 * @param options.concurrency verdicts asked for at once, default 4
 */
export async function measureAccuracy(
  verifier: Verifier,
  samples: readonly LabelledAnswer[],
  options: { concurrency?: number; signal?: AbortSignal } = {},
): Promise<AccuracyReport> {
  const counts = { good: 0, goodRight: 0, bad: 0, badRight: 0, errors: 0 };
  let usd: number | undefined = 0;
  const queue = samples.values();
  const work = async () => {
    for (const { input, good } of queue) {
      options.signal?.throwIfAborted();
      try {
        const verdict = await verifier.verify(input, options.signal);
        if ('usd' in verdict)
          usd = usd === undefined || verdict.usd === undefined ? undefined : usd + verdict.usd;
        counts[good ? 'good' : 'bad']++;
        if (verdict.pass === good) counts[good ? 'goodRight' : 'badRight']++;
      } catch (error) {
        if (options.signal?.aborted) throw error;
        counts.errors++;
      }
    }
  };
  await Promise.all(Array.from({ length: options.concurrency ?? 4 }, work));
  const { good, goodRight, bad, badRight, errors } = counts;
  return {
    ...rate(goodRight + badRight, good + bad),
    onGood: rate(goodRight, good),
    onBad: rate(badRight, bad),
    errors,
    usd,
  };
}

/** The same verifier with a measured accuracy. */
export function withAccuracy(verifier: Verifier, measured: number | AccuracyReport): Verifier {
  const accuracy = typeof measured === 'number' ? measured : measured.accuracy;
  return { name: verifier.name, accuracy, verify: (input, signal) => verifier.verify(input, signal) };
}

/** Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927). */
function rate(right: number, n: number): Rate {
  if (n === 0) return { n, right, accuracy: undefined, interval: [0, 1] };
  const z = 1.959964;
  const p = right / n;
  const centre = p + (z * z) / (2 * n);
  const spread = z * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  const scale = 1 + (z * z) / n;
  return {
    n,
    right,
    accuracy: p,
    interval: [Math.max(0, (centre - spread) / scale), Math.min(1, (centre + spread) / scale)],
  };
}
