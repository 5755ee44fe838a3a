/** Which candidates a request may choose among, before anything is known of the request itself. */
import type { Candidate } from './catalog/candidate.ts';
import type { RouterParts } from './router-parts.ts';

/**
 * A bare name means the first of its offers whose key is set; `provider/*` means all of them.
 * @throws XrouterError `unknown_model` that names the nearest candidates
 */
export function poolOf({ catalog, env }: RouterParts, names: string[] | undefined): readonly Candidate[] {
  if (!names) return catalog.candidates;
  const found = names.flatMap((name) =>
    name.endsWith('/*') ? [...catalog.select([name])] : [catalog.get(name, env)],
  );
  return [...new Set(found)];
}

/** Lists of admitted candidates that were seen, for a router; few applications have more. */
const MOST_LISTS = 16;
const lists = new WeakMap<RouterParts, (readonly Candidate[])[]>();

/**
 * The same list object for the same candidates, from request to request: a policy may keep by it what depends
 * on the pool alone.
 */
export function sameAsBefore(parts: RouterParts, admitted: readonly Candidate[]): readonly Candidate[] {
  const known = lists.get(parts) ?? [];
  const found = known.find(
    (list) => list.length === admitted.length && list.every((candidate, i) => candidate === admitted[i]),
  );
  if (found) return found;
  lists.set(parts, [admitted, ...known.slice(0, MOST_LISTS - 1)]);
  return admitted;
}
