/** Candidates as users write them: catalog ids, and chat models of their own. */
import type { BaseChatModel } from '@langchain/core/language_models/chat_models';
import type { ModelProfile } from '@langchain/core/language_models/profile';
import {
  type Candidate,
  type Catalog,
  createCatalog,
  type Modality,
  type ModelFacts,
  type OwnModel,
  type RouterConfig,
  XrouterError,
} from '../../src/index.ts';
import { chatModelProvider } from './chat-model-provider.ts';
import type { CandidateSpec, ChatModelCandidate } from './types.ts';

export interface ResolvedCandidates {
  /** For the router's catalog, after the user's own `models`. */
  models: OwnModel[];
  /** Ids of all candidates, in the order they were given. */
  pool: string[];
  /** True where every candidate is a chat model, and so gets the native messages. */
  allNative: boolean;
}

/** Names that LangChain's classes give their providers, where the catalog's differ. */
const PROVIDER_NAMES: Record<string, string> = {
  google_genai: 'google',
  'google-genai': 'google',
  google_vertexai: 'google',
  mistralai: 'mistral',
};

/**
 * Puts chat models under the name they have in the catalog, with its facts and prices; what the model's
 * profile says counts before those, and what the user says before both.
 *
 * @throws XrouterError `invalid_config` where a candidate is no chat model, or two have the same id
 */
export function resolveCandidates(specs: readonly CandidateSpec[], config: RouterConfig): ResolvedCandidates {
  const { models, providers, allow, bundled } = config;
  const catalog = createCatalog({ models, providers, allow, bundled });
  const resolved: ResolvedCandidates = { models: [], pool: [], allNative: specs.length > 0 };
  for (const spec of specs) {
    if (typeof spec === 'string') {
      resolved.pool.push(catalog.get(spec).id);
      resolved.allNative = false;
      continue;
    }
    const own = ownModel(isChatModel(spec) ? { model: spec } : spec, catalog);
    if (resolved.pool.includes(own.id)) {
      throw new XrouterError('invalid_config', `Two candidates have the id "${own.id}".`, {
        hint: 'Give each an id of its own: { model, id: "provider/name" }.',
      });
    }
    resolved.models.push(own);
    resolved.pool.push(own.id);
  }
  return resolved;
}

function isChatModel(value: unknown): value is BaseChatModel {
  const model = value as Partial<BaseChatModel> | undefined;
  return typeof model?._modelType === 'function' && model._modelType() === 'base_chat_model';
}

function ownModel({ model, id, ...facts }: ChatModelCandidate, catalog: Catalog): OwnModel {
  if (!isChatModel(model)) {
    throw new XrouterError('invalid_config', 'A candidate is neither an id nor a chat model.', {
      hint: 'Give the chat model itself, without tools or config bound to it.',
    });
  }
  const { provider, name } = identity(model);
  const known = catalog.find(`${provider}/${name}`) ?? catalog.find(name);
  const ownId = id ?? (known?.provider === provider ? known.id : `${provider}/${name}`);
  const learnt = { ...copiedFacts(known, catalog.find(ownId)), ...profileFacts(model) };
  return { ...learnt, ...facts, id: ownId, model: name, via: chatModelProvider(model, ownId) };
}

/** What the chat model says of itself, for LangSmith. */
function identity(model: BaseChatModel): { provider: string; name: string } {
  const { ls_provider, ls_model_name } = model.getLsParams({} as never);
  const provider = (ls_provider ?? 'custom').replace(/[\s/]+/g, '-').toLowerCase();
  const name = (ls_model_name || model.getName()).replace(/\s+/g, '-');
  return { provider: PROVIDER_NAMES[provider] ?? provider, name };
}

/** Facts of the catalog's model of that name, for a candidate that stands under another id. */
function copiedFacts(known: Candidate | undefined, same: Candidate | undefined): ModelFacts {
  if (!known || known === same) return {};
  const { contextTokens, maxOutputTokens, input, toolCalling, structuredOutput, reasoning, price } = known;
  const benchmarks = Object.fromEntries(
    Object.entries(known.benchmarks).map(([benchmark, { score }]) => [benchmark, score]),
  );
  return {
    contextTokens,
    maxOutputTokens,
    input,
    toolCalling,
    structuredOutput,
    reasoning,
    price,
    benchmarks,
  };
}

/** Only what the profile says: what it leaves out stays as the catalog has it. */
function profileFacts(model: BaseChatModel): ModelFacts {
  const { profile } = model;
  const facts: ModelFacts = {
    contextTokens: profile.maxInputTokens,
    maxOutputTokens: profile.maxOutputTokens,
    input: inputsOf(profile),
    // A class that can bind tools is taken to have models that can call them.
    toolCalling: profile.toolCalling ?? (typeof model.bindTools === 'function' ? true : undefined),
    structuredOutput: profile.structuredOutput,
    reasoning: profile.reasoningOutput,
  };
  for (const key of Object.keys(facts) as (keyof ModelFacts)[])
    if (facts[key] === undefined) delete facts[key];
  return facts;
}

function inputsOf(profile: ModelProfile): Modality[] | undefined {
  const told = [profile.imageInputs, profile.audioInputs, profile.pdfInputs, profile.videoInputs];
  if (told.every((one) => one === undefined)) return undefined;
  const inputs: Modality[] = ['text'];
  if (profile.imageInputs) inputs.push('image');
  if (profile.audioInputs) inputs.push('audio');
  if (profile.pdfInputs) inputs.push('file');
  if (profile.videoInputs) inputs.push('video');
  return inputs;
}
