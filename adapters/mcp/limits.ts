/** Bounds of what a client may send; beyond them a request is a mistake or an attack. */

/** About 250,000 tokens of English; larger contexts are for the library, not for a tool argument. */
export const MOST_PROMPT_CHARS = 1_000_000;
export const MOST_NAME_CHARS = 200;
export const MOST_MODELS = 200;
/** Of one JSON-RPC message: the longest prompt and system text, each character escaped. */
export const MOST_MESSAGE_BYTES = 8 * 1024 * 1024;
export const MOST_MESSAGES = 200;
