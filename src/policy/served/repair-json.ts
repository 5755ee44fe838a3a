/**
 * Reads JSON that a language model wrote nearly right. Only slips with one plausible reading are mended:
 * raw line breaks and unescaped quotes inside strings, Python's quotes and words, unquoted keys, trailing
 * commas, missing closing brackets. A string that was cut off stays broken: nobody knows how it went on.
 */
import { type PyJson, PyNumber, type PyObject, parsePythonJsonAt } from './python-json.ts';

const MAX_DEPTH = 50;
const BARE_WORD = /[A-Za-z_][\w-]{0,63}/y;
const NUMBER = /[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/y;
const WORDS: Record<string, PyJson> = { true: true, false: false, null: null, none: null };
/** A member of an object: what must follow a comma, if that comma really ended a string. */
const NEXT_MEMBER = /\s*(?:["'][^"'\n]{1,64}["']|[A-Za-z_][\w-]{0,63})\s*:/y;

/** The first value at `offset`, read strictly where it can be and mended otherwise; `undefined`: neither. */
export function readJson(text: string, offset = 0): { value: PyJson; end: number } | undefined {
  try {
    return parsePythonJsonAt(text, offset);
  } catch {
    return new Repair(text, offset).read();
  }
}

class Broken extends Error {}

class Repair {
  private readonly text: string;
  private at: number;

  constructor(text: string, offset: number) {
    this.text = text;
    this.at = offset;
  }

  read(): { value: PyJson; end: number } | undefined {
    try {
      const value = this.value(0, false);
      return { value, end: this.at };
    } catch (error) {
      if (error instanceof Broken) return undefined;
      throw error;
    }
  }

  private value(depth: number, inObject: boolean): PyJson {
    if (depth > MAX_DEPTH) throw new Broken();
    this.space();
    const char = this.text[this.at];
    if (char === '{') return this.object(depth);
    if (char === '[') return this.array(depth);
    if (char === '"' || char === "'") return this.string(inObject);
    const number = this.match(NUMBER);
    if (number !== undefined) return readNumber(number);
    const word = this.match(BARE_WORD)?.toLowerCase();
    if (word !== undefined && Object.hasOwn(WORDS, word)) return WORDS[word]!;
    throw new Broken();
  }

  private object(depth: number): PyObject {
    const object: PyObject = new Map();
    this.at++;
    for (;;) {
      this.space();
      if (this.closed('}')) return object;
      if (this.text[this.at] === ',') {
        this.at++;
        continue;
      }
      const char = this.text[this.at];
      const key = char === '"' || char === "'" ? this.string(true) : this.match(BARE_WORD);
      if (key === undefined) throw new Broken();
      this.space();
      if (this.text[this.at] !== ':') throw new Broken();
      this.at++;
      object.set(key, this.value(depth + 1, true));
    }
  }

  private array(depth: number): PyJson[] {
    const array: PyJson[] = [];
    this.at++;
    for (;;) {
      this.space();
      if (this.closed(']')) return array;
      if (this.text[this.at] === ',') this.at++;
      else array.push(this.value(depth + 1, false));
    }
  }

  /** Whether the container ends here: by its bracket, or because the text does. */
  private closed(bracket: string): boolean {
    if (this.at >= this.text.length) return true;
    if (this.text[this.at] !== bracket) return false;
    this.at++;
    return true;
  }

  private string(inObject: boolean): string {
    const quote = this.text[this.at++]!;
    let out = '';
    for (; this.at < this.text.length; this.at++) {
      const char = this.text[this.at]!;
      if (char === '\\') out += this.escape();
      else if (char !== quote || !this.endsString(inObject)) out += char;
      else {
        this.at++;
        return out;
      }
    }
    throw new Broken();
  }

  /** Whether the quote at the cursor ends the string, by what follows it. */
  private endsString(inObject: boolean): boolean {
    let next = this.at + 1;
    while (next < this.text.length && ' \t\r\n'.includes(this.text[next]!)) next++;
    const char = this.text[next];
    if (char === undefined || char === '}' || char === ']' || char === ':') return true;
    if (char !== ',') return false;
    if (!inObject) return true;
    NEXT_MEMBER.lastIndex = next + 1;
    return NEXT_MEMBER.test(this.text) || /^\s*[}\]]/.test(this.text.slice(next + 1, next + 64));
  }

  private escape(): string {
    const char = this.text[++this.at];
    if (char === undefined) throw new Broken();
    const simple = ESCAPES[char];
    if (simple !== undefined) return simple;
    const hex = this.text.slice(this.at + 1, this.at + 5);
    if (char === 'u' && /^[0-9a-fA-F]{4}$/.test(hex)) {
      this.at += 4;
      return String.fromCharCode(Number.parseInt(hex, 16));
    }
    // An escape JSON does not know, such as \d in a regular expression: meant as it stands.
    return `'"/`.includes(char) ? char : `\\${char}`;
  }

  private match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private space(): void {
    while (this.at < this.text.length && ' \t\r\n'.includes(this.text[this.at]!)) this.at++;
  }
}

const ESCAPES: Record<string, string> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f', '\\': '\\' };

function readNumber(text: string): PyJson {
  const plain = text
    .replace(/^\+/, '')
    .replace(/^(-?)\./, '$10.')
    .replace(/\.(?=$|[eE])/, '.0');
  try {
    return parsePythonJsonAt(plain, 0).value;
  } catch {
    // A leading zero.
    return new PyNumber(String(Number(plain)));
  }
}
