import type { Verdict, Verifier } from './verifier.ts';

/**
 * Passes where every part passes. The parts are asked in the order given and the first failure decides, so
 * put the ones that cost nothing before a judge.
 */
export function allOf(...parts: [Verifier, ...Verifier[]]): Verifier {
  return combined(`all(${names(parts)})`, parts, false, Math.min);
}

/** Passes where one part passes; the first that does decides. */
export function anyOf(...parts: [Verifier, ...Verifier[]]): Verifier {
  return combined(`any(${names(parts)})`, parts, true, Math.max);
}

function combined(
  name: string,
  parts: readonly Verifier[],
  decides: boolean,
  pick: (...scores: number[]) => number,
): Verifier {
  return {
    name,
    accuracy: productOf(parts),
    async verify(input, signal): Promise<Verdict> {
      const verdicts: Verdict[] = [];
      let last: Verdict = { pass: !decides };
      const reasons: string[] = [];
      for (const part of parts) {
        signal?.throwIfAborted();
        last = await part.verify(input, signal);
        verdicts.push(last);
        if (last.reason !== undefined) reasons.push(`${part.name}: ${last.reason}`);
        if (last.pass === decides) break;
      }
      const scores = verdicts.flatMap(({ score }) => (score === undefined ? [] : [score]));
      return {
        pass: last.pass,
        ...(reasons.length > 0 && { reason: last.pass === decides ? reasons.at(-1) : reasons.join('; ') }),
        ...(scores.length > 0 && { score: pick(...scores) }),
        ...costOf(verdicts),
      };
    },
  };
}

/**
 * The combination is surely right where all its parts are, which for independent parts happens with the
 * product of their accuracies: a lower bound. Unknown as soon as one part is. `measureAccuracy` on the
 * combination itself gives the real figure.
 */
function productOf(parts: readonly Verifier[]): number | undefined {
  let product = 1;
  for (const { accuracy } of parts) {
    if (accuracy === undefined) return undefined;
    product *= accuracy;
  }
  return product;
}

/** A verdict without a `usd` key was free; one whose `usd` is `undefined` cost an unknown amount. */
function costOf(verdicts: readonly Verdict[]): { usd?: number } {
  const paid = verdicts.filter((verdict) => 'usd' in verdict);
  if (paid.length === 0) return {};
  let usd: number | undefined = 0;
  for (const verdict of paid)
    usd = usd === undefined || verdict.usd === undefined ? undefined : usd + verdict.usd;
  return { usd };
}

function names(parts: readonly Verifier[]): string {
  return parts.map((part) => part.name).join(', ');
}
