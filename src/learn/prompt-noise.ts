/** Harmless changes of a prompt: what a person would call the same question, a brittle router does not. */
import type { Random } from './random.ts';

/** The prompt changed in each way, seeded. */
export function disturb(text: string, random: Random): Record<string, string> {
  return { case: otherCase(text), whitespace: otherSpaces(text, random), typo: withTypo(text, random) };
}

/** The first letter of each sentence in lower case, as in a hasty message. */
function otherCase(text: string): string {
  return text.replace(
    /(^|[.!?]\s+)(\p{Lu})(?=\p{Ll})/gu,
    (_, before: string, letter: string) => before + letter.toLowerCase(),
  );
}

/** Some spaces doubled, and blank lines around. */
function otherSpaces(text: string, random: Random): string {
  return `\n${text.replace(/(?<=\S) (?=\S)/g, (space) => (random.next() < 0.1 ? '  ' : space))}\n\n`;
}

/** Two neighbouring letters of one longer word swapped. */
function withTypo(text: string, random: Random): string {
  const words = [...text.matchAll(/\p{L}{5,}/gu)];
  const word = words[random.below(Math.max(1, words.length))];
  if (!word) return text;
  const at = word.index + 1 + random.below(word[0].length - 3);
  return text.slice(0, at) + text[at + 1]! + text[at]! + text.slice(at + 2);
}
