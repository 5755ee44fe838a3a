/**
 * Finding the answer in what a model wrote. Tolerant of the form (boxed, bold, fenced, an "Answer:" line,
 * or the last thing said), exact about the value.
 */

/** Models may write without end; what counts stands at the end, and these many characters hold it. */
const READ_CHARS = 20_000;
const LONGEST_ANSWER_CHARS = 2_000;

/** The word, then marks, fences and display brackets on lines of their own, then the answer. */
const ANSWER =
  /(?:^|[^\p{L}])answer(?: is)?[\s*_]{0,9}[:：=](?:[*_\s]|(?:```|~~~)\w*\n|(?:\$\$|\\\[)[^\S\n]*\n)*([^\n]*)/giu;

/** What follows the last "Answer:" on its line, or stands in the last \boxed{}, whichever comes later. */
export function statedAnswer(whole: string): string | undefined {
  const text = whole.slice(-READ_CHARS);
  let at = -1;
  let answer: string | undefined;
  for (const match of text.matchAll(ANSWER)) [at, answer] = [match.index, match[1]!];
  for (const match of text.matchAll(/\\boxed\s?\{/g)) {
    if (match.index < at) continue;
    const inside = balanced(text, match.index + match[0].length);
    // A box on the line of "Answer:" is that answer, without the box.
    if (inside !== undefined) [at, answer] = [match.index, inside];
  }
  return answer === undefined ? undefined : bare(answer.slice(0, LONGEST_ANSWER_CHARS));
}

/** The text from the last "Answer:" on, over all its lines; `undefined` where there is none. */
export function answerLines(whole: string): string | undefined {
  const text = whole.slice(-READ_CHARS);
  const last = [...text.matchAll(ANSWER)].at(-1);
  return last && text.slice(last.index);
}

function balanced(text: string, start: number): string | undefined {
  let depth = 1;
  const end = Math.min(text.length, start + LONGEST_ANSWER_CHARS);
  for (let index = start; index < end; index++) {
    if (text[index] === '{') depth++;
    else if (text[index] === '}' && --depth === 0) return text.slice(start, index);
  }
  return undefined;
}

/** Without the marks people put around an answer: white space, quotes, bold, code, dollar signs, \text{}. */
export function bare(text: string): string {
  let inner = text;
  for (;;) {
    const before = inner;
    inner = inner
      .replace(/^[\s*_`$\u200b\u2060]+|[\s*_`$\u200b\u2060]+$/g, '')
      .replace(/^\\(?:text|math)(?:rm|bf|tt|it|sf)?\{([^{}]*)\}$/, '$1')
      .replace(
        /^(?:"(.*)"|'(.*)'|“(.*)”|‘(.*)’|„(.*)“|«(.*)»|\\\((.*)\\\)|\\\[(.*)\\\])$/s,
        '$1$2$3$4$5$6$7$8',
      )
      .replace(/(?<=.)[.。]$/, '');
    if (inner === before) return inner;
  }
}

const DIGITS = String.raw`(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+`;
/** Whole or not at all: the 5 of "5,5", "5.2kg", "5²" and "√5" is no number that was meant. */
const NUMBER = new RegExp(
  String.raw`(?<![\w.√]|\d,)([-+]?(?:${DIGITS})(?:e[-+]?\d+)?)(?:\s?/\s?(\d+))?(?![\w\p{No}]|[.,]\d)`,
  'giu',
);

/** What makes the number before it a part of a calculation, a range or a list. */
const GOES_ON =
  /^[\s})$]*(?:[-+*/^×·÷±–−,;]|\\(?:times|cdot|div|pm)(?![a-z])|(?:or|and|to)(?![a-z]))[\s{($]*[-−]?\.?\d/i;

/**
 * The number stated as the answer, else what "the answer is" leads to, else the last number of the text;
 * `undefined` where there is none, or a choice of several.
 */
export function readNumber(whole: string): number | undefined {
  const text = whole.slice(-READ_CHARS);
  const stated = statedAnswer(text);
  if (stated !== undefined) return statedNumber(stated);
  const at = text.toLowerCase().lastIndexOf('answer is ');
  const lead = at < 0 ? '' : text.slice(at).split('\n', 1)[0]!;
  return numbersIn(lead)[0]?.value ?? numbersIn(text).at(-1)?.value;
}

/**
 * The one number that an answer gives: "6 * 7 = 42 crates", "42 (= 6 * 7)" and "84/2" give 42; "41 or 42",
 * "6 * 7" and "40, 42" give none.
 */
export function statedNumber(stated: string): number | undefined {
  const grouped = stated
    .replace(/(?<![\d.,])\d{1,3}(?: \d{3})+(?![\d.,]*\d)/g, (digits) => digits.replaceAll(' ', ''))
    .replace(/\bminus\s+(?=[\d.])/gi, '-');
  return grouped
    .split('=')
    .map((part) => {
      const [first] = numbersIn(part);
      return first && !GOES_ON.test(first.after) ? first.value : undefined;
    })
    .findLast((value) => value !== undefined);
}

interface FoundNumber {
  value: number;
  /** The beginning of the text after it. */
  after: string;
}

function numbersIn(text: string): FoundNumber[] {
  const plain = text
    .replace(/[−–‑]\s?(?=[\d.$])/g, '-')
    .replace(/(?<!\w)-\$(?=[\d.])/g, '-')
    .replace(/\{,\}/g, ',')
    .replace(/(?<=\d)(?:\\[,;:! ]|[\u00a0\u2009\u202f'’_~])(?=\d{3}(?!\d))/g, '')
    .replace(/\\[dt]?frac\{(-?\d+)\}\{(\d+)\}/g, '$1/$2')
    .replace(/(?<=\d)\s?(?:×|\\times|\\cdot)\s?10\^(?:\{(-?\d{1,3})\}|(-?\d{1,3}))/g, 'e$1$2')
    // "17-5" and "x-3" subtract; only a sign at the start of a number is one.
    .replace(/(?<=[\w)]\s?)-(?=\d)(?<!\de-)/gi, '- ');
  return plain
    .matchAll(NUMBER)
    .map((match) => {
      const [all, number, divisor = '1'] = match;
      return {
        value: Number(number!.replaceAll(',', '')) / Number(divisor),
        after: plain.slice(match.index + all.length, match.index + all.length + 40),
      };
    })
    .toArray();
}

/** The text stated as the answer, else the last line that is not empty or a fence. */
export function readText(whole: string): string | undefined {
  const stated = statedAnswer(whole);
  if (stated) return stated;
  const lines = whole.slice(-READ_CHARS).split('\n');
  const last = lines.findLast((line) => line.trim() !== '' && !/^\s*(```|~~~)/.test(line));
  return last === undefined
    ? undefined
    : bare(last.slice(-LONGEST_ANSWER_CHARS).replace(/^.*\banswer is\s/i, ''));
}

/** The contents of closed code fences, in order. */
export function fencedBlocks(text: string): string[] {
  const blocks: string[] = [];
  let open: { fence: string; lines: string[] } | undefined;
  for (const line of text.split('\n')) {
    const [, fence = '', rest = ''] = /^\s*(`{3,}|~{3,})(.*)$/.exec(line) ?? [];
    if (open === undefined) {
      if (fence !== '') open = { fence, lines: [] };
    } else if (fence.startsWith(open.fence) && rest.trim() === '') {
      blocks.push(open.lines.join('\n'));
      open = undefined;
    } else {
      open.lines.push(line);
    }
  }
  return blocks;
}

/**
 * The whole text as JSON, else its last fence that is JSON, else what stands between the outer brackets, else
 * the last JSON that stands in the prose.
 */
export function readJson(text: string): unknown {
  const begin = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  const outer = begin >= 0 && end > begin ? [text.slice(begin, end + 1)] : [];
  for (const candidate of [text, ...fencedBlocks(text).toReversed(), ...outer]) {
    try {
      return JSON.parse(candidate);
    } catch {}
  }
  return lastJsonInProse(text);
}

/** `undefined` also where a bracket never closes: what stands within it is a part of something cut off. */
function lastJsonInProse(text: string): unknown {
  let [last, depth, begin]: [unknown, number, number] = [undefined, 0, 0];
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\\n]|\\.)*"|[[\]{}]/g)) {
    if (token === '{' || token === '[') {
      if (depth++ === 0) begin = index;
    } else if ((token === '}' || token === ']') && depth > 0 && --depth === 0) {
      const piece = text.slice(begin, index + 1);
      // "[1]" points to a source, and "{}" is a figure of speech.
      if (/^(?:\[\d*\]|\{\})$/.test(piece)) continue;
      try {
        last = JSON.parse(piece);
      } catch {}
    }
  }
  return depth === 0 ? last : undefined;
}

/** The last code fence that defines the name, else the last that mentions it, else the whole text. */
export function readCode(text: string, name: string): string {
  const blocks = fencedBlocks(text);
  const definition = new RegExp(`\\bfunction\\s*\\*?\\s*${name}\\b|\\b${name}\\s*[=:](?!=)`);
  const word = new RegExp(`\\b${name}\\b`);
  return (
    blocks.findLast((block) => definition.test(block)) ?? blocks.findLast((block) => word.test(block)) ?? text
  );
}
