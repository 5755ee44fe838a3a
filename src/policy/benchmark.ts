/**
 * The policy that needs no training: published benchmark scores of the candidate against the difficulty and
 * the kind of the prompt, success = sigmoid(ability - difficulty). What it knows of the prompt is read from
 * the human's last message alone.
 */
import type { Candidate } from '../catalog/candidate.ts';
import { abilityOf } from './ability.ts';
import type { Expectation } from './choose.ts';
import {
  askedModels,
  callDecision,
  choose,
  REASONING_FACTOR,
  referenceUsd,
  stopAfterVerdict,
  typicalCallUsd,
} from './choose.ts';
import type { Policy, PolicyState } from './policy.ts';
import { type Reading, readPrompt } from './reading.ts';

const NAME = 'benchmark@1';

export function benchmarkPolicy(): Policy {
  return {
    name: NAME,
    decide(state) {
      const stop = stopAfterVerdict(NAME, state);
      if (stop) return stop;
      const reading = readPrompt(state.prompt);
      const asked = askedModels(state);
      const expectations: Expectation[] = [];
      for (const candidate of state.candidates) {
        if (!asked.has(candidate.id)) expectations.push(expect(candidate, reading, state));
      }
      const choice = choose(expectations, {
        lambda: state.lambda,
        minSuccess: state.minSuccess,
        referenceUsd: referenceUsd(state),
      });
      return callDecision(NAME, choice, reasonFor(reading, state, choice.floorReached));
    },
  };
}

function expect(candidate: Candidate, reading: Reading, state: PolicyState): Expectation {
  const ability = abilityOf(candidate, reading.kind, typicalCallUsd(state, candidate));
  const outputTokens = reading.outputTokens * (candidate.reasoning ? REASONING_FACTOR : 1);
  return {
    model: candidate.id,
    success: 1 / (1 + Math.exp(reading.difficulty - ability - ROUTINE)),
    costUsd: state.priceUsd(candidate, state.inputTokens, outputTokens),
  };
}

/** Everyday prompts are easier than MMLU-Pro's ten-option questions by about this much on the logit scale. */
const ROUTINE = 0.8;

function reasonFor(reading: Reading, state: PolicyState, floorReached: boolean | undefined): string {
  const what = `a ${reading.kind} prompt of difficulty ${reading.difficulty.toFixed(1)}`;
  if (state.minSuccess === undefined) return `${what}; best success for its cost at lambda ${state.lambda}`;
  return floorReached
    ? `${what}; the cheapest expected to reach ${state.minSuccess}`
    : `${what}; none is expected to reach ${state.minSuccess}, so the strongest`;
}
