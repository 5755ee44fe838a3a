/** The served policy from what a user says about it. */
import { XrouterError } from '../../errors.ts';
import type { Policy, PolicyCheck } from '../policy.ts';
import type { RouterBackend } from './backend.ts';
import { checkRouterServer } from './check.ts';
import type { Contract } from './contract.ts';
import type { RouterPrice } from './overhead.ts';
import { servedPolicy } from './served.ts';
import { checkServer, type RouterServerSpec } from './server-spec.ts';

export interface ServedPolicyOptions {
  server: RouterServerSpec;
  /**
   * Compatibility mode: the folder (or the contents) of a published checkpoint's contract. Left out: chat
   * mode, with a prompt and tools made from the catalog, for any model that calls tools.
   */
  contract?: string | Contract;
  /** Compatibility mode only. `generate` is SGLang's own endpoint; default `completions`. */
  endpoint?: 'completions' | 'generate';
  /** Agent: several turns, selection and synthesis. Simple: one choice, streamed through. Default `agent`. */
  routing?: 'agent' | 'simple';
  /** Candidate id to the id the router knows the model by, where the two differ. */
  names?: Record<string, string>;
  /** Decides whenever the router does not, for example the embedded policy. */
  fallback?: Policy;
  /** What the router's own tokens cost; left out, the cost of every request is unknown. */
  price?: RouterPrice;
  /** ISO date the price was given at. Default: today. */
  priceAsOf?: string;
  /**
   * Whether the prompt the router writes becomes the system prompt of the call, the user's own after it, and
   * its temperature the call's where the user set none. Default: only in compatibility mode.
   */
  rewriteSystemPrompt?: boolean;
  /** Turns of the router for one request. Default 3, as in training. */
  maxTurns?: number;
  /** Calls of one turn that are made. Default 4. */
  maxParallelCalls?: number;
  /** Time limit of one turn of the router, ms. Default 30,000. */
  turnMs?: number;
  /** Time limit of all turns and the calls between them, ms; counts from the first decision. Default 300,000. */
  deadlineMs?: number;
  /** Tokens of one turn. Default 4,096. */
  maxOutputTokens?: number;
  /** Default 0: the same request gets the same decision. */
  temperature?: number;
  /** Chat mode: tell the router lambda, as a router trained by `xrouter export verl` expects. Default false. */
  stateLambda?: boolean;
}

/**
 * A router LLM behind an OpenAI-compatible server as the policy.
 *
 * @example
 * ```ts
 * import { createRouter, createServedPolicy } from 'xrouter';
 *
 * const policy = createServedPolicy({
 *   server: { baseUrl: 'http://gpu:30000/v1', model: 'xrouter-7b' },
 *   contract: './contract',
 *   price: { usdPerGpuHour: 2 },
 * });
 * const router = createRouter({ policy });
 * ```
 * @throws XrouterError `invalid_config` where an option cannot be meant
 */
export function createServedPolicy(options: ServedPolicyOptions): Policy {
  const { server, contract, routing = 'agent' } = options;
  checkServer(server);
  const compatible = contract !== undefined;
  const rewrite = options.rewriteSystemPrompt ?? compatible;
  const limits = {
    maxTurns: options.maxTurns ?? 3,
    maxParallelCalls: options.maxParallelCalls ?? 4,
    turnMs: options.turnMs ?? 30_000,
    deadlineMs: options.deadlineMs ?? 300_000,
    maxOutputTokens: options.maxOutputTokens ?? 4096,
  };
  for (const [name, value] of Object.entries(limits)) {
    if (value > 0) continue;
    throw new XrouterError(
      'invalid_config',
      `${name} of the served policy is ${value}; it must be above 0.`,
      {
        hint: 'Leave it out for the default.',
      },
    );
  }
  const backend = onceLoaded(async () => {
    if (!compatible) return (await import('./chat.ts')).chatBackend(server, { instructions: rewrite });
    const { endpoint } = options;
    return (await import('./compat.ts')).compatBackend(server, { contract, endpoint });
  });
  const policy = servedPolicy({
    ...limits,
    name: `served:${server.model}`,
    model: server.model,
    backend,
    routing,
    fallback: options.fallback,
    price: options.price,
    priceAsOf: options.priceAsOf ?? new Date().toISOString().slice(0, 10),
    names: options.names,
    rewrite,
    temperature: options.temperature ?? 0,
    stateLambda: options.stateLambda,
  });
  return {
    ...policy,
    async check(signal) {
      const checks = await checkRouterServer(server, signal);
      if (compatible) checks.push(await checkContract(backend));
      return checks;
    },
  };
}

async function checkContract(backend: () => Promise<RouterBackend>): Promise<PolicyCheck> {
  const check = 'router contract';
  try {
    const known = await (await backend()).knownModels();
    return { check, status: 'ok', detail: `knows ${known?.size ?? 0} models` };
  } catch (error) {
    return { check, status: 'failed', detail: (error as Error).message };
  }
}

/** The HTTP client takes 60 ms to load: only who asks the router loads it. */
function onceLoaded(load: () => Promise<RouterBackend>): () => Promise<RouterBackend> {
  let backend: Promise<RouterBackend> | undefined;
  return () => {
    backend ??= load();
    return backend;
  };
}
