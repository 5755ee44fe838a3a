/**
 * What the embedded policy sees of a prompt: hashed words, word pairs and letter triples, and numbers that
 * describe its structure. No tokenizer, no network, one pass over the text.
 *
 * The version is stored with the weights: weights of one version mean nothing to another, so every change
 * of what is computed here, however small, needs a new version.
 */
import type { PromptView } from '../prompt-view.ts';

export const FEATURE_VERSION = 1;

/** Size of the hashed vocabulary; a power of two. */
export const HASH_BUCKETS = 8192;

/** Longer prompts are read at both ends only, so that the time of a decision stays bounded. */
const HEAD_CHARS = 4000;
const TAIL_CHARS = 2000;

/** Names of the structure features, in order. Counts are `log2(1 + count)`. */
export const STRUCTURE = [
  'chars',
  'words',
  'lines',
  'meanWordLength',
  'longestWord',
  'digitShare',
  'upperShare',
  'symbolShare',
  'foreignShare',
  'numbers',
  'longestNumber',
  'largestNumber',
  'meanNumber',
  'firstNumber',
  'lastNumber',
  'decimals',
  'depth',
  'parentheses',
  'squareBrackets',
  'curlyBrackets',
  'commas',
  'quotes',
  'operators',
  'comparisons',
  'mathMarks',
  'codeMarks',
  'questions',
  'sentences',
  'options',
  'blankLines',
  'indentedLines',
  'longestLine',
  'meanLine',
  'lastLine',
  'firstLine',
  'singles',
  'distinctShare',
  'names',
  'listedTools',
  'askedShare',
  'askedWords',
  'askedNumbers',
  'askedJoins',
  'askedSentences',
  'askedQuotes',
  'askedCapitals',
  'askedEach',
  'listedArrays',
  'listedTypes',
  'tools',
  'structured',
  'images',
  'humanTurns',
  'stepsSinceHuman',
  'restChars',
] as const;

export const STRUCTURE_COUNT = STRUCTURE.length;

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

/** Scripts that are written without spaces: each character is a word. */
const FIRST_UNSPACED = 0x2e80;

const HASH_SEED = 0x811c9dc5;
const HASH_PRIME = 0x01000193;
const TRIPLE_SALT = 0x5bd1e995;
const NUMBER_SALT = 0x2c1b3c6d;

/** Mixes the high bits down, since the bucket is taken from the low ones. */
function bucketOf(hash: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & (HASH_BUCKETS - 1);
}

function hashWord(word: string): number {
  let hash = HASH_SEED;
  for (let i = 0; i < word.length; i++) hash = Math.imul(hash ^ word.charCodeAt(i), HASH_PRIME);
  return hash;
}

const NAME = hashWord('name');
const DESCRIPTION = hashWord('description');
const AND = hashWord('and');
const EACH = new Set(['each', 'both', 'respectively', 'also', 'then', 'another', 'second'].map(hashWord));
const LISTS = new Set(['array', 'list', 'arraylist', 'tuple'].map(hashWord));
const TYPE = hashWord('type');

/** Logged prompts carry their tool list in the text, after this line; it is hashed apart from the question. */
const TOOLS_MARK = '\n[tools]\n';
const TOOLS_SALT = 0x1b873593;
/** Words of a question and of a tool's description are matched by this many first letters. */
const STEM_LETTERS = 5;
const ASKED = 4096;

const log = (count: number): number => Math.log2(1 + count);

/**
 * Reads prompts into one set of buffers: the result of `read` holds until the next call.
 * One reader per policy; it is not shared between threads.
 */
export class FeatureReader {
  private readonly seen = new Uint16Array(HASH_BUCKETS);
  private readonly asked = new Uint8Array(ASKED);
  private readonly result: PromptFeatures = {
    buckets: new Uint16Array(HASH_BUCKETS),
    occurrences: new Uint16Array(HASH_BUCKETS),
    count: 0,
    structure: new Float64Array(STRUCTURE_COUNT),
  };

  read(view: PromptView): PromptFeatures {
    const { text } = view;
    const { seen, result } = this;
    const { buckets, occurrences } = result;
    let count = 0;
    const add = (hash: number): void => {
      const bucket = bucketOf(hash);
      const before = seen[bucket]!;
      if (before === 0) buckets[count++] = bucket;
      if (before < 65535) seen[bucket] = before + 1;
    };

    let words = 0;
    let wordChars = 0;
    let longestWord = 0;
    let singles = 0;
    let names = 0;
    let digits = 0;
    let uppers = 0;
    let symbols = 0;
    let foreign = 0;
    let numbers = 0;
    let longestNumber = 0;
    let largestNumber = 0;
    let numberLogs = 0;
    let firstNumber = 0;
    let lastNumber = 0;
    let decimals = 0;
    let depth = 0;
    let deepest = 0;
    let parentheses = 0;
    let squares = 0;
    let curlies = 0;
    let commas = 0;
    let quotes = 0;
    let operators = 0;
    let comparisons = 0;
    let mathMarks = 0;
    let codeMarks = 0;
    let questions = 0;
    let sentences = 0;
    let options = 0;
    let lines = 1;
    let blankLines = 0;
    let indentedLines = 0;
    let longestLine = 0;
    let lineLength = 0;
    let firstLine = 0;
    let read = 0;

    const toolsAt = text.indexOf(TOOLS_MARK);
    const { asked } = this;
    let salt = 0;
    let stem = HASH_SEED;
    let joins = 0;
    let listed = 0;
    let askedDistinct = 0;
    let askedFound = 0;
    let askedWords = 0;
    let askedNumbers = 0;
    let askedJoins = 0;
    let askedSentences = 0;
    let askedQuotes = 0;
    let askedCapitals = 0;
    let capitals = 0;
    let each = 0;
    let arrays = 0;
    let types = 0;
    let previousToken = 0;
    let hash = HASH_SEED;
    let length = 0;
    let kind = SPACE;
    let value = 0;
    let beforeLast = 32;
    let last = 32;

    const skipFrom = text.length > HEAD_CHARS + TAIL_CHARS ? HEAD_CHARS : text.length;
    const skipTo = text.length > HEAD_CHARS + TAIL_CHARS ? text.length - TAIL_CHARS : text.length;
    for (let i = 0; i <= text.length; i++) {
      if (i === skipFrom) i = skipTo;
      const code = i < text.length ? text.charCodeAt(i) : 10;
      const small = code < 128 ? lower[code]! : code;
      const type = code < 128 ? asciiClass[code]! : LETTER;
      const continues = type === kind && kind !== SPACE && kind !== SYMBOL && code < FIRST_UNSPACED;
      if (!continues && length > 0) {
        let token = hash;
        if (kind === DIGIT) {
          // Numbers are told apart by their size, not by their value: sizes repeat, values do not.
          token = NUMBER_SALT + Math.min(length, 12);
          const size = log(value);
          if (numbers === 0) firstNumber = size;
          numbers++;
          lastNumber = size;
          numberLogs += size;
          if (size > largestNumber) largestNumber = size;
          if (length > longestNumber) longestNumber = length;
          value = 0;
        } else if (kind === LETTER) {
          words++;
          wordChars += length;
          if (length > longestWord) longestWord = length;
          if (hash === NAME) names++;
          else if (hash === AND) joins++;
          if (salt === 0) {
            if (EACH.has(hash)) each++;
          } else if (hash === TYPE) types++;
          else if (LISTS.has(hash)) arrays++;
          if (toolsAt >= 0 && length >= STEM_LETTERS - 1) {
            const at = stem & (ASKED - 1);
            if (salt === 0) {
              if (asked[at] === 0) {
                asked[at] = 1;
                askedDistinct++;
              }
            } else if (asked[at] === 1) {
              asked[at] = 2;
              askedFound++;
            } else if (hash === DESCRIPTION) listed++;
          }
        }
        if (length === 1 && kind !== SYMBOL) singles++;
        token = (token ^ salt) | 0;
        add(token);
        add(Math.imul(previousToken, 31) + token);
        previousToken = token;
        length = 0;
        hash = HASH_SEED;
      }
      if (i === toolsAt) {
        salt = TOOLS_SALT;
        askedWords = words;
        askedNumbers = numbers;
        askedJoins = joins + commas;
        askedSentences = sentences + questions;
        askedQuotes = quotes;
        askedCapitals = capitals;
      }
      if (i === text.length) break;
      read++;
      kind = type;
      if (type === SPACE) {
        if (code === 10) {
          lines++;
          if (lineLength === 0) blankLines++;
          if (lineLength > longestLine) longestLine = lineLength;
          if (firstLine === 0) firstLine = lineLength;
          lineLength = 0;
        } else {
          if (lineLength === 0) indentedLines++;
          lineLength++;
        }
      } else {
        lineLength++;
        length++;
        hash = Math.imul(hash ^ small, HASH_PRIME);
        if (length <= STEM_LETTERS) stem = hash;
        if (type === DIGIT) {
          digits++;
          if (value < 1e15) value = value * 10 + (code - 48);
        } else if (type === LETTER) {
          if (code >= 128) foreign++;
          else if (small !== code) {
            uppers++;
            if (length === 1) capitals++;
          }
          if (salt === 0 && last !== 32 && beforeLast !== 32) {
            add((Math.imul((beforeLast << 14) ^ (last << 7) ^ small, HASH_PRIME) ^ TRIPLE_SALT) | 0);
          }
        } else {
          symbols++;
          switch (code) {
            case 40:
            case 91:
            case 123:
              depth++;
              if (depth > deepest) deepest = depth;
              if (code === 40) parentheses++;
              else if (code === 91) squares++;
              else curlies++;
              break;
            case 41:
            case 93:
            case 125:
              if (depth > 0) depth--;
              break;
            case 44:
              commas++;
              break;
            case 34:
            case 39:
              quotes++;
              break;
            case 42:
            case 43:
            case 45:
            case 47:
            case 37:
            case 94:
              operators++;
              break;
            case 60:
            case 61:
            case 62:
              comparisons++;
              break;
            case 36:
            case 92:
              mathMarks++;
              break;
            case 59:
            case 95:
            case 96:
              codeMarks++;
              break;
            case 63:
              questions++;
              break;
            case 46:
              if (kind === SYMBOL && asciiClass[last < 128 ? last : 65] === DIGIT) decimals++;
              else sentences++;
              if (lineLength === 2) options++;
              break;
          }
        }
      }
      beforeLast = last;
      last = type === SPACE ? 32 : small;
    }
    if (lineLength > longestLine) longestLine = lineLength;
    if (firstLine === 0) firstLine = lineLength;

    if (toolsAt >= 0) asked.fill(0);
    let occurrencesTotal = 0;
    for (let i = 0; i < count; i++) {
      const bucket = buckets[i]!;
      const times = seen[bucket]!;
      occurrences[i] = times;
      occurrencesTotal += times;
      seen[bucket] = 0;
    }
    result.count = count;

    const share = (part: number): number => (read === 0 ? 0 : part / read);
    const out = result.structure;
    let at = 0;
    out[at++] = log(text.length);
    out[at++] = log(words);
    out[at++] = log(lines);
    out[at++] = words === 0 ? 0 : wordChars / words;
    out[at++] = log(longestWord);
    out[at++] = share(digits);
    out[at++] = share(uppers);
    out[at++] = share(symbols);
    out[at++] = share(foreign);
    out[at++] = log(numbers);
    out[at++] = log(longestNumber);
    out[at++] = largestNumber;
    out[at++] = numbers === 0 ? 0 : numberLogs / numbers;
    out[at++] = firstNumber;
    out[at++] = lastNumber;
    out[at++] = log(decimals);
    out[at++] = log(deepest);
    out[at++] = log(parentheses);
    out[at++] = log(squares);
    out[at++] = log(curlies);
    out[at++] = log(commas);
    out[at++] = log(quotes);
    out[at++] = log(operators);
    out[at++] = log(comparisons);
    out[at++] = log(mathMarks);
    out[at++] = log(codeMarks);
    out[at++] = log(questions);
    out[at++] = log(sentences);
    out[at++] = log(options);
    out[at++] = log(blankLines);
    out[at++] = log(indentedLines);
    out[at++] = log(longestLine);
    out[at++] = log(text.length / lines);
    out[at++] = log(lineLength);
    out[at++] = log(firstLine);
    out[at++] = log(singles);
    out[at++] = occurrencesTotal === 0 ? 0 : count / occurrencesTotal;
    out[at++] = log(names);
    out[at++] = log(listed);
    out[at++] = askedDistinct === 0 ? 0 : askedFound / askedDistinct;
    out[at++] = log(askedWords);
    out[at++] = log(askedNumbers);
    out[at++] = log(askedJoins);
    out[at++] = log(askedSentences);
    out[at++] = log(askedQuotes);
    out[at++] = log(askedCapitals);
    out[at++] = log(each);
    out[at++] = log(arrays);
    out[at++] = log(types);
    out[at++] = log(view.tools);
    out[at++] = view.structured ? 1 : 0;
    out[at++] = log(view.images + view.audio + view.files);
    out[at++] = log(view.humanTurns);
    out[at++] = log(view.stepsSinceHuman);
    out[at++] = log(Math.max(0, view.messageChars + view.schemaChars - text.length));
    return result;
  }
}
