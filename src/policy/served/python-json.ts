/**
 * JSON as Python's `json` module reads and writes it. The router was trained on text that Python printed, so
 * `1.0` must stay `1.0` and keys must keep their order, both of which JavaScript's own JSON loses.
 */

/** A number by the text Python would print for it. */
export class PyNumber {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type PyObject = Map<string, PyJson>;
export type PyJson = null | boolean | string | PyNumber | PyJson[] | PyObject;

/** Deeper nesting is refused, so that no input can exhaust the stack. */
const MAX_DEPTH = 200;

const NUMBER = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const WORDS: [string, () => PyJson][] = [
  ['null', () => null],
  ['true', () => true],
  ['false', () => false],
  ['NaN', () => new PyNumber('NaN')],
  ['Infinity', () => new PyNumber('Infinity')],
  ['-Infinity', () => new PyNumber('-Infinity')],
];

/**
 * `json.loads`.
 * @throws SyntaxError with the offset of what is wrong
 */
export function parsePythonJson(text: string): PyJson {
  const { value, end } = parsePythonJsonAt(text, 0);
  const rest = skipSpace(text, end);
  if (rest < text.length) throw new SyntaxError(`unexpected text after the JSON value at offset ${rest}`);
  return value;
}

/** `json.JSONDecoder().raw_decode`: the value that starts at `offset`, and where it ends. */
export function parsePythonJsonAt(text: string, offset: number): { value: PyJson; end: number } {
  let at = offset;

  function fail(): never {
    throw new SyntaxError(
      at >= text.length ? 'the JSON text ends too early' : `invalid JSON at offset ${at}`,
    );
  }

  function readString(): string {
    const start = ++at;
    for (; at < text.length; at++) {
      const code = text.charCodeAt(at);
      if (code === 0x22) break;
      if (code === 0x5c) at++;
      else if (code < 0x20) fail();
    }
    if (at >= text.length) fail();
    const raw = text.slice(start, at++);
    if (!raw.includes('\\')) return raw;
    return raw.replace(/\\(?:u([0-9a-fA-F]{4})|([\s\S]))/g, (_, hex: string | undefined, char: string) => {
      if (hex !== undefined) return String.fromCharCode(Number.parseInt(hex, 16));
      const escaped = ESCAPES[char];
      if (escaped === undefined) throw new SyntaxError(`invalid escape in the string at offset ${start}`);
      return escaped;
    });
  }

  function readValue(depth: number): PyJson {
    if (depth > MAX_DEPTH) throw new SyntaxError(`the JSON is nested deeper than ${MAX_DEPTH} levels`);
    at = skipSpace(text, at);
    const char = text[at];
    if (char === '"') return readString();
    if (char === '{') return readObject(depth);
    if (char === '[') return readArray(depth);
    NUMBER.lastIndex = at;
    const number = NUMBER.exec(text);
    if (number) {
      at = NUMBER.lastIndex;
      const isFloat = number[1] !== undefined || number[2] !== undefined;
      return new PyNumber(isFloat ? floatRepr(Number(number[0])) : number[0] === '-0' ? '0' : number[0]);
    }
    for (const [word, make] of WORDS) {
      if (text.startsWith(word, at)) {
        at += word.length;
        return make();
      }
    }
    return fail();
  }

  function readObject(depth: number): PyObject {
    const object: PyObject = new Map();
    at = skipSpace(text, at + 1);
    if (text[at] === '}') {
      at++;
      return object;
    }
    for (;;) {
      if (text[at] !== '"') fail();
      const key = readString();
      at = skipSpace(text, at);
      if (text[at] !== ':') fail();
      at++;
      object.set(key, readValue(depth + 1));
      at = skipSpace(text, at);
      const char = text[at];
      if (char !== ',' && char !== '}') fail();
      at = skipSpace(text, at + 1);
      if (char === '}') return object;
    }
  }

  function readArray(depth: number): PyJson[] {
    const array: PyJson[] = [];
    at = skipSpace(text, at + 1);
    if (text[at] === ']') {
      at++;
      return array;
    }
    for (;;) {
      array.push(readValue(depth + 1));
      at = skipSpace(text, at);
      const char = text[at++];
      if (char === ']') return array;
      if (char !== ',') {
        at--;
        fail();
      }
    }
  }

  const value = readValue(0);
  return { value, end: at };
}

const ESCAPES: Record<string, string> = {
  '"': '"',
  '\\': '\\',
  '/': '/',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

function skipSpace(text: string, offset: number): number {
  let at = offset;
  while (at < text.length && ' \t\n\r'.includes(text[at]!)) at++;
  return at;
}

/** `repr` of a Python float: the shortest digits, an exponent below 1e-4 and from 1e16 on. */
export function floatRepr(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? 'Infinity' : '-Infinity';
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  const [mantissa, power] = Math.abs(value).toExponential().split('e') as [string, string];
  const digits = mantissa.replace('.', '');
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
    const size = String(Math.abs(exponent)).padStart(2, '0');
    return `${sign}${digits[0]}${fraction}e${exponent < 0 ? '-' : '+'}${size}`;
  }
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${sign}${whole}.${digits.slice(exponent + 1) || '0'}`;
}

/** `json.dumps(value, ensure_ascii=False)`. Lone surrogates, which have no UTF-8 form, become U+FFFD. */
export function dumpPythonJson(value: PyJson): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (value instanceof PyNumber) return value.text;
  if (Array.isArray(value)) return `[${value.map(dumpPythonJson).join(', ')}]`;
  const members = [...value].map(
    ([key, member]) => `${JSON.stringify(key.toWellFormed())}: ${dumpPythonJson(member)}`,
  );
  return `{${members.join(', ')}}`;
}

/** A JavaScript value as Python would hold it; whole numbers count as integers, `undefined` members vanish. */
export function toPyJson(value: unknown): PyJson {
  if (value === null || value === undefined) return null;
  if (typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'number') {
    return new PyNumber(Number.isInteger(value) ? String(BigInt(value)) : floatRepr(value));
  }
  if (value instanceof PyNumber || value instanceof Map) return value as PyNumber | PyObject;
  if (Array.isArray(value)) return value.map(toPyJson);
  const object: PyObject = new Map();
  for (const [key, member] of Object.entries(value)) {
    if (member !== undefined) object.set(key, toPyJson(member));
  }
  return object;
}

/** Back to plain JavaScript, where the exact notation no longer matters. */
export function fromPyJson(value: PyJson): unknown {
  if (value instanceof PyNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(fromPyJson);
  if (value instanceof Map) {
    // A null prototype: a key such as `__proto__` in a model's output is only a key.
    const object: Record<string, unknown> = Object.create(null);
    for (const [key, member] of value) object[key] = fromPyJson(member);
    return object;
  }
  return value;
}
