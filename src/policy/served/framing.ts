/** The frame around the user's words, and what keeps those words from being taken for the frame. */

/** Longer system texts stand in front of the query instead of in a section of their own, as in training. */
const MAX_SYSTEM_CHARS = 2000;

/**
 * Everything the router, its tokenizer or its parser reads as structure: ChatML and other special tokens of
 * Qwen2.5, the tool tags of its template, and the two section titles.
 */
const FRAMING = /<(?=\|[A-Za-z_]+\|>|\/?(?:tool_call|tool_response|tools)>)|(?<=USER)(?= (?:QUERY|SYSTEM):)/g;

/** U+2060 WORD JOINER: invisible and without width, but no tokenizer joins text across it. */
const BREAK = '\u2060';

/**
 * Text of a user or a candidate as it may stand inside the router's prompt. An imitation of the framing gets
 * an invisible character into it and so stays text; any other text keeps its bytes. Only what the router
 * reads is changed: candidates receive the user's own messages.
 */
export function neutralise(text: string): string {
  return text.toWellFormed().replace(FRAMING, (match) => match + BREAK);
}

/** What Python's `str.strip` takes away, which is not what `trim` does: U+FEFF stays, U+001C to U+001F go. */
const PYTHON_SPACE =
  '[\\t-\\r\\x1c-\\x20\\x85\\xa0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000]';
const OUTER_SPACE = new RegExp(`^${PYTHON_SPACE}+|(?<!${PYTHON_SPACE})${PYTHON_SPACE}+$`, 'g');

function pythonStrip(text: string): string {
  return text.replace(OUTER_SPACE, '');
}

/** The first user turn of the router's conversation. */
export function frameQuery(query: string, system?: string): string {
  const asked = neutralise(pythonStrip(query));
  const instructed = neutralise(pythonStrip(system ?? ''));
  if (instructed === '') return `USER QUERY: \n${asked}`;
  if (codePoints(instructed) > MAX_SYSTEM_CHARS) return `USER QUERY: \n${instructed}\n${asked}`;
  return `USER SYSTEM: \n${instructed}\nUSER QUERY: \n${asked}`;
}

/** Length as Python counts it. */
function codePoints(text: string): number {
  let count = 0;
  for (const _ of text) count++;
  return count;
}

/** The tool a model is called by: `call_` and its id, with `-` and `.` as `_`. */
export function toolName(modelId: string): string {
  return `call_${modelId.replace(/[-.]/g, '_')}`;
}
