/**
 * The embedded policy: the predictor's expectations for the pool in hand, and the shared rule that turns them
 * into a choice. It runs inside the process, needs no network and keeps nothing between requests.
 */
import { readFile, stat } from 'node:fs/promises';
import type { Candidate } from '../../catalog/candidate.ts';
import { XrouterError } from '../../errors.ts';
import { askedModels, callDecision, choose, type Expectation, stopAfterVerdict } from '../choose.ts';
import type { Decision, Policy, PolicyState } from '../policy.ts';
import { decideSequence } from './escalate.ts';
import { type EmbeddedPolicyOptions, promptEmbedding, requireEmbeddings } from './own-embeddings.ts';
import { PoolPredictor } from './pool.ts';
import { Predictor } from './predictor.ts';
import { sequencePlanner } from './sequence.ts';
import { decodeWeights, type PolicyWeights } from './weights.ts';

/** Below this a prompt counts as unlike the training, and the decision says so. */
const UNFAMILIAR = 0.5;

/**
 * A policy that decides by trained weights.
 * @throws XrouterError `invalid_config` where the embeddings are not those it was trained with
 */
export function createEmbeddedPolicy(weights: PolicyWeights, options: EmbeddedPolicyOptions = {}): Policy {
  const { embeddings, embeddingMs } = options;
  requireEmbeddings(weights, embeddings);
  const predictor = new Predictor(weights);
  const planner = sequencePlanner(weights);
  const name = `${weights.name}@${weights.featureVersion}`;
  // The pool is the same list from request to request, so what depends on it alone is worked out once.
  const pools = new WeakMap<readonly Candidate[], PoolPredictor>();
  const poolOf = (candidates: readonly Candidate[]): PoolPredictor => {
    let pool = pools.get(candidates);
    if (!pool) {
      pool = new PoolPredictor(
        predictor,
        candidates.map(({ id }) => id),
        candidates,
      );
      pools.set(candidates, pool);
    }
    return pool;
  };
  const decide = (state: PolicyState): Decision => {
    const pool = poolOf(state.pool);
    const prediction = pool.predict(state.prompt);
    const planned = decideSequence(name, planner, pool, prediction, state);
    if (planned) return planned;
    const stop = stopAfterVerdict(name, state);
    if (stop) return stop;
    const { success, costUsd, familiarity } = prediction;
    const asked = askedModels(state);
    const callable = new Set(state.candidates.map(({ id }) => id));
    const expectations: Expectation[] = [];
    pool.ids.forEach((model, i) => {
      if (asked.has(model) || !callable.has(model)) return;
      const known = pool.priced(i);
      expectations.push({ model, success: success[i]!, ...(known ? { costUsd: costUsd[i]! } : {}) });
    });
    const choice = choose(expectations, {
      lambda: state.lambda,
      minSuccess: state.minSuccess,
      referenceUsd: pool.referenceUsd,
    });
    return callDecision(name, choice, reasonFor(state, familiarity, choice.floorReached));
  };
  const { own } = weights.embedding;
  if (!own || !embeddings) return { name, decide };
  const embedded = promptEmbedding(embeddings, own.mean.length, embeddingMs);
  return {
    name,
    decide: async (state) => decide({ ...state, prompt: await embedded(state.prompt, state.signal) }),
  };
}

/**
 * Reads a policy file.
 * @param trusted leaves out the checksum
 * @throws XrouterError `invalid_file` when the file cannot be read, is truncated or of another version
 */
export async function loadPolicyWeights(path: string, trusted = false): Promise<PolicyWeights> {
  const bytes = await fileBytes(path).catch((cause: unknown) => {
    const detail = cause instanceof Error ? cause.message : String(cause);
    throw new XrouterError('invalid_file', `The policy file ${path} cannot be read: ${detail}.`, {
      hint: 'Check the path, or train a policy with `xrouter train`.',
      cause,
    });
  });
  return decodeWeights(bytes, path, trusted);
}

/** A pipe would be waited for, a device may have no end. */
async function fileBytes(path: string): Promise<Uint8Array> {
  if (!(await stat(path)).isFile()) throw new Error('it is no file');
  return readFile(path);
}

function reasonFor(
  { lambda, minSuccess }: { lambda: number; minSuccess?: number },
  familiarity: number,
  floorReached: boolean | undefined,
): string {
  const prompt = familiarity < UNFAMILIAR ? 'a prompt unlike the training' : 'a prompt like the training';
  if (minSuccess === undefined) return `${prompt}; best success for its cost at lambda ${lambda}`;
  return floorReached
    ? `${prompt}; the cheapest expected to reach ${minSuccess}`
    : `${prompt}; none is expected to reach ${minSuccess}, so the strongest`;
}
