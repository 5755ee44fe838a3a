/**
 * What the embedded policy sees of a prompt: hashed words, word pairs and letter triples, and numbers that
 * describe its structure. No tokenizer, no network, one pass over the text.
 *
 * The version is stored with the weights: weights of one version mean nothing to another, so every change
 * of what is computed here, however small, needs a new version.
 */
import { TOOLS_MARK, withoutCourtesies } from '../courtesies.ts';
import type { PromptView } from '../prompt-view.ts';
import { bucketOf, HASH_BUCKETS, HASH_SEED, hashNext, hashTriple } from './hashing.ts';
import { QuestionTally, STEM_LETTERS } from './question.ts';
import { AT, LineTally, log, NumberTally, STRUCTURE_COUNT, SymbolTally } from './structure.ts';

export { HASH_BUCKETS } from './hashing.ts';
export { STRUCTURE, STRUCTURE_COUNT } from './structure.ts';

export const FEATURE_VERSION = 4;

/** Longer prompts are read at both ends only, so that the time of a decision stays bounded. */
const HEAD_CHARS = 4000;
const TAIL_CHARS = 2000;

export interface PromptFeatures {
  /** Distinct hash buckets of the prompt, `count` of them; the rest of the array is stale. */
  buckets: Uint16Array;
  /** Occurrences, bucket by bucket. */
  occurrences: Uint16Array;
  count: number;
  /** In the order of `STRUCTURE`. */
  structure: Float64Array;
}

const SPACE = 0;
const LETTER = 1;
const DIGIT = 2;
const SYMBOL = 3;

const asciiClass = new Uint8Array(128);
const lower = new Uint8Array(128);
for (let code = 0; code < 128; code++) {
  const upper = code >= 65 && code <= 90;
  asciiClass[code] =
    code <= 32
      ? SPACE
      : upper || (code >= 97 && code <= 122)
        ? LETTER
        : code >= 48 && code <= 57
          ? DIGIT
          : SYMBOL;
  lower[code] = upper ? code + 32 : code;
}

const NEWLINE = 10;
const BLANK = 32;
/** Scripts that are written without spaces: each character is a word. */
const FIRST_UNSPACED = 0x2e80;
const NUMBER_SALT = 0x2c1b3c6d;
/** Larger numbers are as good as infinite. */
const NUMBER_LIMIT = 1e15;

/** Words of a tool list in the text are hashed apart from those of the question. */
const TOOLS_SALT = 0x1b873593;

/**
 * Reads prompts into one set of buffers: the result of `read` holds until the next call.
 * One reader per policy; it is not shared between threads.
 */
export class FeatureReader {
  private readonly seen = new Uint16Array(HASH_BUCKETS);
  private readonly result: PromptFeatures = {
    buckets: new Uint16Array(HASH_BUCKETS),
    occurrences: new Uint16Array(HASH_BUCKETS),
    count: 0,
    structure: new Float64Array(STRUCTURE_COUNT),
  };

  read(view: PromptView): PromptFeatures {
    const text = withoutCourtesies(view.text);
    const { seen, result } = this;
    const { buckets, structure } = result;
    let count = 0;
    const add = (hash: number): void => {
      const bucket = bucketOf(hash);
      const before = seen[bucket]!;
      if (before === 0) buckets[count++] = bucket;
      if (before < 65535) seen[bucket] = before + 1;
    };

    const toolsAt = text.indexOf(TOOLS_MARK);
    const numbers = new NumberTally();
    const symbols = new SymbolTally();
    const lines = new LineTally();
    const question = new QuestionTally(toolsAt < 0 ? undefined : (text[toolsAt + TOOLS_MARK.length] ?? ''));
    let words = 0;
    let wordChars = 0;
    let longestWord = 0;
    let singles = 0;
    let digits = 0;
    let uppers = 0;
    let foreign = 0;
    let read = 0;

    let salt = 0;
    let previousToken = 0;
    let hash = HASH_SEED;
    let stem = HASH_SEED;
    let length = 0;
    let kind = SPACE;
    let value = 0;
    let beforeLast = BLANK;
    let last = BLANK;

    const long = text.length > HEAD_CHARS + TAIL_CHARS;
    const skipFrom = long ? HEAD_CHARS : text.length;
    const skipTo = long ? text.length - TAIL_CHARS : text.length;
    for (let i = 0; i <= text.length; i++) {
      if (i === skipFrom) i = skipTo;
      const code = i < text.length ? text.charCodeAt(i) : NEWLINE;
      const small = code < 128 ? lower[code]! : code;
      const type = code < 128 ? asciiClass[code]! : LETTER;
      const continues = type === kind && kind !== SPACE && kind !== SYMBOL && code < FIRST_UNSPACED;
      if (!continues && length > 0) {
        let token = hash;
        if (kind === DIGIT) {
          // Numbers are told apart by their size, not by their value: sizes repeat, values do not.
          token = NUMBER_SALT + Math.min(length, 12);
          numbers.add(value, length);
          value = 0;
        } else if (kind === LETTER) {
          words++;
          wordChars += length;
          if (length > longestWord) longestWord = length;
          question.word(hash, stem, length);
        }
        if (length === 1 && kind !== SYMBOL) singles++;
        token = (token ^ salt) | 0;
        add(token);
        add(Math.imul(previousToken, 31) + token);
        previousToken = token;
        length = 0;
        hash = HASH_SEED;
      }
      if (salt === 0 && toolsAt >= 0 && i >= toolsAt) {
        salt = TOOLS_SALT;
        question.end(words, numbers, symbols);
      }
      if (i === text.length) break;
      read++;
      kind = type;
      if (type === SPACE) {
        if (code === NEWLINE) lines.end();
        else lines.space();
      } else {
        lines.length++;
        length++;
        hash = hashNext(hash, small);
        if (length <= STEM_LETTERS) stem = hash;
        if (type === DIGIT) {
          digits++;
          if (value < NUMBER_LIMIT) value = value * 10 + (code - 48);
        } else if (type === LETTER) {
          if (code >= 128) foreign++;
          else if (small !== code) {
            uppers++;
            if (length === 1) question.capitals++;
          }
          if (salt === 0 && last !== BLANK && beforeLast !== BLANK) add(hashTriple(beforeLast, last, small));
        } else {
          symbols.add(code, last < 128 && asciiClass[last] === DIGIT, lines.length);
        }
      }
      beforeLast = last;
      last = type === SPACE ? BLANK : small;
    }

    const tokens = this.collect(count);
    const share = (part: number): number => (read === 0 ? 0 : part / read);
    numbers.write(structure);
    symbols.write(structure);
    lines.write(structure, text.length);
    question.write(structure);
    structure[AT.chars] = log(text.length);
    structure[AT.words] = log(words);
    structure[AT.meanWordLength] = words === 0 ? 0 : wordChars / words;
    structure[AT.longestWord] = log(longestWord);
    structure[AT.digitShare] = share(digits);
    structure[AT.upperShare] = share(uppers);
    structure[AT.symbolShare] = share(symbols.total);
    structure[AT.foreignShare] = share(foreign);
    structure[AT.singles] = log(singles);
    structure[AT.distinctShare] = tokens === 0 ? 0 : count / tokens;
    structure[AT.tools] = log(view.tools);
    structure[AT.structured] = view.structured ? 1 : 0;
    structure[AT.images] = log(view.images + view.audio + view.files);
    structure[AT.humanTurns] = log(view.humanTurns);
    structure[AT.stepsSinceHuman] = log(view.stepsSinceHuman);
    structure[AT.restChars] = log(Math.max(0, view.messageChars + view.schemaChars - view.text.length));
    return result;
  }

  /** Moves the counts of the prompt's buckets into the result, and clears them; returns their sum. */
  private collect(count: number): number {
    const { seen, result } = this;
    const { buckets, occurrences } = result;
    let tokens = 0;
    for (let i = 0; i < count; i++) {
      const bucket = buckets[i]!;
      const times = seen[bucket]!;
      occurrences[i] = times;
      tokens += times;
      seen[bucket] = 0;
    }
    result.count = count;
    return tokens;
  }
}
