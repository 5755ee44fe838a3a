/**
 * Tags of a call whose answer is held back until it is judged: traced like any other, but not shown in
 * LangGraph's `messages` stream, which would tell users an answer that may never be released.
 */
export const HELD_TAGS = ['nostream', 'langsmith:nostream'];
