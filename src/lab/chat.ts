/** One chat completion: check, fault, answer, play, bill. */
import { hash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Candidate } from '../catalog/candidate.ts';
import { PROVIDERS } from '../catalog/providers.ts';
import { type Account, listCostUsd, NO_TOKENS, type SeenRequest } from './account.ts';
import { answerFor, type KnownPrompts, lastPrompt } from './answer.ts';
import { outputTokens, speak } from './body.ts';
import { faultInfo } from './fault-list.ts';
import type { Fault, Faults } from './faults.ts';
import { answerPlan, distort, refusalPlan, wholePlan } from './planning.ts';
import { type Plan, play } from './play.ts';
import { hex } from './random.ts';
import { speedOf } from './speed.ts';
import { inputTokens, type PromptCache, promptText } from './tokens.ts';
import { type ChatBody, readChatBody, WireError } from './wire.ts';

/** What all requests of a lab share. */
export interface LabState {
  seed: number;
  speed: number;
  candidates: readonly Candidate[];
  known?: KnownPrompts;
  /** By `provider/wire name` and by candidate id. */
  byName: Map<string, Candidate>;
  faults: Faults;
  account: Account;
  cache: PromptCache;
  /** How often each request was seen, by its digest: repeats get ids of their own. */
  repeats: Map<string, number>;
  created: number;
}

/** Providers that send what the model thinks, and the field they send it in. */
const REASONING_FIELDS: Record<string, string> = {
  deepseek: 'reasoning_content',
  fireworks: 'reasoning_content',
  together: 'reasoning_content',
  vllm: 'reasoning_content',
  sglang: 'reasoning_content',
  openrouter: 'reasoning',
  groq: 'reasoning',
};
const WIRES = new Map(PROVIDERS.map(({ id, wire }) => [id, wire]));
/** Where a request sets no limit and the model has none. */
const DEFAULT_MAX_TOKENS = 16_384;
const MAX_REPEATS = 100_000;

/** @param provider id of the provider in the path; `undefined`: the model's name is a candidate id */
export function chat(
  lab: LabState,
  provider: string | undefined,
  raw: string,
  req: IncomingMessage,
  res: ServerResponse,
): void {
  const seen: SeenRequest = {
    provider: provider ?? '',
    stream: false,
    status: 'failed',
    tokens: NO_TOKENS,
    costUsd: 0,
    prompt: '',
    startedAtMs: Date.now(),
    endedAtMs: 0,
  };
  let plan: Plan;
  let reasoningTokens = 0;
  let billed = { input: 0, cached: 0 };
  let candidate: Candidate | undefined;
  try {
    const body = readChatBody(raw);
    const prompt = lastPrompt(body);
    seen.stream = body.stream;
    seen.prompt = prompt.slice(0, 120);
    candidate = findCandidate(lab, provider, body.model);
    seen.model = candidate.id;
    seen.provider = candidate.provider;
    // One pass over the body, however long it is; ids are made of this.
    const digest = hash('sha1', `${lab.seed} ${candidate.id} ${raw}`);
    const repeat = countRepeat(lab, digest);
    const header = req.headers['x-lab-fault'];
    const fault = lab.faults.for({
      provider: candidate.provider,
      candidateId: candidate.id,
      model: candidate.model,
      prompt,
      mode: body.stream ? 'stream' : 'json',
      header: typeof header === 'string' ? header : undefined,
      repeat,
    });
    seen.fault = fault?.name;
    const refusal = fault && refusalPlan(fault);
    if (refusal) {
      plan = refusal;
    } else {
      const answered = answer(lab, candidate, body, hex(29, digest, repeat), fault);
      plan = answered.plan;
      billed = { input: answered.input, cached: answered.cached };
      reasoningTokens = answered.reasoningTokens;
      seen.id = answered.id;
    }
  } catch (error) {
    plan = wholePlan(...asResponse(error));
  }

  seen.httpStatus = plan.ending === 'hang' || plan.ending === 'cut-before-headers' ? undefined : plan.status;
  const answers = plan.status === 200 && (!seen.fault || faultInfo(seen.fault).outcome === 'answer');
  let sentTokens = 0;
  play(
    res,
    plan,
    (tokens) => {
      sentTokens += tokens;
    },
    (played) => {
      seen.status = !played ? 'aborted' : answers ? 'completed' : 'failed';
      seen.tokens = {
        inputTokens: billed.input,
        outputTokens: sentTokens,
        cachedTokens: billed.cached,
        reasoningTokens: Math.min(reasoningTokens, sentTokens),
      };
      if (candidate) seen.costUsd = listCostUsd(candidate, seen.tokens, new Date(seen.startedAtMs));
      seen.endedAtMs = Date.now();
      lab.account.add(seen);
    },
  );
}

function answer(lab: LabState, candidate: Candidate, body: ChatBody, key: string, fault: Fault | undefined) {
  const text = promptText(body);
  const input = inputTokens(body, text);
  const most = body.maxTokens ?? candidate.maxOutputTokens ?? DEFAULT_MAX_TOKENS;
  const context = candidate.contextTokens;
  if (context !== undefined && input + (body.maxTokens ?? 0) > context) {
    throw new WireError(
      400,
      `This model's maximum context length is ${context} tokens. However, you requested ${input + (body.maxTokens ?? 0)} tokens (${input} in the messages, ${body.maxTokens ?? 0} in the completion). Please reduce the length of the messages or completion.`,
      { param: 'messages', code: 'context_length_exceeded' },
    );
  }
  const wire = WIRES.get(candidate.provider);
  const id = `chatcmpl-${key}`;
  const said = answerFor(lab.seed, candidate, body, key, lab.known);
  const head = {
    id,
    created: lab.created++,
    model: candidate.model,
    reasoningField: REASONING_FIELDS[candidate.provider],
  };
  const spoken = distort(speak(said, head, most, body.stop), fault);
  const cached = Math.min(lab.cache.read(candidate.id, text), input);
  const tokens = {
    inputTokens: input,
    outputTokens: outputTokens(spoken),
    cachedTokens: cached,
    reasoningTokens: spoken.reasoning.length,
  };
  const plan = answerPlan({
    spoken,
    tokens,
    reportedUsd: wire?.reportsCost ? listCostUsd(candidate, tokens, new Date()) : undefined,
    stream: body.stream,
    includeUsage: body.includeUsage || wire?.streamUsage === 'always',
    speed: speedOf(lab.seed, candidate, input, lab.speed),
    fault,
  });
  return { id, plan, input, cached, reasoningTokens: spoken.reasoning.length };
}

function findCandidate(lab: LabState, provider: string | undefined, model: string): Candidate {
  const found = lab.byName.get(provider === undefined ? model : `${provider}/${model}`);
  if (found) return found;
  throw new WireError(404, `The model \`${model}\` does not exist or you do not have access to it.`, {
    param: 'model',
    code: 'model_not_found',
  });
}

function countRepeat(lab: LabState, digest: string): number {
  const repeat = lab.repeats.get(digest) ?? 0;
  if (lab.repeats.size >= MAX_REPEATS && repeat === 0) lab.repeats.clear();
  lab.repeats.set(digest, repeat + 1);
  return repeat;
}

/** Status and body of what was thrown. */
function asResponse(error: unknown): [number, string] {
  if (error instanceof WireError) return [error.status, error.body];
  const message = error instanceof Error ? error.message : String(error);
  const wire = new WireError(400, message, { code: 'lab_request' });
  return [wire.status, wire.body];
}
