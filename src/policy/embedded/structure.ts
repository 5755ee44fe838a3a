/**
 * The numbers that describe a prompt's structure, and the tallies they come from. A tally is told of what the
 * one pass over the text meets; `write` puts its numbers where `STRUCTURE` names them.
 */

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
  'toolsAsList',
  'loneTool',
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

/** Counts as features: doubling a size is one step. */
export const log = (count: number): number => Math.log2(1 + count);

/** Place of each number. */
export const AT = Object.fromEntries(STRUCTURE.map((name, at) => [name, at])) as Record<
  (typeof STRUCTURE)[number],
  number
>;

/** How large the numbers in the text are: the size of a task is often said in digits. */
export class NumberTally {
  count = 0;
  private longest = 0;
  private largest = 0;
  private sum = 0;
  private first = 0;
  private last = 0;

  add(value: number, digits: number): void {
    const size = log(value);
    if (this.count === 0) this.first = size;
    this.count++;
    this.last = size;
    this.sum += size;
    if (size > this.largest) this.largest = size;
    if (digits > this.longest) this.longest = digits;
  }

  write(out: Float64Array): void {
    out[AT.numbers] = log(this.count);
    out[AT.longestNumber] = log(this.longest);
    out[AT.largestNumber] = this.largest;
    out[AT.meanNumber] = this.count === 0 ? 0 : this.sum / this.count;
    out[AT.firstNumber] = this.first;
    out[AT.lastNumber] = this.last;
  }
}

const OPEN_ROUND = 1;
const OPEN_SQUARE = 2;
const OPEN_CURLY = 3;
const CLOSE = 4;
const COMMA = 5;
const QUOTE = 6;
const OPERATOR = 7;
const COMPARISON = 8;
const MATH = 9;
const CODE = 10;
const QUESTION = 11;
const DOT = 12;

const markOf = new Uint8Array(128);
for (const [marks, mark] of [
  ['(', OPEN_ROUND],
  ['[', OPEN_SQUARE],
  ['{', OPEN_CURLY],
  [')]}', CLOSE],
  [',', COMMA],
  ['"\'', QUOTE],
  ['*+-/%^', OPERATOR],
  ['<=>', COMPARISON],
  ['$\\', MATH],
  [';_`', CODE],
  ['?', QUESTION],
  ['.', DOT],
] as const) {
  for (const sign of marks) markOf[sign.charCodeAt(0)] = mark;
}

/** Punctuation by what it is a sign of, and how deep brackets nest. */
export class SymbolTally {
  total = 0;
  private readonly marks = new Uint32Array(13);
  private depth = 0;
  private deepest = 0;
  private decimals = 0;
  private options = 0;

  /** An ASCII symbol; `column` counts from 1. */
  add(code: number, afterDigit: boolean, column: number): void {
    this.total++;
    const mark = markOf[code]!;
    if (mark === 0) return;
    this.marks[mark]!++;
    if (mark <= OPEN_CURLY) {
      this.depth++;
      if (this.depth > this.deepest) this.deepest = this.depth;
    } else if (mark === CLOSE) {
      if (this.depth > 0) this.depth--;
    } else if (mark === DOT) {
      if (afterDigit) this.decimals++;
      if (column === 2) this.options++;
    }
  }

  get commas(): number {
    return this.marks[COMMA]!;
  }
  get quotes(): number {
    return this.marks[QUOTE]!;
  }
  /** Ends of sentences. */
  get stops(): number {
    return this.marks[DOT]! - this.decimals + this.marks[QUESTION]!;
  }

  write(out: Float64Array): void {
    const { marks } = this;
    out[AT.decimals] = log(this.decimals);
    out[AT.depth] = log(this.deepest);
    out[AT.parentheses] = log(marks[OPEN_ROUND]!);
    out[AT.squareBrackets] = log(marks[OPEN_SQUARE]!);
    out[AT.curlyBrackets] = log(marks[OPEN_CURLY]!);
    out[AT.commas] = log(marks[COMMA]!);
    out[AT.quotes] = log(marks[QUOTE]!);
    out[AT.operators] = log(marks[OPERATOR]!);
    out[AT.comparisons] = log(marks[COMPARISON]!);
    out[AT.mathMarks] = log(marks[MATH]!);
    out[AT.codeMarks] = log(marks[CODE]!);
    out[AT.questions] = log(marks[QUESTION]!);
    out[AT.sentences] = log(marks[DOT]! - this.decimals);
    out[AT.options] = log(this.options);
  }
}

/** The shape of the lines: grids, code and lists differ from prose by it. */
export class LineTally {
  /** Characters of the line in hand. */
  length = 0;
  private lines = 1;
  private blank = 0;
  private indented = 0;
  private longest = 0;
  private first = 0;

  space(): void {
    if (this.length === 0) this.indented++;
    this.length++;
  }

  end(): void {
    this.lines++;
    if (this.length === 0) this.blank++;
    if (this.length > this.longest) this.longest = this.length;
    if (this.first === 0) this.first = this.length;
    this.length = 0;
  }

  write(out: Float64Array, chars: number): void {
    out[AT.lines] = log(this.lines);
    out[AT.blankLines] = log(this.blank);
    out[AT.indentedLines] = log(this.indented);
    out[AT.longestLine] = log(Math.max(this.longest, this.length));
    out[AT.meanLine] = log(chars / this.lines);
    out[AT.lastLine] = log(this.length);
    out[AT.firstLine] = log(this.first === 0 ? this.length : this.first);
  }
}
