/**
 * Finding the answer in what a model wrote. Tolerant of the form (boxed, bold, fenced, an "Answer:" line,
 * or the last thing said), exact about the value.
 */

/** What follows the last "Answer:" or stands in the last \boxed{}, whichever comes later. */
export function statedAnswer(text: string): string | undefined {
  let at = -1;
  let answer: string | undefined;
  for (const match of text.matchAll(
    /(?:^|[^\p{L}])answer(?: is)?\s*[*_]*\s*[:：=]\s*[*_]*[^\S\n]*(\n?[^\n]*)/giu,
  )) {
    [at, answer] = [match.index, match[1]!];
  }
  for (const match of text.matchAll(/\\boxed\s*\{/g)) {
    const inside = balanced(text, match.index + match[0].length);
    // A box on the line of "Answer:" is that answer, without the box.
    if (inside !== undefined && match.index > at) [at, answer] = [match.index, inside];
  }
  return answer === undefined ? undefined : bare(answer);
}

function balanced(text: string, start: number): string | undefined {
  let depth = 1;
  for (let index = start; index < text.length; index++) {
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

/** The number stated as the answer, else the last number of the text; `undefined` where there is none. */
export function readNumber(text: string): number | undefined {
  const stated = statedAnswer(text);
  // "Answer: 6 * 7 = 42 crates": what counts stands after the last sign of equality, and first there.
  const found = numbersIn(stated === undefined ? text : stated.slice(stated.lastIndexOf('=') + 1));
  return stated === undefined ? found.at(-1) : found[0];
}

export function numbersIn(text: string): number[] {
  const plain = text
    .replace(/[−–](?=\d)/g, '-')
    .replace(/\{,\}|\\,|[ {3}](?=\d{3}\b)/g, (mark) => (mark === '{,}' ? ',' : ''))
    // "17-5" and "x-3" subtract; only a sign at the start of a number is one.
    .replace(/(?<=[\w)])-(?=\d)/g, '- ');
  return [...plain.matchAll(NUMBER)].map((match) => Number(match[0].replaceAll(',', '')));
}

/** The text stated as the answer, else the last line that is not empty or a fence. */
export function readText(text: string): string | undefined {
  const stated = statedAnswer(text);
  if (stated) return stated;
  const lines = text.split('\n').filter((line) => line.trim() !== '' && !/^\s*(```|~~~)/.test(line));
  return lines.length === 0 ? undefined : bare(lines.at(-1)!);
}

/** The contents of closed code fences, in order. */
export function fencedBlocks(text: string): string[] {
  return [...text.matchAll(/^[^\S\n]*(`{3,}|~{3,})[^\n]*\n([\s\S]*?)\n?[^\S\n]*\1[`~]*[^\S\n]*$/gm)].map(
    (match) => match[2]!,
  );
}

/** The whole text as JSON, else its last fence that is JSON, else what stands between the outer brackets. */
export function readJson(text: string): unknown {
  const outer = /[[{][\s\S]*[\]}]/.exec(text)?.[0];
  for (const candidate of [text, ...fencedBlocks(text).toReversed(), ...(outer ? [outer] : [])]) {
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
