/** Text under constraints that a program can check; any text that keeps them is right. Size: what they bind. */
import type { Random } from '../random.ts';
import { type Draft, RIGHT, type Score, scaled, textTask, wrong } from '../task.ts';
import { VOCABULARY } from './words.ts';

/** A dash that stands alone is no word. */
const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}][\p{L}\p{N}'’-]*/gu) ?? [];
const lettersOf = (word: string): number => word.match(/\p{L}/gu)?.length ?? 0;

interface Rule {
  words: string;
  /** Words the reference may still use. */
  allows?(word: string): boolean;
  broken(text: string): string | undefined;
}

/** One sentence-like line of so many words. */
function sentence(random: Random, difficulty: number): Draft {
  const count = random.int(scaled(difficulty, 4, 18), scaled(difficulty, 7, 24));
  const [letter, required] = [random.pick([...'aeiost']), random.pick(VOCABULARY)];
  const longest = random.int(5, 6);
  const last = random.pick(VOCABULARY.filter((word) => word !== required));
  const fits = (word: string) => !word.includes(letter) && word.length <= longest;
  const extra: Rule[] = [
    {
      words: `Do not use the letter "${letter}" anywhere, neither small nor capital.`,
      allows: (word) => !word.includes(letter),
      broken: (text) => (text.toLowerCase().includes(letter) ? `uses "${letter}"` : undefined),
    },
    {
      words: `No word may be longer than ${longest} letters.`,
      allows: (word) => word.length <= longest,
      broken: (text) => wordsOf(text).find((word) => lettersOf(word) > longest),
    },
    {
      words: 'Write small letters only, without any punctuation.',
      broken: (text) =>
        /^[a-z ]+$/.test(text.trim()) ? undefined : 'has other characters than small letters',
    },
    {
      words: 'Do not use any word twice.',
      broken: (text) => {
        const words = wordsOf(text.toLowerCase());
        return words.find((word, index) => words.indexOf(word) !== index);
      },
    },
    ...(fits(required) && fits(last)
      ? [
          {
            words: `Use the word "${required}" exactly once.`,
            broken: (text: string) => {
              const times = wordsOf(text.toLowerCase()).filter((word) => word === required).length;
              return times === 1 ? undefined : `"${required}" stands there ${times} times`;
            },
          },
          {
            words: `The last word must be "${last}".`,
            broken: (text: string) => {
              const found = wordsOf(text.toLowerCase()).at(-1);
              return found === last ? undefined : `ends with "${found}"`;
            },
          },
        ]
      : []),
  ];
  const rules = random.sample(extra, scaled(difficulty, 1, 4));
  const free = random
    .shuffle(VOCABULARY)
    .filter(
      (word) => word !== required && word !== last && rules.every((rule) => rule.allows?.(word) ?? true),
    );
  const middle = [...(fits(required) ? [required] : []), ...free].slice(0, count - 1);
  const solution = [...middle, fits(last) ? last : free.at(-1)!].join(' ');
  const all: Rule[] = [
    {
      words: `Write exactly ${count} words, in one line.`,
      broken: (text) => {
        if (text.trim().includes('\n')) return 'more than one line';
        const found = wordsOf(text).length;
        return found === count ? undefined : `${found} words instead of ${count}`;
      },
    },
    ...rules,
  ];
  return ruled(random, all, count + 3 * rules.length, solution);
}

/** The vocabulary spells "fox", but has no word that begins with its last letter. */
const FIRST_WORDS = [...VOCABULARY, 'xylophone'];

/** Lines whose first letters spell a word. */
function acrostic(random: Random, difficulty: number): Draft {
  const length = scaled(difficulty, 3, 6);
  const word = random.pick(VOCABULARY.filter((entry) => entry.length === length));
  const perLine = random.int(scaled(difficulty, 2, 4), scaled(difficulty, 3, 6));
  const lines = [...word].map((letter) => {
    const first = random.pick(FIRST_WORDS.filter((entry) => entry[0] === letter));
    return [first, ...random.sample(VOCABULARY, perLine - 1)].join(' ');
  });
  const linesOf = (text: string) =>
    text
      .trim()
      .split('\n')
      .map((line) => line.trim());
  const rules: Rule[] = [
    {
      words: `Write exactly ${length} lines, without empty lines between them.`,
      broken: (text) => (linesOf(text).length === length ? undefined : `${linesOf(text).length} lines`),
    },
    {
      words: `Each line has exactly ${perLine} words.`,
      broken: (text) => linesOf(text).find((line) => wordsOf(line).length !== perLine),
    },
    {
      words: `The first letters of the lines, read downwards, spell "${word}".`,
      broken: (text) => {
        const spelled = linesOf(text)
          .map((line) => line[0])
          .join('')
          .toLowerCase();
        return spelled === word ? undefined : `they spell "${spelled}"`;
      },
    },
  ];
  return ruled(random, rules, length * perLine, lines.join('\n'));
}

export function instructions(random: Random, difficulty: number): Draft {
  return random.chance(0.6) ? sentence(random, difficulty) : acrostic(random, difficulty);
}

function ruled(random: Random, rules: readonly Rule[], size: number, solution: string): Draft {
  const topic = random.pick(['a journey', 'the weather', 'a market', 'an old house', 'the sea', 'a garden']);
  const prompt =
    `Write about ${topic}. Keep every rule; whether it makes sense is not important.\n` +
    `${rules.map((rule) => `- ${rule.words}`).join('\n')}\nAnswer with the text alone, nothing before or after it.`;
  const verify = (text: string): Score => {
    for (const rule of rules) {
      const found = rule.broken(text);
      if (found !== undefined) return wrong(`${rule.words} (${found})`);
    }
    return RIGHT;
  };
  return textTask(prompt, size, solution, verify);
}
