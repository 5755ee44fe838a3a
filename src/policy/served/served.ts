/**
 * A router LLM as the policy. It answers itself, calls candidates, and selects or writes the final answer;
 * each decision is one turn of it, or several where a turn led to nothing that can be done.
 *
 * It fails open: whatever goes wrong with the router, the best answer so far is released, or the fallback
 * policy decides, and the decision says so. It always ends: turns, time and money are bounded over the whole
 * request.
 */
import type { CallRecord } from '../../episode.ts';
import { CallError, XrouterError } from '../../errors.ts';
import { estimateOutputTokens } from '../../tokens.ts';
import type { Action, CallAction, Decision, Policy, PolicyState } from '../policy.ts';
import type { RouterBackend } from './backend.ts';
import { Conversation, outcomeOf, ServedTrace } from './conversation.ts';
import {
  isRejected,
  type ModelCall,
  planCalls,
  type RejectedCall,
  type RouterMove,
  readMove,
  selectError,
} from './move.ts';
import { OverheadMeter, type RouterPrice } from './overhead.ts';
import { routerQuestion, whyNotItself, withSystemPrompt } from './question.ts';
import type { RouterTurn } from './render.ts';
import { type Toolset, toolsetOf } from './toolset.ts';

export interface ServedSettings {
  name: string;
  /** The router's name, for the account. */
  model: string;
  backend: () => Promise<RouterBackend>;
  /** Agent: several turns, selection, synthesis. Simple: one choice, whose answer streams straight through. */
  routing: 'agent' | 'simple';
  /** Decides where the router does not. */
  fallback?: Policy;
  price?: RouterPrice;
  priceAsOf: string;
  /** Candidate id to the router's model id. */
  names?: Readonly<Record<string, string>>;
  /** Whether the router's prompt and temperature replace the user's in the calls it makes. */
  rewrite: boolean;
  maxTurns: number;
  maxParallelCalls: number;
  turnMs: number;
  deadlineMs: number;
  maxOutputTokens: number;
  temperature: number;
  stateLambda?: boolean;
}

export function servedPolicy(settings: ServedSettings): Policy {
  return {
    name: settings.name,
    multiTurn: settings.routing === 'agent',
    decide(state) {
      return new ServedDecision(settings, state).decide();
    },
  };
}

/** One decision. Holds what belongs to it alone, so that concurrent requests have nothing in common. */
class ServedDecision {
  readonly #settings: ServedSettings;
  readonly #state: PolicyState;
  readonly #conversation: Conversation;
  readonly #meter: OverheadMeter;
  readonly #trace: ServedTrace;

  constructor(settings: ServedSettings, state: PolicyState) {
    this.#settings = settings;
    this.#state = state;
    this.#conversation = new Conversation(state.steps, settings.name, Date.now());
    this.#meter = new OverheadMeter(settings.model, settings.price, settings.priceAsOf);
    this.#trace = new ServedTrace(this.#conversation.startedAtMs);
  }

  async decide(): Promise<Decision> {
    const settled = this.#settled();
    if (settled) return settled;
    const last = this.#state.steps.at(-1);
    if (last?.decision.fallback !== undefined) return this.#giveUp(last.decision.fallback);
    try {
      return await this.#ask();
    } catch (error) {
      if (this.#state.signal.aborted) throw this.#state.signal.reason;
      const isServers = error instanceof CallError || !(error instanceof XrouterError);
      if (!isServers) throw error;
      return this.#giveUp(error instanceof Error ? error.message : String(error));
    }
  }

  /** What needs no router any more: an answer that passed, or one that only the user's tools can go on from. */
  #settled(): Decision | undefined {
    const { steps } = this.#state;
    const latest = (steps.at(-1)?.calls ?? []).filter(({ status }) => status === 'completed');
    const passed = latest.find(({ verdict }) => verdict?.pass);
    if (passed) return this.#stop(passed, 'the answer passed');
    const toolCalling = latest.find(({ message }) => message?.tool_calls?.length);
    if (toolCalling) return this.#stop(toolCalling, 'the answer calls the tools of the user');
    const fallback = steps.at(-1)?.decision.fallback;
    const unjudged = latest.find(({ verdict }) => verdict === undefined);
    if (fallback !== undefined && unjudged) {
      return { ...this.#stop(unjudged, 'the answer of the fallback policy'), fallback };
    }
    return this.#withinBudget() ? undefined : this.#outOfMoney();
  }

  /** Whether the request's budget holds another turn of the router like its last. */
  #withinBudget(): boolean {
    const { steps, request, spentUsd } = this.#state;
    const maxUsd = request.limits?.maxUsd;
    if (maxUsd === undefined || spentUsd === undefined) return true;
    return spentUsd + (steps.at(-1)?.decision.overhead?.cost.usd ?? 0) < maxUsd;
  }

  /** @throws XrouterError `budget_exceeded` where there is no answer yet */
  #outOfMoney(): Decision {
    const best = this.#best();
    if (best) return this.#stop(best, 'the budget of the request is spent');
    throw new XrouterError('budget_exceeded', 'The router model has used up the budget of the request.', {
      hint: 'Raise limits.maxUsd, or check the price given for the router.',
    });
  }

  async #ask(): Promise<Decision> {
    const { maxTurns, turnMs, deadlineMs, maxOutputTokens, temperature, stateLambda } = this.#settings;
    const backend = await this.#settings.backend();
    const tools = await this.#tools(backend);
    const question = routerQuestion(this.#state);
    for (;;) {
      if (this.#conversation.taken >= maxTurns)
        return this.#end(`the router took all of its ${maxTurns} turns`);
      const leftMs = deadlineMs - (Date.now() - this.#trace.startedAtMs);
      if (leftMs <= 0) return this.#end(`the router's ${deadlineMs} ms are over`);
      const { turns } = this.#conversation;
      const lambda = stateLambda ? this.#state.lambda : undefined;
      const input = { ...question, turns, tools, maxOutputTokens, temperature, lambda };
      const time = { signal: this.#state.signal, timeoutMs: Math.min(turnMs, leftMs) };
      const { output, truncated } = await this.#metered(() => backend.turn(input, time));
      const move = readMove(output, tools);
      if (move.type === 'answer' && truncated) return this.#giveUp("the router's answer was cut off");
      const decision = await this.#act(move, output.content, tools);
      if (decision) return decision;
    }
  }

  async #metered<T extends Awaited<ReturnType<RouterBackend['turn']>>>(turn: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      const result = await turn();
      this.#meter.add(result.usage, performance.now() - started);
      return result;
    } catch (error) {
      const billed = error instanceof CallError && (error.maybeBilled || error.usage !== undefined);
      if (billed) this.#meter.add(error.usage, performance.now() - started);
      throw error;
    }
  }

  /** The decision a move leads to; `undefined` where the router has to be asked again, with what was wrong. */
  async #act(move: RouterMove, content: string, tools: Toolset): Promise<Decision | undefined> {
    switch (move.type) {
      case 'answer':
        return this.#answer(move.text);
      case 'select': {
        const record = this.#conversation.find(move.target);
        if (record) return this.#stop(record, `the router selected ${record.model}`);
        return this.#again(content, [{ call: move.call, error: selectError(move.target) }]);
      }
      case 'none':
        if (move.calls.length > 0) return this.#again(content, move.calls);
        return this.#giveUp(`the router's output is of no use: ${move.reason}`);
      default:
        return this.#call(move, content, tools);
    }
  }

  async #answer(text: string): Promise<Decision> {
    const { request } = this.#state;
    const tooLong =
      request.maxOutputTokens !== undefined && estimateOutputTokens(text) > request.maxOutputTokens
        ? 'it is longer than the request allows'
        : undefined;
    const why = whyNotItself(this.#state) ?? tooLong;
    if (why !== undefined) return this.#end(`the router answered itself, which cannot be the answer: ${why}`);
    const reason =
      this.#conversation.answers.length > 0 ? 'the router wrote the answer' : 'the router answered itself';
    return this.#decision({ type: 'answer', message: { role: 'assistant', content: text } }, reason);
  }

  async #call(
    move: RouterMove & { type: 'call' },
    content: string,
    tools: Toolset,
  ): Promise<Decision | undefined> {
    const { routing, maxParallelCalls } = this.#settings;
    const { candidates, callsLeft } = this.#state;
    if (callsLeft < 1) return this.#end('no call is left');
    const most = routing === 'simple' ? 1 : Math.min(callsLeft, maxParallelCalls);
    const planned = planCalls(move.calls, tools, { candidates, most });
    const chosen = planned.filter((call): call is ModelCall => !isRejected(call));
    const [first, ...others] = chosen;
    if (!first) return this.#again(content, planned.filter(isRejected));
    this.#trace.turns.push({ role: 'assistant', content, calls: planned.map(({ call }) => call) });
    this.#trace.outcomes.push(...planned.map(outcomeOf));
    const calls: [CallAction, ...CallAction[]] = [
      this.#callAction(first),
      ...others.map((one) => this.#callAction(one)),
    ];
    return this.#decision(
      { type: 'call', calls },
      `the router called ${chosen.map(({ model }) => model).join(', ')}`,
    );
  }

  #callAction({ model, systemPrompt, temperature }: ModelCall): CallAction {
    if (!this.#settings.rewrite || systemPrompt === undefined) return { model };
    const { request, candidates } = this.#state;
    // Reasoning models refuse any temperature but their own.
    const fixed = candidates.find(({ id }) => id === model)?.reasoning === true;
    const own = request.temperature ?? (fixed ? undefined : temperature);
    return {
      model,
      messages: withSystemPrompt(request.messages, systemPrompt),
      ...(own !== undefined && { temperature: own }),
    };
  }

  /** The router is told what was wrong with its calls, and asked again. */
  #again(content: string, rejected: readonly RejectedCall[]): undefined {
    const turns: RouterTurn[] = [
      { role: 'assistant', content, calls: rejected.map(({ call }) => call) },
      ...rejected.map(({ error }) => ({ role: 'tool' as const, content: error })),
    ];
    this.#conversation.add(turns);
    this.#trace.turns.push(...turns);
    return undefined;
  }

  async #tools(backend: RouterBackend): Promise<Toolset> {
    const { names, routing, rewrite } = this.#settings;
    const known = await backend.knownModels();
    const select = routing === 'agent' ? await backend.selectTool() : undefined;
    // All that were admitted first: the list must not change between the turns of one conversation.
    return {
      ...toolsetOf(this.#state.pool, { known, names, select }),
      promptRequired: rewrite || known !== undefined,
    };
  }

  /** The best answer so far; where there is none, the fallback policy decides. */
  async #end(why: string): Promise<Decision> {
    const best = this.#best();
    return best ? this.#stop(best, why) : this.#giveUp(why);
  }

  /** The router failed. @throws XrouterError `policy_failed` where there is neither an answer nor a fallback */
  async #giveUp(why: string): Promise<Decision> {
    const best = this.#best();
    const { fallback, name } = this.#settings;
    const judgedWrong = best?.verdict?.pass === false && this.#state.callsLeft > 0;
    if (best && !(judgedWrong && fallback)) return { ...this.#stop(best, why), fallback: why };
    if (!fallback) {
      throw new XrouterError('policy_failed', `${name} cannot decide: ${why}`, {
        hint: 'Give the served policy a fallback policy, and check the router server with `xrouter doctor`.',
      });
    }
    const decision = await fallback.decide(this.#state);
    const { overhead } = this.#meter;
    return { ...decision, fallback: why, ...(overhead && { overhead }) };
  }

  #best(): CallRecord | undefined {
    const completed = this.#state.steps
      .flatMap(({ calls }) => calls)
      .filter(({ status }) => status === 'completed');
    return completed.findLast(({ verdict }) => verdict?.pass !== false) ?? completed.at(-1);
  }

  #stop(record: CallRecord, reason: string): Decision {
    return this.#decision({ type: 'stop', callId: record.callId }, reason);
  }

  #decision(action: Action, reason: string): Decision {
    const { overhead } = this.#meter;
    const models = action.type === 'call' ? action.calls.map(({ model }) => model) : [];
    return {
      action,
      policy: this.#settings.name,
      estimates: models.map((model) => ({ model })),
      propensity: 1,
      reason,
      ...(overhead && { overhead }),
      trace: this.#trace,
    };
  }
}
