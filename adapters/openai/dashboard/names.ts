/** Names from outside in bounded room, and what is gathered by name. */

export const MOST_NAME_CHARS = 120;

/** By whole characters, of which an emoji is one. */
export function cut(text: string, most = MOST_NAME_CHARS): string {
  if (text.length <= most) return text;
  const letters = [...text.slice(0, 2 * most)];
  return letters.length <= most && text.length <= 2 * most ? text : `${letters.slice(0, most - 1).join('')}…`;
}

/** The value of a key, made where there is none yet. */
export function entryOf<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
