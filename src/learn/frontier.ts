/**
 * What a router is judged by: the accuracy it reaches at each budget, against the best random mix of two
 * single models at the same budget. Everything here is a mean over rows, so costs are USD per request.
 */

/** One operating point: mean cost in USD and mean score 0..1. */
export interface FrontierPoint {
  cost: number;
  accuracy: number;
}

/** Outcomes of every model on every row, row-major: `[row * models + model]`. Cost in USD. */
export interface OutcomeMatrix {
  rows: number;
  models: readonly string[];
  score: Float64Array;
  cost: Float64Array;
}

/** What a router did at one lambda: the cost it paid and the score of the answer it gave, one for each row. */
export interface Operation {
  lambda: number;
  cost: Float64Array;
  score: Float64Array;
}

export interface FrontierScore {
  best: string;
  bestAccuracy: number;
  bestCostUsd: number;
  oracleAccuracy: number;
  /** Mean over budgets of 10 % .. 100 % of the best single's cost of (router - mixing line), in points. */
  gain: number;
  /** The same as a share of what the oracle gains. */
  ofOracle: number;
  maxAccuracy: number;
  /** Least share of the best single's cost at which the router is as accurate; `undefined`: never. */
  costMatch: number | undefined;
  /** Router's points by rising cost, cost as a share of the best single's. */
  points: FrontierPoint[];
}

/** Upper-left convex hull by rising cost; to the right of its last point it stays flat. */
export function hull(points: readonly FrontierPoint[]): FrontierPoint[] {
  const sorted = [...points].sort((a, b) => a.cost - b.cost || b.accuracy - a.accuracy);
  const out: FrontierPoint[] = [];
  let top = -1;
  for (const point of sorted) {
    if (point.accuracy <= top) continue;
    top = point.accuracy;
    while (out.length >= 2) {
      const a = out[out.length - 2]!;
      const b = out[out.length - 1]!;
      const below =
        (b.accuracy - a.accuracy) * (point.cost - a.cost) <=
        (point.accuracy - a.accuracy) * (b.cost - a.cost);
      if (!below) break;
      out.pop();
    }
    out.push(point);
  }
  return out;
}

/** Accuracy the hull reaches at a budget in USD; `undefined` where even its cheapest point costs more. */
export function accuracyAt(h: readonly FrontierPoint[], budget: number): number | undefined {
  const first = h[0];
  if (!first || budget < first.cost - 1e-15) return undefined;
  for (let i = 1; i < h.length; i++) {
    const a = h[i - 1]!;
    const b = h[i]!;
    if (budget <= b.cost) {
      return a.accuracy + ((b.accuracy - a.accuracy) * (budget - a.cost)) / (b.cost - a.cost);
    }
  }
  return h[h.length - 1]!.accuracy;
}

/** Least cost in USD at which the hull reaches an accuracy; `undefined` where it never does. */
export function costFor(h: readonly FrontierPoint[], accuracy: number): number | undefined {
  const first = h[0];
  if (!first) return undefined;
  if (accuracy <= first.accuracy) return first.cost;
  for (let i = 1; i < h.length; i++) {
    const a = h[i - 1]!;
    const b = h[i]!;
    if (accuracy <= b.accuracy + 1e-12) {
      return a.cost + ((b.cost - a.cost) * (accuracy - a.accuracy)) / (b.accuracy - a.accuracy);
    }
  }
  return undefined;
}

/** What a router's gain is measured against, for one weighting of the rows. */
export interface SinglesReference {
  singles: FrontierPoint[];
  /** Position of the most accurate; of equals the cheapest. */
  best: number;
  mixing: FrontierPoint[];
}

/** All points that do not depend on the router. */
export interface Reference extends SinglesReference {
  oracle: FrontierPoint[];
}

/** Trade-offs at which the oracle's frontier is drawn. */
const ORACLE_LAMBDAS = [0, ...Array.from({ length: 33 }, (_, k) => 10 ** ((k - 8) / 4))];

/**
 * Singles and mixing line of a table.
 * @param weights how often each row counts, for the bootstrap; default once
 */
export function singlesReference(table: OutcomeMatrix, weights?: Float64Array): SinglesReference {
  const { rows, models } = table;
  const m = models.length;
  let total = 0;
  const singles: FrontierPoint[] = models.map(() => ({ cost: 0, accuracy: 0 }));
  for (let i = 0; i < rows; i++) {
    const w = weights ? weights[i]! : 1;
    if (w === 0) continue;
    total += w;
    for (let j = 0; j < m; j++) {
      singles[j]!.cost += w * table.cost[i * m + j]!;
      singles[j]!.accuracy += w * table.score[i * m + j]!;
    }
  }
  for (const single of singles) {
    single.cost /= total;
    single.accuracy /= total;
  }
  return { singles, best: bestOf(singles), mixing: hull(singles) };
}

/**
 * Of equally accurate models the cheapest is the best: nobody would pay for the others, and less than they cost is no
 * saving. The scorer that routing is judged by takes the first by name; on tables without ties that is the same.
 */
function bestOf(singles: readonly FrontierPoint[]): number {
  const least = Math.max(...singles.map(({ accuracy }) => accuracy)) - ROUNDING;
  return singles.reduce(
    (best, { accuracy, cost }, j) =>
      accuracy >= least && (best < 0 || cost < singles[best]!.cost) ? j : best,
    -1,
  );
}

/** Sums of the same scores in another order differ by as much. */
const ROUNDING = 1e-12;

/** Singles, mixing line and oracle of a table. */
export function reference(table: OutcomeMatrix): Reference {
  const { rows, models } = table;
  const m = models.length;
  const against = singlesReference(table);
  const bestCost = against.singles[against.best]!.cost;
  const oracle = ORACLE_LAMBDAS.map((lambda) => {
    let cost = 0;
    let accuracy = 0;
    for (let i = 0; i < rows; i++) {
      let choice = i * m;
      let choiceValue = Number.NEGATIVE_INFINITY;
      for (let j = i * m; j < (i + 1) * m; j++) {
        const value = table.score[j]! - ((lambda * table.cost[j]!) / bestCost) * 0.05;
        if (value > choiceValue || (value === choiceValue && table.cost[j]! < table.cost[choice]!)) {
          choice = j;
          choiceValue = value;
        }
      }
      cost += table.cost[choice]!;
      accuracy += table.score[choice]!;
    }
    return { cost: cost / rows, accuracy: accuracy / rows };
  });
  return { ...against, oracle: hull(oracle) };
}

/**
 * Gain of a hull over the mixing line in points, and the least cost in USD at which it is as accurate as the best
 * single; `undefined`: never.
 */
export function gainOver(
  { singles, best, mixing }: SinglesReference,
  router: readonly FrontierPoint[],
): { gain: number; costMatchUsd: number | undefined } {
  const { cost, accuracy } = singles[best]!;
  let gain = 0;
  let budgets = 0;
  for (let k = 1; k <= 10; k++) {
    const budget = (cost * k) / 10;
    const mixed = accuracyAt(mixing, budget);
    if (mixed === undefined) continue;
    // A router that cannot meet a budget scores nothing there.
    gain += (accuracyAt(router, budget) ?? 0) - mixed;
    budgets++;
  }
  return { gain: (gain / budgets) * 100, costMatchUsd: costFor(router, accuracy) };
}

/** Scores a router's operating points against a table's reference. */
export function scorePoints(
  ref: Reference,
  models: readonly string[],
  points: FrontierPoint[],
): FrontierScore {
  const best = ref.singles[ref.best]!;
  const { gain, costMatchUsd } = gainOver(ref, hull(points));
  return {
    best: models[ref.best]!,
    bestAccuracy: best.accuracy,
    bestCostUsd: best.cost,
    oracleAccuracy: Math.max(...ref.oracle.map((point) => point.accuracy)),
    gain,
    ofOracle: gain / gainOver(ref, ref.oracle).gain,
    maxAccuracy: Math.max(...points.map((point) => point.accuracy)),
    costMatch: costMatchUsd === undefined ? undefined : costMatchUsd / best.cost,
    points: points
      .map((point) => ({ cost: point.cost / best.cost, accuracy: point.accuracy }))
      .sort((a, b) => a.cost - b.cost || a.accuracy - b.accuracy),
  };
}

/** Mean cost and score of each operation, rows weighted. */
export function operatingPoints(operations: readonly Operation[], weights?: Float64Array): FrontierPoint[] {
  return operations.map((operation) => {
    let cost = 0;
    let accuracy = 0;
    let total = 0;
    for (let i = 0; i < operation.cost.length; i++) {
      const w = weights ? weights[i]! : 1;
      total += w;
      cost += w * operation.cost[i]!;
      accuracy += w * operation.score[i]!;
    }
    return { cost: cost / total, accuracy: accuracy / total };
  });
}

export function frontierScore(table: OutcomeMatrix, operations: readonly Operation[]): FrontierScore {
  return scorePoints(reference(table), table.models, operatingPoints(operations));
}
