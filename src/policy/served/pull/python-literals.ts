/**
 * Reads values out of Python source without running it: literals, and calls with keyword arguments as the
 * objects they build. Enough for tables of model descriptions; whatever computes something is refused.
 */

export type PythonValue = string | number | boolean | null | PythonValue[] | { [key: string]: PythonValue };

const MAX_DEPTH = 60;
const NAME = /[A-Za-z_][\w.]*/y;
const NUMBER = /[+-]?\d[\d_]*(?:\.[\d_]*)?(?:[eE][+-]?\d+)?/y;
const STRING_START = /([A-Za-z]{0,2})('''|"""|'|")/y;
const CONSTANTS: Record<string, PythonValue> = { True: true, False: false, None: null };
const SIMPLE_ESCAPES: Record<string, string> = {
  n: '\n',
  t: '\t',
  r: '\r',
  a: '\x07',
  b: '\b',
  f: '\f',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
  '\n': '',
};

/** Every value assigned to the name in the source, at any depth; those that compute something are left out. */
export function assignedValues(source: string, name: RegExp): { name: string; value: PythonValue }[] {
  const found: { name: string; value: PythonValue }[] = [];
  for (const match of source.matchAll(/^[ \t]*([A-Za-z_]\w*)[ \t]*(?::[^=\n]+)?=(?!=)[ \t]*/gm)) {
    if (!name.test(match[1]!)) continue;
    const value = readPython(source, match.index + match[0].length);
    if (value !== undefined) found.push({ name: match[1]!, value });
  }
  return found;
}

/** The literal or call at the offset; `undefined` where there is none. */
export function readPython(source: string, offset: number): PythonValue | undefined {
  try {
    return new Reader(source, offset).value(0);
  } catch (error) {
    if (error instanceof NotLiteral) return undefined;
    throw error;
  }
}

class NotLiteral extends Error {}

class Reader {
  readonly #source: string;
  #at: number;

  constructor(source: string, offset: number) {
    this.#source = source;
    this.#at = offset;
  }

  value(depth: number): PythonValue {
    if (depth > MAX_DEPTH) throw new NotLiteral();
    this.#space();
    const char = this.#source[this.#at];
    if (char === '{') return this.#dict(depth);
    if (char === '[') return this.#items(']', depth);
    if (char === '(') {
      const items = this.#items(')', depth);
      // Parentheses around one value are only parentheses.
      return items.length === 1 ? items[0]! : items;
    }
    STRING_START.lastIndex = this.#at;
    if (STRING_START.test(this.#source)) return this.#strings();
    const number = this.#match(NUMBER);
    if (number !== undefined) return Number(number.replaceAll('_', ''));
    const name = this.#match(NAME);
    if (name === undefined) throw new NotLiteral();
    if (Object.hasOwn(CONSTANTS, name)) return CONSTANTS[name]!;
    this.#space();
    if (this.#source[this.#at] === '(') return this.#call(depth);
    return name;
  }

  #dict(depth: number): PythonValue {
    const dict: { [key: string]: PythonValue } = {};
    this.#at++;
    while (!this.#closes('}')) {
      const key = this.value(depth + 1);
      if (typeof key !== 'string') throw new NotLiteral();
      this.#space();
      this.#expect(':');
      dict[key] = this.value(depth + 1);
      this.#comma('}');
    }
    return dict;
  }

  #items(close: string, depth: number): PythonValue[] {
    const items: PythonValue[] = [];
    this.#at++;
    while (!this.#closes(close)) {
      items.push(this.value(depth + 1));
      this.#comma(close);
    }
    return items;
  }

  /** Keyword arguments as an object; positional ones are dropped. */
  #call(depth: number): PythonValue {
    const object: { [key: string]: PythonValue } = {};
    this.#at++;
    while (!this.#closes(')')) {
      const start = this.#at;
      const keyword = this.#match(/[A-Za-z_]\w*(?=\s*=(?!=))/y);
      if (keyword === undefined) this.#at = start;
      else {
        this.#space();
        this.#expect('=');
      }
      const value = this.value(depth + 1);
      if (keyword !== undefined) object[keyword] = value;
      this.#comma(')');
    }
    return object;
  }

  /** One string or several side by side, which Python joins. */
  #strings(): string {
    let text = '';
    for (;;) {
      STRING_START.lastIndex = this.#at;
      const start = STRING_START.exec(this.#source);
      if (!start) return text;
      const prefix = start[1]!.toLowerCase();
      if (/[fb]/.test(prefix)) throw new NotLiteral();
      this.#at += start[0].length;
      text += this.#stringBody(start[2]!, prefix.includes('r'));
      const end = this.#at;
      this.#space();
      if (this.#source[this.#at] === '+') this.#at++;
      this.#space();
      STRING_START.lastIndex = this.#at;
      if (!STRING_START.test(this.#source)) {
        this.#at = end;
        return text;
      }
    }
  }

  #stringBody(quote: string, raw: boolean): string {
    let text = '';
    for (;;) {
      const char = this.#source[this.#at];
      if (char === undefined || (quote.length === 1 && char === '\n')) throw new NotLiteral();
      if (this.#source.startsWith(quote, this.#at)) {
        this.#at += quote.length;
        return text;
      }
      if (char === '\\') text += this.#escape(raw);
      else {
        text += char;
        this.#at++;
      }
    }
  }

  #escape(raw: boolean): string {
    const next = this.#source[this.#at + 1] ?? '';
    const start = this.#at;
    this.#at += 2;
    if (raw) return `\\${next}`;
    const width = { x: 2, u: 4, U: 8 }[next];
    if (width !== undefined) {
      const hex = this.#source.slice(this.#at, this.#at + width);
      if (!/^[0-9a-fA-F]+$/.test(hex) || hex.length < width) throw new NotLiteral();
      this.#at += width;
      return String.fromCodePoint(Number.parseInt(hex, 16));
    }
    return SIMPLE_ESCAPES[next] ?? this.#source.slice(start, this.#at);
  }

  #closes(bracket: string): boolean {
    this.#space();
    if (this.#source[this.#at] !== bracket) return false;
    this.#at++;
    return true;
  }

  #comma(close: string): void {
    this.#space();
    if (this.#source[this.#at] === ',') this.#at++;
    else if (this.#source[this.#at] !== close) throw new NotLiteral();
  }

  #expect(char: string): void {
    if (this.#source[this.#at] !== char) throw new NotLiteral();
    this.#at++;
  }

  #match(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#source)?.[0];
    if (found !== undefined) this.#at += found.length;
    return found;
  }

  /** White space, line continuations and comments. */
  #space(): void {
    this.#match(/(?:\s|\\\n|#[^\n]*)+/y);
  }
}
