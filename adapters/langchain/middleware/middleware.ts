/** The router in an agent that stays as it is: it takes the place of the agent's model, call by call. */
import { randomUUID } from 'node:crypto';
import { AIMessage, type BaseMessage, HumanMessage, ToolMessage } from '@langchain/core/messages';
import { createMiddleware } from 'langchain';
import { z } from 'zod';
import { type Router, XrouterError } from '../../../src/index.ts';
import { giveFeedback, type RunFeedback } from '../feedback.ts';
import { type RoutingInfo, routingInfo } from '../routing.ts';
import { setUp } from '../setup.ts';
import { type CandidateAnswer, candidateAnswerOf } from '../tools/answer.ts';
import { type AgentCost, addCost, costOfAnswer, costOfRouting, costSchema, NO_COST } from './agent-cost.ts';
import { type Rules, routedCall } from './model-call.ts';
import { RunMemories } from './run-memory.ts';
import { contextSchema, type XRouterMiddlewareFields } from './types.ts';

const stateSchema = z.object({
  runCost: costSchema,
  threadCost: costSchema,
  /** Id of the run. What begins with "_" is nobody's input and nobody's output. */
  _routedRun: z.string().optional(),
  /** Episode whose cost was counted last. */
  _routedLast: z.string().optional(),
  /** Episodes of candidates' tools that are not to be counted any more. */
  _routedTools: z.array(z.string()).optional(),
});

/**
 * Middleware that lets the router choose, call and account for the model of an agent, in the place of the model
 * that the agent was made with. What was chosen for what the human said is kept through the tool calls that
 * follow. The agent's state says what it cost: `runCost` this run, `threadCost` all runs of the thread.
 *
 * @param fields what `ChatXRouter` takes, and `runUsd`, `exitBehavior`, `failOpen`
 * @returns the middleware, with its `router` and `feedback` as `ChatXRouter` has them
 * @throws XrouterError `invalid_config` that names the field, `unknown_model`
 *
 * @example
 * ```ts
 * import { createAgent } from 'langchain';
 * import { xrouterMiddleware } from 'xrouter/langchain/middleware';
 *
 * const routing = xrouterMiddleware({ candidates: ['openai/gpt-5-nano', 'openai/gpt-5'], runUsd: 0.05 });
 * const agent = createAgent({ model: 'openai:gpt-5', tools: [weather], middleware: [routing] });
 *
 * const { messages, runCost } = await agent.invoke({ messages: question }, { context: { routing: { lambda: 1 } } });
 * console.log(messages.at(-1)?.text, runCost.costUsd);
 * ```
 */
export function xrouterMiddleware(fields: XRouterMiddlewareFields = {}) {
  const { runUsd, exitBehavior, failOpen, ...chat } = fields;
  checkRules({ runUsd, exitBehavior, failOpen });
  const setup = setUp(chat);
  const rules: Rules = { fields: chat, setup, exitBehavior, failOpen };
  const { router } = setup;
  const runs = new RunMemories();

  const middleware = createMiddleware({
    name: 'XRouterMiddleware',
    stateSchema,
    contextSchema,
    beforeAgent({ messages, threadCost, _routedRun, _routedLast }) {
      const last = routingsOf(messages).at(-1)?.episodeId;
      // Of a run that failed, or that a human let lie; what came to an end is in the sums.
      const abandoned = runs.take(_routedRun, last === _routedLast ? undefined : last);
      return {
        runCost: NO_COST,
        _routedRun: randomUUID(),
        _routedTools: toolAnswers(messages).map(({ episodeId }) => episodeId),
        ...(abandoned && { threadCost: addCost(threadCost, abandoned) }),
      };
    },
    wrapModelCall(request, handler) {
      const { state, runtime } = request;
      const { runUsd: ofContext, ...told } = runtime.context?.routing ?? {};
      const threadId = runtime.configurable?.thread_id;
      const session = told.session ?? (typeof threadId === 'string' ? threadId : undefined);
      const run = runs.of(state._routedRun);
      run.begin(request);
      const mostUsd = ofContext ?? runUsd;
      const budget =
        mostUsd === undefined
          ? undefined
          : {
              runUsd: mostUsd,
              spent: [run.spent, ...toolCosts(state)].reduce(addCost, state.runCost ?? NO_COST),
            };
      return routedCall(rules, { run, routing: { ...told, session }, budget }, request, handler);
    },
    afterModel: {
      canJumpTo: ['end'],
      hook(state) {
        const { messages, runCost, threadCost, _routedRun, _routedLast } = state;
        const last = lastRouting(messages);
        const untold = last?.episodeId === _routedLast ? undefined : last;
        // Another process may have made the call: then its message says what it cost.
        const called = runs.take(_routedRun, untold?.episodeId) ?? (untold && costOfRouting(untold));
        const spent = [called ?? NO_COST, ...toolCosts(state)].reduce(addCost);
        // Nobody was asked after a tool that returns directly; with a response format LangChain would go round
        // for ever as soon as there is a hook here.
        const isOver = !called && ToolMessage.isInstance(messages.at(-1));
        return {
          runCost: addCost(runCost, spent),
          threadCost: addCost(threadCost, spent),
          ...(last && { _routedLast: last.episodeId }),
          _routedTools: toolAnswers(messages).map(({ episodeId }) => episodeId),
          ...(isOver && { jumpTo: 'end' as const }),
        };
      },
    },
  });

  return Object.assign(middleware, {
    /**
     * The router itself: its catalog, its ledger, `close`.
     *
     * @example
     * ```ts
     * console.log(await routing.router.ledger.balance({ kind: 'session', key: 'thread-1' }));
     * ```
     */
    router: router as Router,
    /**
     * How good an answer turned out to be, as `ChatXRouter.feedback`: on one message, or on a run of the agent and
     * so on all its answers.
     *
     * @example
     * ```ts
     * const { messages } = await agent.invoke({ messages: question }, { runId });
     * await routing.feedback(messages.at(-1), { score: 1 });
     * await routing.feedback(runId, { key: 'reviewer', score: 0.5 });
     * ```
     */
    feedback: (on: string | { response_metadata: object }, feedback: RunFeedback) =>
      giveFeedback(router, on, feedback),
  });
}

/** Of the answer to what the human said last: what came before may be a caller's own writing. */
function lastRouting(messages: readonly BaseMessage[]): RoutingInfo | undefined {
  const human = messages.findLastIndex((message) => HumanMessage.isInstance(message));
  return routingsOf(messages.slice(human + 1)).at(-1);
}

function routingsOf(messages: readonly BaseMessage[]): RoutingInfo[] {
  return messages.flatMap((message) => {
    const routing = AIMessage.isInstance(message) ? routingInfo(message) : undefined;
    return routing ? [routing] : [];
  });
}

function toolAnswers(messages: readonly BaseMessage[]): CandidateAnswer[] {
  return messages.flatMap((message) => {
    const answer = ToolMessage.isInstance(message) ? candidateAnswerOf(message.artifact) : undefined;
    return answer ? [answer] : [];
  });
}

/** Of the candidates that the agent called as tools since its last model call. */
function toolCosts(state: { messages: BaseMessage[]; _routedTools?: string[] }): AgentCost[] {
  const counted = new Set(state._routedTools);
  return toolAnswers(state.messages)
    .filter(({ episodeId }) => !counted.has(episodeId))
    .map(costOfAnswer);
}

function checkRules({
  runUsd,
  exitBehavior,
  failOpen,
}: Pick<XRouterMiddlewareFields, 'runUsd' | 'exitBehavior' | 'failOpen'>): void {
  const invalid = (what: string, hint: string) => new XrouterError('invalid_config', what, { hint });
  if (runUsd !== undefined && !(typeof runUsd === 'number' && runUsd >= 0)) {
    throw invalid(`\`runUsd\` is ${JSON.stringify(runUsd)}.`, 'It must be an amount in USD, at least 0.');
  }
  if (exitBehavior !== undefined && exitBehavior !== 'error' && exitBehavior !== 'end') {
    throw invalid(`\`exitBehavior\` is ${JSON.stringify(exitBehavior)}.`, 'Use "error" or "end".');
  }
  if (failOpen !== undefined && typeof failOpen !== 'boolean') {
    throw invalid(`\`failOpen\` is ${JSON.stringify(failOpen)}.`, 'Use true or false.');
  }
}
