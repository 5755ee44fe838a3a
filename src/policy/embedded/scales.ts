/**
 * One scale of abilities from many: every benchmark and every table is a scale of unknown hardness,
 * value = ability - hardness + noise, and candidates that several scales share say how far these are apart. A
 * weighted least-squares problem; hardness has a normal prior, ability none.
 */

/** One score. */
interface Sighting {
  /** Position of the candidate. */
  who: number;
  scale: number;
  value: number;
  precision: number;
}

export class Scales {
  private readonly sightings: Sighting[] = [];
  private readonly names = new Map<string, number>();
  private readonly prior: { mean: number; precision: number }[] = [];

  /**
   * @param prior of the scale's hardness; where it is there already, its first one holds
   * @param value the score, as a logit
   */
  add(
    who: number,
    name: string,
    prior: { mean: number; deviation: number },
    value: number,
    deviation: number,
  ) {
    let scale = this.names.get(name);
    if (scale === undefined) {
      scale = this.prior.length;
      this.names.set(name, scale);
      this.prior.push({ mean: prior.mean, precision: prior.deviation ** -2 });
    }
    this.sightings.push({ who, scale, value, precision: deviation ** -2 });
  }

  /** Ability of everyone and hardness of every scale: abilities are eliminated, there are few scales. */
  solve(candidates: number): { ability: Float64Array; hardness: ReadonlyMap<string, number> } {
    const { sightings, prior } = this;
    const seen = new Float64Array(candidates);
    const own: Sighting[][] = Array.from({ length: candidates }, () => []);
    for (const sighting of sightings) {
      seen[sighting.who]! += sighting.precision;
      own[sighting.who]!.push(sighting);
    }
    const left = prior.map((_, k) => Float64Array.from(prior, (of, l) => (k === l ? of.precision : 0)));
    const right = Float64Array.from(prior, ({ mean, precision }) => mean * precision);
    for (const group of own) {
      for (const { who, scale, value, precision } of group) {
        left[scale]![scale]! += precision;
        right[scale]! -= precision * value;
        for (const other of group) {
          const share = (precision * other.precision) / seen[who]!;
          left[scale]![other.scale]! -= share;
          right[scale]! += share * other.value;
        }
      }
    }
    const hardness = eliminate(left, right);
    const ability = new Float64Array(candidates);
    for (const { who, scale, value, precision } of sightings) {
      ability[who]! += (precision / seen[who]!) * (value + hardness[scale]!);
    }
    return { ability, hardness: new Map([...this.names].map(([name, scale]) => [name, hardness[scale]!])) };
  }
}

/** Gauss's elimination without pivoting: the matrix is positive definite. Overwrites both. */
function eliminate(left: Float64Array[], right: Float64Array): Float64Array {
  const size = right.length;
  for (let k = 0; k < size; k++) {
    for (let row = k + 1; row < size; row++) {
      const factor = left[row]![k]! / left[k]![k]!;
      if (factor === 0) continue;
      for (let column = k; column < size; column++) left[row]![column]! -= factor * left[k]![column]!;
      right[row]! -= factor * right[k]!;
    }
  }
  for (let k = size - 1; k >= 0; k--) {
    for (let column = k + 1; column < size; column++) right[k]! -= left[k]![column]! * right[column]!;
    right[k]! /= left[k]![k]!;
  }
  return right;
}
