/**
 * The lab: an offline sandbox that behaves, and misbehaves, like real providers over real sockets. For tests,
 * demos, and to try an application without spending.
 */
import type { Candidate } from '../catalog/candidate.ts';
import { createCatalog } from '../catalog/catalog.ts';
import { XrouterError } from '../errors.ts';
import { Account, type LabUsage } from './account.ts';
import { judgePrompt, type KnownPrompts, stripMarkers } from './answer.ts';
import type { LabState } from './chat.ts';
import { type FaultRule, Faults } from './faults.ts';
import { createLabServer, listen } from './server.ts';
import { type Kind, skillOf, solves, successProbability } from './skill.ts';
import { PromptCache } from './tokens.ts';

export type { CallTokens, LabUsage, SeenRequest, UsageCount } from './account.ts';
export type { KnownPrompt, KnownPrompts } from './answer.ts';
export { labEnvironment } from './environment.ts';
export {
  type FaultInfo,
  type FaultMode,
  type FaultName,
  type FaultPhase,
  faultInfo,
  faultNames,
} from './fault-list.ts';
export { type Fault, type FaultRule, Faults, parseFault, readFaultFile } from './faults.ts';
export { plainBrain, type RouterBrain, type RouterPrompt, writeCall } from './router-brain.ts';
export {
  createRouterServer,
  type RouterServer,
  type RouterServerOptions,
  type SeenRouterRequest,
} from './router-server.ts';
export { type RouterFault, routerFaults } from './router-shapes.ts';
export type { Kind } from './skill.ts';
export { type LabTask, type LabTaskOptions, labTaskNames, labTasks } from './tasks.ts';

export interface LabOptions {
  /** Everything drawn comes from it; default 1. */
  seed?: number;
  /** Default: a free port. */
  port?: number;
  /** The lab is never open to other machines. */
  host?: '127.0.0.1' | '::1';
  /** Default: the catalog's. */
  candidates?: readonly Candidate[];
  faults?: FaultRule[];
  /** Prompts whose answers are known from elsewhere; each model gives the right or the wrong one by its draw. */
  known?: KnownPrompts;
  /** 0 answers at once, 1 as fast as real providers, 10 ten times faster than those; default 0. */
  speed?: number;
  /** Where set, requests need `Authorization: Bearer KEY`. */
  apiKey?: string;
}

/** What the lab knows of a model and a prompt before it is asked. */
export interface Foresight {
  kind: Kind;
  /** 0..1, from the prompt's looks. */
  difficulty: number;
  /** The model's skill for the kind, 0..1. */
  skill: number;
  /** Probability over all prompts that look like this one. */
  probability: number;
  /** The draw for this very prompt. */
  solves: boolean;
  /** The exact answer where a solver knows it. */
  answer?: string;
}

export interface Lab extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly seed: number;
  readonly candidates: readonly Candidate[];
  /** The rules in force; change them while it runs. */
  readonly faults: Faults;
  /** Base URL of a provider, for an OpenAI client. Without a provider models go by their candidate ids. */
  baseUrl(providerId?: string): string;
  /** The lab's own count of calls, tokens and USD, and the last requests it saw. */
  usage(): LabUsage;
  /** Forgets what was counted, and the prompt cache. */
  reset(): void;
  /**
   * Whether the model answers the prompt rightly, known in advance.
   * @throws XrouterError `unknown_model`
   */
  wouldSolve(model: string, prompt: string): boolean;
  /** @throws XrouterError `unknown_model` */
  foresee(model: string, prompt: string): Foresight;
  /** Ends every connection and frees the port. */
  close(): Promise<void>;
}

/** First second of 2026, UTC: responses are stamped from here on, one second each, so that runs are equal. */
const FIRST_CREATED = 1_767_225_600;

/**
 * Starts a lab.
 * @throws XrouterError `invalid_config` where the port is in use or a fault rule is wrong
 */
export async function createLab(options: LabOptions = {}): Promise<Lab> {
  const { seed = 1, host = '127.0.0.1', speed = 0 } = options;
  if (!(speed >= 0)) throw new XrouterError('invalid_config', `speed is ${speed}; give 0 (at once) or more.`);
  const candidates = options.candidates ?? createCatalog().candidates;
  const state: LabState = {
    seed,
    speed,
    candidates,
    known: options.known,
    byName: new Map(),
    faults: new Faults(seed, options.faults),
    account: new Account(),
    cache: new PromptCache(),
    repeats: new Map(),
    created: FIRST_CREATED,
  };
  for (const candidate of candidates) {
    state.byName.set(candidate.id, candidate);
    state.byName.set(`${candidate.provider}/${candidate.model}`, candidate);
  }
  const server = createLabServer(state, options.apiKey);
  const port = await listen(server, host, options.port ?? 0);
  const url = `http://${host.includes(':') ? `[${host}]` : host}:${port}`;

  const foresee = (model: string, text: string): Foresight => {
    const candidate = state.byName.get(model);
    if (!candidate) {
      throw new XrouterError('unknown_model', `The lab has no model "${model}".`, {
        hint: 'Use a candidate id; lab.candidates lists them.',
      });
    }
    const prompt = stripMarkers(text);
    const { kind, difficulty, solved } = judgePrompt(prompt, options.known);
    const skill = skillOf(seed, candidate, kind);
    return {
      kind,
      difficulty,
      skill,
      probability: successProbability(skill, difficulty),
      solves: solves(seed, candidate, prompt, kind, difficulty),
      answer: solved?.answer,
    };
  };
  const close = async () => {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  };
  return {
    url,
    port,
    seed,
    candidates,
    faults: state.faults,
    baseUrl: (providerId) => (providerId === undefined ? `${url}/v1` : `${url}/${providerId}/v1`),
    usage: () => state.account.usage(),
    reset: () => {
      state.account.clear();
      state.cache.clear();
      state.repeats.clear();
      state.created = FIRST_CREATED;
    },
    wouldSolve: (model, prompt) => foresee(model, prompt).solves,
    foresee,
    close,
    [Symbol.asyncDispose]: close,
  };
}
