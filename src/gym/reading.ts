/**
 * Finding the answer in what a model wrote. Tolerant of the form (boxed, bold, fenced, an "Answer:" line,
 * or the last thing said), exact about the value.
 */

/** Models may write without end; what counts stands at the end, and these many characters hold it. */
const READ_CHARS = 20_000;
const LONGEST_ANSWER_CHARS = 2_000;

const ANSWER = /(?:^|[^\p{L}])answer(?: is)?[\s*_]{0,9}[:：=][*_\s]*([^\n]*)/giu;

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

/** The text from the last "Answer:" on, over all its lines; the whole text where there is none. */
export function answerLines(whole: string): string {
  const text = whole.slice(-READ_CHARS);
  return text.slice([...text.matchAll(ANSWER)].at(-1)?.index ?? 0);
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
      .replace(/^[\s*_`$]+|[\s*_`$]+$/g, '')
      .replace(/^\\(?:text|mathrm|mathbf)\{([^{}]*)\}$/, '$1')
      .replace(/^(?:"(.*)"|'(.*)'|“(.*)”|‘(.*)’|\\\((.*)\\\)|\\\[(.*)\\\])$/s, '$1$2$3$4$5$6')
      .replace(/(?<=.)[.。]$/, '');
    if (inner === before) return inner;
  }
}

const NUMBER = /(?<![\w.])[-+]?(?:\d{1,3}(?:,\d{3})+(?![\d,]\d)|\d+)(?:\.\d+)?(?![\w])/g;

/**
 * The number stated as the answer, else what "the answer is" leads to, else the last number of the text;
 * `undefined` where there is none, or a choice of several.
 */
export function readNumber(whole: string): number | undefined {
  const text = whole.slice(-READ_CHARS);
  const stated = statedAnswer(text);
  if (stated === undefined) {
    const at = text.toLowerCase().lastIndexOf('answer is ');
    const lead = at < 0 ? '' : text.slice(at).split('\n', 1)[0]!;
    return numbersIn(lead)[0] ?? numbersIn(text).at(-1);
  }
  // "6 * 7 = 42 crates": what counts stands after the last sign of equality, and first there.
  const part = stated.slice(stated.lastIndexOf('=') + 1);
  return /\d\s*or\s*-?\d/i.test(part) ? undefined : numbersIn(part)[0];
}

export function numbersIn(text: string): number[] {
  const plain = text
    .replace(/[−–](?=\d)/g, '-')
    .replace(/\{,\}|\\,|(?<=\d)[\u00a0\u2009\u202f](?=\d{3}(?!\d))/g, (mark) => (mark === '{,}' ? ',' : ''))
    // "17-5" and "x-3" subtract; only a sign at the start of a number is one.
    .replace(/(?<=[\w)])-(?=\d)/g, '- ');
  return [...plain.matchAll(NUMBER)].map((match) => Number(match[0].replaceAll(',', '')));
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

/** The whole text as JSON, else its last fence that is JSON, else what stands between the outer brackets. */
export function readJson(text: string): unknown {
  const begin = text.search(/[[{]/);
  const end = Math.max(text.lastIndexOf('}'), text.lastIndexOf(']'));
  const outer = begin >= 0 && end > begin ? [text.slice(begin, end + 1)] : [];
  for (const candidate of [text, ...fencedBlocks(text).toReversed(), ...outer]) {
    try {
      return JSON.parse(candidate);
    } catch {}
  }
  return undefined;
}

/** The last code fence that mentions the name, else the whole text. */
export function readCode(text: string, name: string): string {
  const word = new RegExp(`\\b${name}\\b`);
  return fencedBlocks(text).findLast((block) => word.test(block)) ?? text;
}
