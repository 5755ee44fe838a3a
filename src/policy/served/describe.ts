/** A candidate in words, for a router that has not been trained on it: what the catalog knows, nothing more. */
import type { Candidate } from '../../catalog/candidate.ts';
import { pricesAt } from '../../catalog/price.ts';
import type { ModelSpec } from './contract.ts';

/** In the layout of the published descriptions: abilities, price, context, benchmarks, a line each. */
export function describeCandidate(candidate: Candidate): ModelSpec {
  const lines = [abilities(candidate)];
  const prices = candidate.price && pricesAt(candidate.price, Date.now(), 0);
  if (prices) {
    lines.push(`Price: $${prices.inputUsdPerMTok} input, $${prices.outputUsdPerMTok} output per 1M tokens`);
  }
  if (candidate.contextTokens !== undefined) lines.push(`Context: ${candidate.contextTokens} tokens`);
  const scores = Object.entries(candidate.benchmarks).map(([name, { score }]) => `${name} ${score}%`);
  if (scores.length > 0) lines.push(`Benchmarks: ${scores.sort().join(', ')}`);
  return { name: candidate.displayName ?? candidate.model, description: lines.join('\n        ') };
}

function abilities(candidate: Candidate): string {
  const able = [`Takes ${candidate.input.join(', ')}`];
  if (candidate.reasoning) able.push('reasons before it answers');
  if (candidate.toolCalling) able.push('calls tools');
  if (candidate.structuredOutput) able.push('follows schemas');
  return `${able.join(', ')}.`;
}
