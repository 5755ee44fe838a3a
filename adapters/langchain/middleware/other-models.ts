/** Answers of models that the router did not call: the agent's own, or a fallback's. They are booked all the same. */
import { randomUUID } from 'node:crypto';
import { AIMessage } from '@langchain/core/messages';
import { costOf, type Router, XrouterError } from '../../../src/index.ts';
import { fromUsageMetadata } from '../converters/usage.ts';
import { type AgentCost, costOfCall } from './agent-cost.ts';

/** A booking that is settled at once needs no longer. */
const BOOKING_MS = 60_000;

/** What a handler of `wrapModelCall` returns: the answer, alone or with the structured response made of it. */
export function answerOf(returned: unknown): AIMessage | undefined {
  if (AIMessage.isInstance(returned)) return returned;
  const { messages } = (returned ?? {}) as { messages?: unknown[] };
  return Array.isArray(messages) ? messages.find((message) => AIMessage.isInstance(message)) : undefined;
}

/** Whether a model wrote it, rather than middleware that had no answer to give. */
export function isFromModel({ usage_metadata: usage, response_metadata: metadata }: AIMessage): boolean {
  return usage !== undefined || metadata.model_name !== undefined || metadata.model !== undefined;
}

/**
 * Puts the answer on every budget that it counts against, whatever they have left: it is spent already. Its
 * price is the catalog's for the model that the answer names; where that is not known, nor is the cost.
 */
export async function bookOther(
  { catalog, ledger, parts }: Router,
  { usage_metadata, response_metadata }: AIMessage,
  budgeted: { session?: string; budgetKey?: string },
): Promise<AgentCost> {
  const { model_name, model, model_provider } = response_metadata as Record<string, string | undefined>;
  const name = model_name ?? model ?? 'unknown';
  const candidate = catalog.find(`${model_provider}/${name}`) ?? catalog.find(name);
  const usage = fromUsageMetadata(usage_metadata);
  const cost = candidate && usage ? costOf(candidate, usage) : { usd: undefined };
  const id = candidate?.id ?? name;
  const episodeId = randomUUID();
  try {
    const scopes = parts.scopesOf({ messages: [], ...budgeted }, episodeId, Date.now());
    const reservation = await ledger.reserve({
      episodeId,
      callId: randomUUID(),
      model: id,
      amountUsd: cost.usd,
      scopes: scopes.map((scope) => ({ ...scope, limitUsd: undefined })),
      expiresInMs: BOOKING_MS,
    });
    await ledger.settle(reservation.id, { ...cost, status: 'completed', usage });
  } catch (error) {
    // The answer is there and paid for; the agent goes on with it.
    const why = error instanceof XrouterError ? error.message : String(error);
    process.emitWarning(`An answer of ${id} was not booked: ${why}`, { code: 'XROUTER_LEDGER' });
  }
  return costOfCall(id, cost);
}
