/**
 * Finding the answer in what a model wrote. Tolerant of the form (boxed, bold, fenced, an "Answer:" line,
 * or the last thing said), exact about the value.
 */

/** Models may write without end; what counts stands at the end, and these many characters hold it. */
export const READ_CHARS = 20_000;
const LONGEST_ANSWER_CHARS = 2_000;

/** The word, then marks, fences and display brackets on lines of their own, then the answer. */
const ANSWER =
  /(?:^|[^\p{L}])answer(?: is)?[\s*_]{0,9}[:：=](?:[*_\s]|(?:```|~~~)\w*\n|(?:\$\$|\\\[)[^\S\n]*\n)*([^\n]*)/giu;

/** What follows the last "Answer:" on its line, or stands in the last \boxed{} or <answer>, whichever comes later. */
export function statedAnswer(whole: string): string | undefined {
  const text = whole.slice(-READ_CHARS);
  let at = -1;
  let answer: string | undefined;
  for (const match of text.matchAll(ANSWER)) [at, answer] = [match.index, lineOf(match)];
  for (const match of text.matchAll(/\\boxed\s?\{/g)) {
    if (match.index < at) continue;
    const inside = balanced(text, match.index + match[0].length);
    // A box on the line of "Answer:" is that answer, without the box.
    if (inside !== undefined) [at, answer] = [match.index, inside];
  }
  for (const match of text.matchAll(/<answer>(.{0,2000}?)<\/answer>/gis)) {
    if (match.index >= at) [at, answer] = [match.index, match[1]!.trim()];
  }
  return answer === undefined ? undefined : bare(answer.slice(0, LONGEST_ANSWER_CHARS));
}

/** On a line below the word a dash is the mark of a list; beside the word it is the answer's own. */
function lineOf([whole, line]: RegExpExecArray): string {
  const isBelow = whole.slice(0, whole.length - line!.length).includes('\n');
  return isBelow ? line!.replace(/^[-*•+]\s+/, '') : line!;
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

/** Without the marks people put around an answer: white space, quotes, bold, code, tags, dollar signs, \text{}. */
export function bare(text: string): string {
  let inner = text;
  for (;;) {
    const before = inner;
    inner = inner
      .replace(/^[\s*_`$\u200b\u2060]+|[\s*_`$\u200b\u2060]+$/g, '')
      .replace(/^<(b|strong|i|em|code)>(.*)<\/\1>$/is, '$2')
      .replace(/^\\(?:text|math)(?:rm|bf|tt|it|sf)?\{([^{}]*)\}$/, '$1')
      .replace(
        /^(?:"(.*)"|'(.*)'|“(.*)”|‘(.*)’|„(.*)“|«(.*)»|\\\((.*)\\\)|\\\[(.*)\\\])$/s,
        '$1$2$3$4$5$6$7$8',
      )
      .replace(/(?<=.)[.。]$/, '');
    if (inner === before) return inner;
  }
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
