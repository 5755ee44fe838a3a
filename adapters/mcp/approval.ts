/**
 * A person's approval of a call that may cost more than the operator lets pass: asked once, by a form of one
 * box. A client that has no forms gets a refusal that says what to do instead.
 */
import { createHash, randomBytes } from 'node:crypto';
import type {
  ClientCapabilities,
  InputRequiredResult,
  McpServer,
  ServerContext,
} from '@modelcontextprotocol/server';
import {
  acceptedContent,
  CLIENT_CAPABILITIES_META_KEY,
  createRequestStateCodec,
  inputRequired,
} from '@modelcontextprotocol/server';
import { z } from 'zod';
import type { Decision, RouteRequest, Router } from '../../src/index.ts';
import { estimateInput, formatUsd, viewPrompt, worstCaseUsd, XrouterError } from '../../src/index.ts';

interface Asked {
  usd: number;
  /** Of the arguments: an approval holds for nothing else. */
  digest: string;
}

/** Output bound of a request that needs a bound and names none; most answers are shorter. */
export const BOUNDED_OUTPUT_TOKENS = 8_192;

const approvalForm = z.object({ approve: z.boolean().describe('Spend it') });
const KEY = 'approval';

/** Signs what was asked, since the client carries it back; the key lives as long as the process. */
const codec = createRequestStateCodec<Asked>({ key: randomBytes(32), ttlSeconds: 3_600 });
export const requestState = { verify: codec.verify };

/** What the person approved for these arguments, in USD; `undefined`: was not asked. @throws if declined */
export function approvedUsd(args: unknown, ctx: ServerContext): number | undefined {
  const asked = ctx.mcpReq.requestState<Asked>();
  if (typeof asked !== 'object' || asked.digest !== digestOf(args)) return undefined;
  const answer = acceptedContent(ctx.mcpReq.inputResponses, KEY, approvalForm);
  if (answer?.approve) return asked.usd;
  throw new XrouterError(
    'budget_exceeded',
    `The user did not approve spending up to ${formatUsd(asked.usd)}.`,
    {
      hint: 'Lower max_output_tokens, or name cheaper models in pool.',
    },
  );
}

/** @throws XrouterError `budget_exceeded` where the client cannot ask a person */
export async function askApproval(
  server: McpServer,
  ctx: ServerContext,
  ask: { args: unknown; model: string; usd: number },
): Promise<InputRequiredResult> {
  const most = formatUsd(ask.usd);
  if (!canAsk(server, ctx)) {
    throw new XrouterError(
      'budget_exceeded',
      `Calling ${ask.model} may cost up to ${most}, which needs a person's approval, and this client cannot ask for it.`,
      {
        hint: 'Set max_usd or a smaller max_output_tokens, name cheaper models in pool, or start the server with a higher --approve-above.',
      },
    );
  }
  const message = `Call ${ask.model} for at most ${most}?`;
  return inputRequired({
    inputRequests: { [KEY]: inputRequired.elicit({ message, requestedSchema: approvalForm }) },
    requestState: await codec.mint({ usd: ask.usd, digest: digestOf(ask.args) }, ctx),
  });
}

function canAsk(server: McpServer, ctx: ServerContext): boolean {
  // Each request says it since 2026-07-28; before, the connection's handshake did.
  const envelope = ctx.mcpReq.envelope as Partial<Record<string, ClientCapabilities>> | undefined;
  const declared = envelope?.[CLIENT_CAPABILITIES_META_KEY] ?? server.server.getClientCapabilities();
  const elicitation = declared?.elicitation;
  // An empty capability means forms, as it did before there were other modes.
  return elicitation !== undefined && ('form' in elicitation || !('url' in elicitation));
}

/** Worst case in USD of what a decision calls; `undefined` where a price is unknown. */
export function worstOfDecision(
  router: Router,
  request: RouteRequest,
  { action }: Decision,
): number | undefined {
  if (action.type !== 'call') return 0;
  const { highTokens } = estimateInput(request, viewPrompt(request));
  let sumUsd = 0;
  for (const { model } of action.calls) {
    const candidate = router.catalog.get(model);
    const most = candidate.maxOutputTokens ?? candidate.contextTokens ?? Number.POSITIVE_INFINITY;
    const outputTokens = Math.min(request.maxOutputTokens ?? BOUNDED_OUTPUT_TOKENS, most);
    const usd = worstCaseUsd(candidate, highTokens, outputTokens);
    if (usd === undefined) return undefined;
    sumUsd += usd;
  }
  return sumUsd;
}

function digestOf(args: unknown): string {
  return createHash('sha256').update(JSON.stringify(args)).digest('hex');
}
