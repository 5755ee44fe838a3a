/** The words vendors use for the few refusals that a status code alone does not tell apart. */

/** In the order of: code names, OpenAI and those who copy it, then one vendor a line. */
const CONTEXT_OVERFLOW = [
  /context_length_exceeded|exceed_context_size|context_window_exceeded/i,
  // OpenAI, DeepSeek, vLLM, OpenRouter, SGLang: "maximum context length is/of N tokens"
  /maximum context length|max(imum)? model (context )?len(gth)?/i,
  // OpenAI's newer words
  /exceeds? the (model'?s? )?context window|input tokens exceed/i,
  // Anthropic, Fireworks, Bedrock
  /(prompt|input) is too long/i,
  /exceeds? (the )?context limit/i,
  // Google
  /input token count.{0,40}exceeds/i,
  // Mistral
  /too large for model with \d+ maximum context/i,
  // SGLang
  /longer than the model'?s context length|input length.{0,40}exceeds the maximum allowed/i,
  // llama.cpp, LM Studio, Ollama
  /exceeds? the available context size|greater than the context length|context the overflows/i,
  /exceeds? (the |maximum )?(maximum )?context length/i,
  // xAI
  /maximum prompt length is \d+/i,
  // Groq
  /reduce the length of the messages/i,
  // Moonshot, MiniMax, Cohere, Together
  /exceeded model token limit|context window exceeds|too many tokens|inputs?` tokens \+ `max_new_tokens/i,
];

export function isContextOverflow(words: string): boolean {
  return CONTEXT_OVERFLOW.some((pattern) => pattern.test(words));
}

/** Groq refuses with 413 what exceeds the tokens of a minute. */
export function isRateLimit(words: string): boolean {
  return /rate_?limit|tokens per (minute|day)|too many requests|resource_exhausted/i.test(words);
}

/**
 * A limit that waiting does not lift. OpenAI sends it as 429, DeepSeek and OpenRouter as 402. The sentence
 * "You exceeded your current quota" is not among them: Google says it of the quota of a minute.
 */
export function isOutOfCredit(words: string): boolean {
  return /insufficient_quota|insufficient (balance|credit|funds)|credit balance is too low|requires more credits|payment required|billing_hard_limit/i.test(
    words,
  );
}
