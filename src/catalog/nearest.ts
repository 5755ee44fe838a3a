/** Suggestions for a misspelt name. */

/** The names spelled most like `name`, best first; those that share too little are left out. */
export function nearestNames(name: string, names: Iterable<string>, count: number): string[] {
  const wanted = name.toLowerCase();
  const scored: { near: string; distance: number }[] = [];
  for (const near of names) {
    const other = near.toLowerCase();
    // A part of a name, as people type it, is nearer than its length says.
    const isPart = wanted.length >= 3 && other.includes(wanted);
    const distance = isPart ? (other.length - wanted.length) * 0.1 : editDistance(wanted, other);
    const limit = Math.max(2, Math.max(wanted.length, other.length) * 0.5);
    if (distance <= limit) scored.push({ near, distance });
  }
  // The sort is stable, so equals stay in the order given.
  return scored
    .sort((a, b) => a.distance - b.distance)
    .slice(0, count)
    .map(({ near }) => near);
}

/** Levenshtein distance. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const row = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const substitution = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(substitution, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
