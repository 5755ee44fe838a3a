/**
 * What runs have spent that their state does not say yet: a model's node has no place in the state but the
 * messages, and a request that failed leaves no message.
 */
import type { BaseMessage } from '@langchain/core/messages';
import type { XrouterError } from '../../../src/index.ts';
import { type AgentCost, addCost, NO_COST } from './agent-cost.ts';

/** Runs remembered; the oldest is forgotten first. One is needed from a model's node to the hook behind it. */
const MOST = 10_000;

/** One step of the agent as its middleware sees it: the list of messages and the model are the same in each attempt. */
interface StepStart {
  model: unknown;
  state: { messages: BaseMessage[] };
}

export class RunMemory {
  /** Weakly: a run that failed is remembered for long, and its conversation may be large. */
  #messages: WeakRef<BaseMessage[]> | undefined;
  #model: unknown;
  #spent = NO_COST;
  #answered = false;
  #episodeId: string | undefined;
  #refusal: XrouterError | undefined;

  /** Another list of messages is another step. */
  begin({ model, state }: StepStart): void {
    if (this.#messages?.deref() === state.messages) return;
    // An answer whose cost was never taken went on in another process, which took it from the message.
    if (this.#answered) this.#spent = NO_COST;
    this.#messages = new WeakRef(state.messages);
    this.#model = model;
    this.#answered = false;
    this.#episodeId = undefined;
    this.#refusal = undefined;
  }

  /** False where the model of the step was replaced since it began: a fallback is at work. */
  isOwnModel(model: unknown): boolean {
    return this.#model === model;
  }

  /** Not in the state yet. */
  get spent(): AgentCost {
    return this.#spent;
  }

  /** Why a budget let nobody answer in this step: that is no failure which another model may mend. */
  get refusal(): XrouterError | undefined {
    return this.#refusal;
  }

  refused(error: XrouterError): void {
    this.#refusal = error;
  }

  add(cost: AgentCost): void {
    this.#spent = addCost(this.#spent, cost);
  }

  /** @param episodeId `undefined` where it was not the router that answered */
  answered(episodeId: string | undefined): void {
    this.#answered = true;
    this.#episodeId = episodeId;
  }

  /** Whether what was spent led to this answer, or to none; else it is of another step, and counted there. */
  ledTo(episodeId: string | undefined): boolean {
    return !this.#answered || this.#episodeId === undefined || this.#episodeId === episodeId;
  }
}

export class RunMemories {
  readonly #runs = new Map<string, RunMemory>();

  /** @param id `undefined` for a run that began before there was this middleware: it is remembered by nobody */
  of(id: string | undefined): RunMemory {
    const known = id === undefined ? undefined : this.#runs.get(id);
    if (known) return known;
    const run = new RunMemory();
    if (id === undefined) return run;
    this.#runs.set(id, run);
    if (this.#runs.size > MOST) this.#runs.delete(this.#runs.keys().next().value!);
    return run;
  }

  /**
   * What the run has spent that is not in its state, once; `undefined` where this process did not call for it.
   * @param uncounted episode of the last answer, where its cost is in no state yet
   */
  take(id: string | undefined, uncounted: string | undefined): AgentCost | undefined {
    const run = id === undefined ? undefined : this.#runs.get(id);
    if (run) this.#runs.delete(id!);
    return run?.ledTo(uncounted) ? run.spent : undefined;
  }
}
