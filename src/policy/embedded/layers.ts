/**
 * How layers add up to an expectation, in serving as in training: each layer says something of every candidate, and
 * is believed as far as rows not learned from bore it out.
 */

/** Below it a task cannot matter. */
export const LEAST_SHARE = 0.001;

/**
 * Adds what each task says, as far as the prompt may belong to it.
 * @param byTask tasks × numbers in `out`
 * @param shares how likely each task is
 */
export function addByTask(
  byTask: Float32Array | Float64Array,
  shares: Float64Array,
  out: Float64Array,
): void {
  for (let t = 0; t < shares.length; t++) {
    const share = shares[t]!;
    if (share < LEAST_SHARE) continue;
    const base = t * out.length;
    for (let j = 0; j < out.length; j++) out[j]! += share * byTask[base + j]!;
  }
}

/**
 * The components of deviations d are basis' (relevance * d), with the relevance scaled to a mean of one: the
 * basis leads back from them, and is orthonormal in that weighting.
 */
export function towardsBasis(basis: Float32Array, relevance: ArrayLike<number>): Float32Array {
  let members = 0;
  for (let j = 0; j < relevance.length; j++) if (relevance[j]! > 0) members++;
  return basis.map((value, at) => value * relevance[at % relevance.length]! * members);
}

/**
 * Adds what the forest says, its success components to `wording` and the others to `logCost`.
 * @param successBasis components × candidates; likewise `costBasis`
 */
export function addComponents(
  components: Float64Array,
  successComponents: number,
  { successBasis, costBasis }: { successBasis: Float32Array; costBasis: Float32Array },
  wording: Float64Array,
  logCost: Float64Array,
): void {
  const candidates = wording.length;
  for (let c = 0; c < components.length; c++) {
    const value = components[c]!;
    const isCost = c >= successComponents;
    const basis = isCost ? costBasis : successBasis;
    const target = isCost ? logCost : wording;
    const base = (isCost ? c - successComponents : c) * candidates;
    for (let j = 0; j < candidates; j++) target[j]! += value * basis[base + j]!;
  }
}

/** How far a layer is believed: for what all candidates share, and for what sets them apart. */
export type Trust = readonly [level: number, apart: number];

/** Adds a layer, its level (the mean weighted by relevance) and the differences from it each as far as believed. */
export function addTrusted(
  layer: Float64Array,
  relevance: ArrayLike<number>,
  trust: ArrayLike<number>,
  out: Float64Array,
): void {
  let level = 0;
  for (let j = 0; j < layer.length; j++) level += relevance[j]! * layer[j]!;
  const apart = trust[1]!;
  const shared = level * (trust[0]! - apart);
  for (let j = 0; j < layer.length; j++) out[j]! += apart * layer[j]! + shared;
}

/** Nearer to certain a shift of the logit would move nothing any more. */
const LEAST_CHANCE = 0.01;
const LARGEST_SHIFT = 4;

function withinOdds(share: number): number {
  return Math.max(LEAST_CHANCE, Math.min(1 - LEAST_CHANCE, share));
}

/**
 * Moves all candidates on the logit by what brings their mean (weighted by relevance) to where the wording's level
 * says, then adds as much as is believed of what the wording says of single candidates beyond that.
 * @param out expected success by mean and task; what is expected with the wording comes out
 */
export function addWording(
  wording: Float64Array,
  relevance: ArrayLike<number>,
  trust: ArrayLike<number>,
  out: Float64Array,
): void {
  const shift = logitShift(wording, relevance, trust[0]!, out);
  const odds = Math.exp(shift);
  const apart = trust[1]!;
  for (let j = 0; j < out.length; j++) {
    const before = out[j]!;
    const held = withinOdds(before);
    const moved = (held * odds) / (1 - held + held * odds) - held;
    out[j] = before + moved + apart * (wording[j]! - moved);
  }
}

/** Newton's steps on the mean, which rises with the shift; a few bring it close enough. */
function logitShift(
  wording: Float64Array,
  relevance: ArrayLike<number>,
  levelTrust: number,
  before: Float64Array,
): number {
  let wanted = 0;
  for (let j = 0; j < wording.length; j++) wanted += relevance[j]! * wording[j]!;
  wanted *= levelTrust;
  let shift = 0;
  for (let step = 0; step < 4; step++) {
    const odds = Math.exp(shift);
    let reached = 0;
    let slope = 0;
    for (let j = 0; j < before.length; j++) {
      const share = relevance[j]!;
      if (share === 0) continue;
      const held = withinOdds(before[j]!);
      const moved = (held * odds) / (1 - held + held * odds);
      reached += share * (moved - held);
      slope += share * moved * (1 - moved);
    }
    const next = shift + (wanted - reached) / Math.max(slope, 0.01);
    shift = Math.max(-LARGEST_SHIFT, Math.min(LARGEST_SHIFT, next));
  }
  return shift;
}
