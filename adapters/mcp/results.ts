/**
 * The one place that shapes results: `structuredContent` for programs, and a text for people and for
 * clients that read only text. What a model wrote is somebody else's text: in the text form it stands
 * between tags with a random name, so that nothing in it can pass for the server's own words.
 */
import { randomBytes } from 'node:crypto';
import type { CallToolResult } from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Cost, Decision, Explanation, RouteResult } from '../../src/index.ts';
import { formatUsd } from '../../src/index.ts';
import type { Call } from './calls.ts';

/** Clients cut or put aside what is longer; the whole answer is in `structuredContent`. */
const MOST_TEXT_CHARS = 40_000;
/** So many estimates say enough; the rest are worse. */
const MOST_ESTIMATES = 8;

const count = z.number().optional();
const text = z.string().optional();

/** Output of `route_prompt` and `get_result`. What is not known is left out. */
export const routeOutput = z.looseObject({
  status: z.enum(['completed', 'running', 'decided', 'cancelled']),
  call_id: text,
  answer: text,
  model: text,
  finish_reason: text,
  cost: z.looseObject({ usd: count, source: text, as_of: text }).optional(),
  usage: z.looseObject({ input_tokens: count, output_tokens: count, cached_tokens: count }).optional(),
  decision: z.looseObject({ policy: text, reason: text }).optional(),
  episode_id: text,
});
export type RouteOutput = z.infer<typeof routeOutput>;

export function toolResult(structuredContent: Record<string, unknown>, text: string): CallToolResult {
  return { content: [{ type: 'text', text }], structuredContent: withoutUndefined(structuredContent) };
}

export function completedResult(result: RouteResult): CallToolResult {
  const { model, servedModel, finishReason, usage, cost, decision, episode } = result;
  const output: RouteOutput = {
    status: 'completed',
    answer: result.text,
    model,
    served_model: servedModel,
    finish_reason: finishReason,
    cost: costOutput(cost),
    usage: {
      input_tokens: usage.inputTokens,
      output_tokens: usage.outputTokens,
      cached_tokens: usage.cacheReadTokens,
      reasoning_tokens: usage.reasoningTokens,
    },
    decision: decisionOutput(decision, episode),
    episode_id: episode.id,
  };
  const cut = finishReason === 'length' ? ' The answer was cut at its token limit.' : '';
  const facts = `${model}, ${costText(cost)}, ${usage.inputTokens} tokens in, ${usage.outputTokens} out. ${decision.reason ?? ''}${cut}`;
  return toolResult(output, `${modelText(result.text)}\n${facts}`);
}

export function runningResult(call: Call): CallToolResult {
  const output: RouteOutput = { status: 'running', call_id: call.id, phase: call.phase };
  return toolResult(
    output,
    `Still running: ${call.phase}. get_result with call_id ${call.id} has the answer.`,
  );
}

export function decidedResult(explanation: Explanation): CallToolResult {
  const { decision, refusals } = explanation;
  const model = chosenModel(decision);
  const candidates = decision.estimates.slice(0, MOST_ESTIMATES).map(({ model, success, costUsd }) => ({
    model,
    success,
    cost_usd: costUsd,
  }));
  const output: RouteOutput = {
    status: 'decided',
    model,
    decision: { ...decisionOutput(decision, explanation), candidates, refused: refusals.length },
  };
  const first = decision.estimates.find((estimate) => estimate.model === model);
  const expected = first?.costUsd === undefined ? 'unknown' : formatUsd(first.costUsd);
  return toolResult(output, `${model} would answer, expected cost ${expected}. ${decision.reason ?? ''}`);
}

/** The model a decision calls first, or the policy's name where it answers itself. */
export function chosenModel({ action, policy }: Decision): string {
  return action.type === 'call' ? action.calls[0].model : policy;
}

function decisionOutput(
  { policy, reason, floorReached, fallback }: Decision,
  { lambda, minSuccess }: { lambda: number; minSuccess?: number },
) {
  return { policy, reason, lambda, min_success: minSuccess, floor_reached: floorReached, fallback };
}

export function costOutput({ usd, provenance, estimated }: Cost) {
  return {
    usd,
    source: provenance?.source,
    name: provenance?.name,
    as_of: provenance?.asOf,
    estimated,
  };
}

function costText({ usd, provenance, estimated }: Cost): string {
  if (usd === undefined) return 'cost unknown';
  const source = provenance ? ` (${provenance.name} of ${provenance.asOf})` : '';
  return `${formatUsd(usd)}${source}${estimated ? ', usage estimated' : ''}`;
}

/** A model's text between tags that it cannot have known; what looks like such a tag in it is escaped. */
export function modelText(answer: string): string {
  const tag = `answer-${randomBytes(8).toString('hex')}`;
  const shown = answer.slice(0, MOST_TEXT_CHARS).replace(/<(?=\/?answer-)/gi, '&lt;');
  const rest = answer.length - MOST_TEXT_CHARS;
  const more = rest > 0 ? `\n${rest} more characters are in structuredContent.` : '';
  return `<${tag}>\n${shown}\n</${tag}>${more}`;
}

function withoutUndefined(value: Record<string, unknown>): Record<string, unknown> {
  // What is sent has no undefined; what is validated before it should be the same.
  return JSON.parse(JSON.stringify(value));
}
