/** One request for the list: what was chosen and why, what was called, what was left out. */
import type { CallRecord, RefusalCode, StoredEpisode } from '../../../src/index.ts';
import { answeringCall, textOf } from '../../../src/index.ts';
import type { CallRow, ChoiceRow, RequestRow, RequestTexts } from './data.ts';
import { cut } from './names.ts';
import { answeringModel, whyMovedOn } from './requests.ts';

const MOST_ESTIMATES = 6;
const MOST_STEPS = 10;
const MOST_NAMED = 4;
const MOST_MESSAGES = 10;
const MOST_TEXT_CHARS = 4_000;

/** `texts` says whether they are kept; who may read them is another question. */
export function rowOf(episode: StoredEpisode): RequestRow {
  const {
    id,
    startedAt,
    lambda,
    minSuccess,
    knownUsd,
    cost,
    latencyMs,
    feedback,
    session,
    budgetKey,
    route,
  } = episode;
  const calls = episode.steps.flatMap((step) => step.calls);
  const answered = answeringModel(episode);
  const model = answered ?? calls.at(-1)?.model;
  return {
    id,
    at: startedAt,
    status: answered === undefined ? 'failed' : 'answered',
    ...(model !== undefined && { model: cut(model) }),
    ...(session !== undefined && { session: cut(session) }),
    ...(budgetKey !== undefined && { key: cut(budgetKey) }),
    ...(route !== undefined && { route: cut(route) }),
    lambda,
    ...(minSuccess !== undefined && { minSuccess }),
    knownUsd,
    ...(cost.usd !== undefined && { usd: cost.usd }),
    latencyMs,
    choices: episode.steps.slice(0, MOST_STEPS).map((_, at) => choiceOf(episode, at)),
    calls: calls.slice(0, MOST_STEPS).map(callOf),
    leftOut: leftOut(episode),
    feedback: feedback.slice(0, MOST_NAMED).map(({ source, score }) => ({ source: cut(source), score })),
    texts: episode.messages !== undefined,
  };
}

function choiceOf(episode: StoredEpisode, at: number): ChoiceRow {
  const { decision } = episode.steps[at]!;
  const { action, estimates, policy } = decision;
  const chosen = new Set(action.type === 'call' ? action.calls.map(({ model }) => model) : []);
  // What it expected of calls it did not make then explains nothing.
  const asked = action.type === 'call' ? estimates : [];
  const known = asked.filter(({ success, costUsd }) => success !== undefined || costUsd !== undefined);
  const listed = known.filter(({ model }, rank) => rank < MOST_ESTIMATES || chosen.has(model));
  return {
    policy: cut(policy),
    why: why(episode, at),
    estimates: listed.slice(0, MOST_ESTIMATES + MOST_NAMED).map(({ model, success, costUsd, utility }) => ({
      model: cut(model),
      success,
      costUsd,
      utility,
      chosen: chosen.has(model),
    })),
    moreEstimates: known.length - listed.length,
  };
}

const percent = (share: number) => `${Number((100 * share).toPrecision(3))} %`;

/** From the numbers that are kept: what a policy says of itself may quote the prompt. */
function why({ steps, turnOf, minSuccess, lambda }: StoredEpisode, at: number): string {
  const { action, estimates, propensity, floorReached } = steps[at]!.decision;
  if (action.type === 'answer') return 'The policy answered itself.';
  if (action.type === 'stop') return 'It stopped: the answer at hand was released.';
  const moved = movedOn(steps[at - 1]?.calls ?? []);
  if (at === 0 && turnOf !== undefined)
    return 'It went on with the model chosen at the start of this human turn.';
  if (action.calls.length > 1) return `${moved}${action.calls.length} models were asked at once.`;
  const drawn =
    propensity < 1 ? ` Under exploration this model had a probability of ${percent(propensity)}.` : '';
  const rank = estimates.findIndex(({ model }) => model === action.calls[0].model);
  if (rank !== 0 || estimates[0]!.success === undefined) return `${moved}The policy chose it.${drawn}`;
  const among =
    estimates.length === 1 ? 'the only model there was' : `of ${estimates.length} models compared`;
  if (minSuccess !== undefined && floorReached !== undefined) {
    return floorReached
      ? `${moved}The cheapest expected to reach the floor of ${percent(minSuccess)}, ${among}.${drawn}`
      : `${moved}None is expected to reach the floor of ${percent(minSuccess)}; this one is likeliest to succeed, ${among}.${drawn}`;
  }
  return `${moved}Largest utility, ${among}: expected success less ${lambda} (lambda) times its relative cost.${drawn}`;
}

/** Why there was another decision at all. */
function movedOn(before: readonly CallRecord[]): string {
  if (before.length === 0) return '';
  return MOVED_ON[whyMovedOn(before)];
}

const MOVED_ON = {
  failed: 'The call before failed. ',
  judged: 'The answer before was not good enough. ',
  planned: 'It asked on after the answer before. ',
};

function callOf(call: CallRecord): CallRow {
  const { model, servedModel, status, error, cost, attempts, latencyMs, firstTokenMs, usage, verdict } = call;
  const { provenance } = cost;
  return {
    model: cut(model),
    ...(isOther(servedModel, model) && { servedModel: cut(servedModel) }),
    status,
    ...(error && { error: error.code, httpStatus: error.status }),
    ...(cost.usd !== undefined && { usd: cost.usd }),
    ...(cost.estimated && { estimated: true as const }),
    ...(provenance && { price: cut(`${provenance.source}: ${provenance.name}, ${provenance.asOf}`) }),
    attempts,
    latencyMs,
    firstTokenMs,
    inputTokens: usage?.inputTokens,
    outputTokens: usage?.outputTokens,
    ...(verdict && {
      verdict: verdict.judged === false ? 'not judged' : verdict.pass ? 'passed' : 'rejected',
    }),
  };
}

/** A provider tells its own name for the model, which is ours without the provider. */
function isOther(servedModel: string | undefined, model: string): servedModel is string {
  return servedModel !== undefined && servedModel !== model && !model.endsWith(`/${servedModel}`);
}

const REASONS: Record<RefusalCode, string> = {
  not_in_pool: 'not in the pool',
  denied: 'on the deny list',
  no_key: 'no key',
  input_modality: 'cannot take this kind of input',
  tool_calling: 'cannot call tools, or it is unknown',
  structured_output: 'cannot answer by a schema, or it is unknown',
  context_window: 'context window too small',
  unknown_price: 'price unknown under a budget',
  budget: 'too little budget left',
  circuit_open: 'failed repeatedly a moment ago',
  // What its provider said may quote the prompt.
  failed_before: 'its call failed in this request',
};

function leftOut({ refusals }: StoredEpisode): RequestRow['leftOut'] {
  const byCode = new Map<RefusalCode, string[]>();
  for (const { code, model } of refusals) byCode.set(code, [...(byCode.get(code) ?? []), model]);
  return [...byCode].map(([code, models]) => ({
    reason: REASONS[code] ?? cut(code),
    models: models.slice(0, MOST_NAMED).map((model) => cut(model)),
    more: Math.max(0, models.length - MOST_NAMED),
  }));
}

/** `undefined` where its texts are not kept. */
export function textsOf(episode: StoredEpisode): RequestTexts | undefined {
  const { id, messages, steps } = episode;
  if (!messages) return undefined;
  const shown = messages.slice(-MOST_MESSAGES);
  const last = steps.at(-1)?.decision.action;
  const answer = last?.type === 'answer' ? last.message : answeringCall(episode)?.message;
  const toolCalls =
    answer?.tool_calls?.map((call) => `${call.function.name}(${call.function.arguments})`) ?? [];
  return {
    id,
    messages: shown.map(({ role, content }) => ({ role, text: cut(written(content), MOST_TEXT_CHARS) })),
    earlier: messages.length - shown.length,
    ...(answer && { answer: cut([textOf(answer.content), ...toolCalls].join('\n').trim(), MOST_TEXT_CHARS) }),
  };
}

/** Text as it is, other parts by their kind. */
function written(content: NonNullable<StoredEpisode['messages']>[number]['content']): string {
  if (!Array.isArray(content)) return content ?? '';
  return content.map((part) => (part.type === 'text' ? part.text : `[${part.type}]`)).join('\n');
}
