/**
 * What runs have spent that their state does not say yet: a model's node has no place in the state but the
 * messages, and a request that failed leaves no message.
 */
import type { BaseMessage } from '@langchain/core/messages';
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

  /** Another list of messages is another step. */
  begin({ model, state }: StepStart): void {
    if (this.#messages?.deref() === state.messages) return;
    this.forgetAnswered();
    this.#messages = new WeakRef(state.messages);
    this.#model = model;
    this.#answered = false;
  }

  /** False where the model of the step was replaced since it began: a fallback is at work. */
  isOwnModel(model: unknown): boolean {
    return this.#model === model;
  }

  /** Not in the state yet. */
  get spent(): AgentCost {
    return this.#spent;
  }

  add(cost: AgentCost): void {
    this.#spent = addCost(this.#spent, cost);
  }

  answered(): void {
    this.#answered = true;
  }

  /** An answer whose cost was never taken went on in another process, which took it from the message. */
  forgetAnswered(): void {
    if (this.#answered) this.#spent = NO_COST;
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

  /** What the run has spent that is not in its state, once; `undefined` where this process did not call for it. */
  take(id: string | undefined): AgentCost | undefined {
    const run = id === undefined ? undefined : this.#runs.get(id);
    if (run) this.#runs.delete(id!);
    return run?.spent;
  }

  /** As `take`, of a run that was given up. */
  takeAbandoned(id: string | undefined): AgentCost | undefined {
    if (id !== undefined) this.#runs.get(id)?.forgetAnswered();
    return this.take(id);
  }
}
