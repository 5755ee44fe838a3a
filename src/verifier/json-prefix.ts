/** Whether a text is JSON, the beginning of JSON, or neither; one pass, no recursion. */

/** Sticky: matches where `lastIndex` says, also nothing. */
const WORD = /[-+.\w]*/y;
const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const NUMBER_BEGUN = /^-?((0|[1-9]\d*)(\.\d*)?([eE][+-]?\d*)?)?$/;
const LITERALS = ['true', 'false', 'null'];
const ESCAPE = /^\\(["\\/bfnrt]|u[\da-fA-F]{4})/;
const ESCAPE_BEGUN = /^\\(u[\da-fA-F]{0,3})?$/;

type Expected = 'value' | 'value or ]' | 'key' | 'key or }' | ':' | ', or end';

/**
 * `unfinished` only where some continuation would make the text JSON, so prose that happens to begin with
 * a bracket is `invalid`, never `unfinished`. Empty text is `invalid`: nothing was begun.
 */
export function jsonState(text: string): 'complete' | 'unfinished' | 'invalid' {
  const open: ('{' | '[')[] = [];
  let expected = 'value' as Expected;
  let begun = false;
  let index = 0;
  while (index < text.length) {
    const char = text[index]!;
    if (char === ' ' || char === '\n' || char === '\r' || char === '\t') {
      index++;
      continue;
    }
    begun = true;
    const inObject = open.at(-1) === '{';
    if (expected === ':') {
      if (char !== ':') return 'invalid';
      expected = 'value';
      index++;
    } else if (expected === ', or end' && char === ',') {
      if (open.length === 0) return 'invalid';
      expected = inObject ? 'key' : 'value';
      index++;
    } else if ((char === '}' && inObject) || (char === ']' && open.at(-1) === '[')) {
      if (expected !== ', or end' && expected !== (inObject ? 'key or }' : 'value or ]')) return 'invalid';
      open.pop();
      expected = ', or end';
      index++;
    } else if (expected === ', or end') {
      return 'invalid';
    } else if (char === '"') {
      const end = stringEnd(text, index);
      if (typeof end === 'string') return end;
      expected = expected === 'key' || expected === 'key or }' ? ':' : ', or end';
      index = end;
    } else if (expected === 'key' || expected === 'key or }') {
      return 'invalid';
    } else if (char === '{' || char === '[') {
      open.push(char);
      expected = char === '{' ? 'key or }' : 'value or ]';
      index++;
    } else {
      WORD.lastIndex = index;
      const word = WORD.exec(text)![0];
      const last = index + word.length === text.length;
      if (word === '' || (!NUMBER.test(word) && !LITERALS.includes(word))) {
        const mayGrow = NUMBER_BEGUN.test(word) || LITERALS.some((literal) => literal.startsWith(word));
        return last && word !== '' && mayGrow ? 'unfinished' : 'invalid';
      }
      expected = ', or end';
      index += word.length;
    }
  }
  if (!begun) return 'invalid';
  return expected === ', or end' && open.length === 0 ? 'complete' : 'unfinished';
}

/** Index after the closing quote, or what the missing or wrong end makes of the whole text. */
function stringEnd(text: string, start: number): number | 'unfinished' | 'invalid' {
  let index = start + 1;
  while (index < text.length) {
    const char = text[index]!;
    if (char === '"') return index + 1;
    if (char === '\\') {
      const piece = text.slice(index, index + 6);
      const escaped = ESCAPE.exec(piece);
      if (!escaped) return ESCAPE_BEGUN.test(piece) ? 'unfinished' : 'invalid';
      index += escaped[0].length;
    } else if (char < ' ') {
      return 'invalid';
    } else {
      index++;
    }
  }
  return 'unfinished';
}
