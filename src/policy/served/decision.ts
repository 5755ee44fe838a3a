/**
 * The decision back end, for routers trained to choose and not to orchestrate: one step of the model gives the
 * probability of every candidate, nothing is generated. By SGLang's `/v1/decisions`
 * (https://docs.sglang.io/docs/supported-models/decision_models), or by the log-probabilities of one token on
 * any server that reports them.
 */
import type { Candidate } from '../../catalog/candidate.ts';
import { CallError, XrouterError } from '../../errors.ts';
import type { Usage } from '../../money.ts';
import { recordOf } from '../../provider/json.ts';
import { readUsage } from '../../provider/usage.ts';
import { askedModels, callDecision, stopAfterVerdict } from '../choose.ts';
import type { Decision, Estimate, Policy, PolicyState } from '../policy.ts';
import { checkRouterServer } from './check.ts';
import { describeCandidate } from './describe.ts';
import { neutralise } from './framing.ts';
import { OverheadMeter, type RouterPrice } from './overhead.ts';
import { routerQuestion } from './question.ts';
import type { RouterServer, RouterTime } from './server.ts';
import { checkServer, type RouterServerSpec } from './server-spec.ts';

export interface DecisionPolicyOptions {
  server: RouterServerSpec;
  /** `decisions`: SGLang's endpoint, up to 26 candidates. `logprobs`: one token, up to 20. Default `decisions`. */
  reading?: 'decisions' | 'logprobs';
  /** Decides where the server does not. */
  fallback?: Policy;
  /** What the server's tokens cost; left out, the cost of every request is unknown. */
  price?: RouterPrice;
  /** ISO date the price was given at. Default: today. */
  priceAsOf?: string;
  /** What the model is asked. */
  question?: string;
  /** Time limit, ms. Default 5,000. */
  timeoutMs?: number;
}

interface Reading {
  /** In the order of the candidates; `undefined` where the server did not tell. */
  probabilities: (number | undefined)[];
  usage?: Usage;
}

type Reader = (server: RouterServer, asked: Asked, time: RouterTime) => Promise<Reading>;

interface Asked {
  input: string;
  question: string;
  candidates: readonly Candidate[];
}

const QUESTION = 'Which model should answer this request, right and at the least cost?';
const READERS: Record<'decisions' | 'logprobs', { read: Reader; most: number }> = {
  decisions: { read: readDecision, most: 26 },
  logprobs: { read: readLabels, most: 20 },
};

/** @throws XrouterError `invalid_config` where the base URL is none */
export function createDecisionPolicy(options: DecisionPolicyOptions): Policy {
  const { server: spec, reading = 'decisions', fallback, price, timeoutMs = 5000 } = options;
  checkServer(spec);
  const name = `decision:${spec.model}`;
  const asOf = options.priceAsOf ?? new Date().toISOString().slice(0, 10);
  let server: Promise<RouterServer> | undefined;
  return {
    name,
    check: (signal) => checkRouterServer(spec, signal),
    async decide(state) {
      const stop = stopAfterVerdict(name, state);
      if (stop) return stop;
      const earlier = rankingOf(state, name);
      if (earlier) return next(state, name, earlier);
      const meter = new OverheadMeter(spec.model, price, asOf);
      const started = performance.now();
      try {
        server ??= import('./server.ts').then(({ RouterServer }) => new RouterServer(spec));
        const { read, most } = READERS[reading];
        const asked = {
          ...request(state),
          question: options.question ?? QUESTION,
          candidates: choosable(state, most),
        };
        const time = { signal: state.signal, timeoutMs };
        const { probabilities, usage } = await read(await server, asked, time);
        meter.add(usage, performance.now() - started);
        const ranking = rank(asked.candidates, probabilities);
        return { ...next(state, name, ranking), overhead: meter.overhead, trace: { ranking } };
      } catch (error) {
        if (state.signal.aborted) throw state.signal.reason;
        const why = error instanceof Error ? error.message : String(error);
        if (!fallback)
          throw new XrouterError('policy_failed', `${name} cannot decide: ${why}`, { cause: error });
        const billed = error instanceof CallError && error.maybeBilled;
        if (billed) meter.add(undefined, performance.now() - started);
        const { overhead } = meter;
        return { ...(await fallback.decide(state)), fallback: why, ...(overhead && { overhead }) };
      }
    },
  };
}

/** The ranking of the first decision holds for the whole request: the prompt has not changed since. */
function rankingOf(state: PolicyState, name: string): Estimate[] | undefined {
  const first = state.steps.find(({ decision }) => decision.policy === name)?.decision.trace;
  return first !== undefined ? (first as { ranking: Estimate[] }).ranking : undefined;
}

/** The most probable candidate that may still be called. */
function next(state: PolicyState, name: string, ranking: readonly Estimate[]): Decision {
  const asked = askedModels(state);
  const left = ranking.filter(
    ({ model }) => !asked.has(model) && state.candidates.some(({ id }) => id === model),
  );
  const ranked = left.length > 0 ? left : [{ model: state.candidates[0]!.id }];
  const best: Estimate = ranked[0]!;
  const reason =
    best.utility === undefined ? 'nobody else is left' : `probability ${best.utility.toFixed(2)}`;
  return callDecision(name, { best, ranked }, reason);
}

/** Endpoints have a most; beyond it the first of the pool stay. */
function choosable(state: PolicyState, most: number): readonly Candidate[] {
  return state.candidates.slice(0, most);
}

function request(state: PolicyState): { input: string } {
  const { query, system } = routerQuestion(state);
  return { input: neutralise(system === undefined ? query : `${system}\n\n${query}`) };
}

function rank(candidates: readonly Candidate[], probabilities: readonly (number | undefined)[]): Estimate[] {
  return candidates
    .map(({ id }, at) => ({ model: id, utility: probabilities[at] }))
    .sort((a, b) => (b.utility ?? -1) - (a.utility ?? -1));
}

const QUESTION_ID = 'model';

async function readDecision(server: RouterServer, asked: Asked, time: RouterTime): Promise<Reading> {
  // A choice needs two options; with one candidate there is nothing to ask.
  if (asked.candidates.length === 1) return { probabilities: [1] };
  const options = asked.candidates.map((candidate, at) => ({
    name: `${at + 1} ${candidate.id}`,
    description: describeCandidate(candidate).description,
  }));
  const question = { id: QUESTION_ID, type: 'choice', question: asked.question, options };
  const body = { model: server.spec.model, input: asked.input, questions: [question] };
  const answer = await server.post('/v1/decisions', body, time);
  const told = recordOf(recordOf(recordOf(answer.answers)?.[QUESTION_ID])?.probabilities);
  if (!told) throw new XrouterError('policy_failed', 'The decision has no probabilities.');
  const probabilities = options.map(({ name }) => asProbability(told[name]));
  return { probabilities, usage: readUsage(answer.usage) };
}

async function readLabels(server: RouterServer, asked: Asked, time: RouterTime): Promise<Reading> {
  if (asked.candidates.length === 1) return { probabilities: [1] };
  const label = (at: number) => String.fromCharCode(65 + at);
  const lines = asked.candidates.map((candidate, at) => {
    const { name, description } = describeCandidate(candidate);
    return `${label(at)}: ${name} - ${description.replace(/\s+/g, ' ')}`;
  });
  const content = [asked.input, '', asked.question, ...lines, '', 'Answer with one letter only.'].join('\n');
  const body = {
    model: server.spec.model,
    messages: [{ role: 'user', content }],
    max_tokens: 1,
    temperature: 0,
    logprobs: true,
    top_logprobs: 20,
  };
  const answer = await server.post('/v1/chat/completions', body, time);
  const mass = asked.candidates.map(() => 0);
  for (const { token, logprob } of topLogprobs(answer)) {
    const at = token.trim().length === 1 ? token.trim().toUpperCase().charCodeAt(0) - 65 : -1;
    if (at >= 0 && at < mass.length) mass[at] = mass[at]! + Math.exp(logprob);
  }
  const sum = mass.reduce((total, one) => total + one, 0);
  if (sum === 0) throw new XrouterError('policy_failed', 'None of the letters is among the likely tokens.');
  return { probabilities: mass.map((one) => one / sum), usage: readUsage(answer.usage) };
}

function topLogprobs(answer: Record<string, unknown>): { token: string; logprob: number }[] {
  const choice = Array.isArray(answer.choices) ? recordOf(answer.choices[0]) : undefined;
  const content = recordOf(choice?.logprobs)?.content;
  const top = Array.isArray(content) ? recordOf(content[0])?.top_logprobs : undefined;
  if (!Array.isArray(top)) {
    throw new XrouterError('policy_failed', 'The server sent no log-probabilities.', {
      hint: 'Start it so that it reports them, or use the reading `decisions` with SGLang.',
    });
  }
  return top.flatMap((item) => {
    const { token, logprob } = recordOf(item) ?? {};
    return typeof token === 'string' && typeof logprob === 'number' ? [{ token, logprob }] : [];
  });
}

function asProbability(value: unknown): number | undefined {
  return typeof value === 'number' && value >= 0 && value <= 1 ? value : undefined;
}
