/** Strings that satisfy a schema's format, pattern and lengths. */
import type { JsonSchema } from './schema.ts';

const SAMPLES: Record<string, string> = {
  date: '2026-01-15',
  'date-time': '2026-01-15T12:00:00Z',
  time: '12:00:00Z',
  duration: 'P1D',
  email: 'ada@example.com',
  uri: 'https://example.com/',
  url: 'https://example.com/',
  hostname: 'example.com',
  ipv4: '192.0.2.1',
  ipv6: '2001:db8::1',
  uuid: '3f2504e0-4f89-41d3-9a0c-0305e82c3301',
};

const VALID: Record<string, RegExp> = {
  date: /^\d{4}-\d\d-\d\d$/,
  'date-time': /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/,
  email: /^[\w.+-]+@[\w-]+\.[\w.-]*\w$/,
  uri: /^https?:\/\/\S+$/,
  url: /^https?:\/\/\S+$/,
};

/** `wanted` where it is valid, else the nearest valid string. */
export function stringFor(schema: JsonSchema, wanted: string): string {
  const format = typeof schema.format === 'string' ? schema.format : undefined;
  if (format !== undefined && format in SAMPLES) {
    return VALID[format]?.test(wanted) ? wanted : SAMPLES[format]!;
  }
  if (typeof schema.pattern === 'string') {
    if (matches(schema.pattern, wanted)) return wanted;
    const built = fromPattern(schema.pattern);
    if (built !== undefined && matches(schema.pattern, built)) return built;
  }
  const least = Number(schema.minLength ?? 0);
  const most = Number(schema.maxLength ?? Number.POSITIVE_INFINITY);
  let text = wanted;
  while ([...text].length < least) text += text || 'x';
  const points = [...text];
  return points.length > most || (least > 0 && points.length > least && text !== wanted)
    ? points.slice(0, Math.min(most, Math.max(least, 1))).join('')
    : text;
}

function matches(pattern: string, text: string): boolean {
  try {
    return new RegExp(pattern, 'u').test(text);
  } catch {
    return false;
  }
}

/** The shortest text for a plain pattern: literals, classes, groups, alternatives, counts. */
function fromPattern(pattern: string): string | undefined {
  let at = 0;

  const alternatives = (): string => {
    const first = sequence();
    while (pattern[at] === '|') {
      at++;
      sequence();
    }
    return first;
  };

  const sequence = (): string => {
    let text = '';
    while (at < pattern.length && pattern[at] !== '|' && pattern[at] !== ')') {
      const unit = atom();
      text += unit.repeat(count());
    }
    return text;
  };

  const atom = (): string => {
    const char = pattern[at++]!;
    if (char === '^' || char === '$') return '';
    if (char === '.') return 'x';
    if (char === '\\') return ESCAPES[pattern[at++]!] ?? pattern[at - 1]!;
    if (char === '[') return classMember();
    if (char !== '(') return char;
    const look = /^\?(?:[:=!]|<[=!]|<\w+>)/.exec(pattern.slice(at))?.[0];
    if (look) at += look.length;
    const inner = alternatives();
    at++;
    return look !== undefined && /[=!]$/.test(look) ? '' : inner;
  };

  const classMember = (): string => {
    const end = pattern.indexOf(']', at + 1);
    const body = pattern.slice(at, end);
    at = end + 1;
    if (body.startsWith('^')) return ['x', '0', '_', ' '].find((char) => matches(`[${body}]`, char)) ?? 'x';
    return body.startsWith('\\') ? (ESCAPES[body[1]!] ?? body[1]!) : body[0]!;
  };

  const count = (): number => {
    const char = pattern[at];
    if (char === '*' || char === '?' || char === '+') {
      at++;
      if (pattern[at] === '?') at++;
      return char === '+' ? 1 : 0;
    }
    const range = /^\{(\d+)(,\d*)?\}/.exec(pattern.slice(at));
    if (!range) return 1;
    at += range[0].length;
    return Number(range[1]);
  };

  try {
    return alternatives();
  } catch {
    return undefined;
  }
}

const ESCAPES: Record<string, string> = {
  d: '1',
  w: 'a',
  s: ' ',
  D: 'x',
  W: '-',
  S: 'x',
  b: '',
  n: '\n',
  t: '\t',
};
