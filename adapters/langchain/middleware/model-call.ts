/** One model call of an agent, answered by the router in the place of the agent's model. */
import { AIMessage, type BaseMessage } from '@langchain/core/messages';
import type { Episode, Router, XrouterError } from '../../../src/index.ts';
import { ChatXRouter } from '../chat.ts';
import { routingInfo } from '../routing.ts';
import { type Setup, withRouting } from '../setup.ts';
import type { ChatXRouterFields, RoutingOptions } from '../types.ts';
import { costOfEpisode, costOfRouting } from './agent-cost.ts';
import { mayFailOpen, routerErrorIn } from './errors.ts';
import { answerOf, bookOther, isFromModel } from './other-models.ts';
import { type RunBudget, refusedByRun, withinRun } from './run-budget.ts';
import type { RunMemory } from './run-memory.ts';
import type { XRouterMiddlewareFields } from './types.ts';

/** What is the same in every call: the chat model that the middleware was configured with, and its rules. */
export interface Rules extends Pick<XRouterMiddlewareFields, 'exitBehavior' | 'failOpen'> {
  fields: ChatXRouterFields;
  setup: Setup;
}

/** What is of this call alone. */
export interface Asked {
  run: RunMemory;
  routing: RoutingOptions;
  /** `undefined`: the run has no budget. */
  budget: RunBudget | undefined;
}

type Request = { model: unknown; state: { messages: BaseMessage[] } };
type Handler<R extends Request> = (request: R) => AIMessage | Promise<AIMessage>;

export async function routedCall<R extends Request>(
  { fields, setup, exitBehavior, failOpen }: Rules,
  { run, routing, budget }: Asked,
  request: R,
  handler: Handler<R>,
): Promise<AIMessage> {
  const { router } = setup;
  run.begin(request);
  // A fallback outside of this middleware has put its model in the place of the agent's: that one is meant.
  if (!run.isOwnModel(request.model)) {
    if (run.refusal) throw run.refusal;
    return byOther(router, { run, routing }, request, handler);
  }

  const episodes: Episode[] = [];
  const ended = (episode: Episode) => {
    episodes.push(episode);
    run.add(costOfEpisode(episode));
  };
  try {
    const bounded = budget ? withinRun(router, routing, budget) : routing;
    const model = new ChatXRouter(fields, withRouting(setup, bounded, ended));
    const returned = await handler({ ...request, model });
    const answer = answerOf(returned);
    await countOther(router, { run, routing }, answer);
    run.answered(answer && routingInfo(answer)?.episodeId);
    return returned;
  } catch (thrown) {
    const error = routerErrorIn(thrown);
    if (!error) throw thrown;
    if (failOpen && mayFailOpen(error, episodes.at(-1))) {
      return byOther(router, { run, routing }, request, handler);
    }
    const told = budget && isOfRun(error, episodes.at(-1)) ? refusedByRun(error, budget) : error;
    if (!REFUSALS.has(told.code)) throw thrown;
    if (exitBehavior === 'end') return farewell(told);
    run.refused(told);
    throw told;
  }
}

const REFUSALS = new Set(['budget_exceeded', 'unknown_price']);

/** The router knows the run's budget as that of the request. */
function isOfRun({ code }: XrouterError, episode: Episode | undefined): boolean {
  if (code !== 'budget_exceeded') return false;
  return episode?.refusals.some(({ budget }) => budget?.kind === 'request') ?? false;
}

function farewell(error: XrouterError): AIMessage {
  const content = [error.message, error.hint].filter(Boolean).join(' ');
  return new AIMessage({ content, response_metadata: { finish_reason: error.code } });
}

type Counted = Pick<Asked, 'run' | 'routing'>;

async function byOther<R extends Request>(
  router: Router,
  counted: Counted,
  request: R,
  handler: Handler<R>,
): Promise<AIMessage> {
  const returned = await handler(request);
  const answer = answerOf(returned);
  const routing = answer && routingInfo(answer);
  // The agent's own model may be a router too, with books of its own.
  if (routing) counted.run.add(costOfRouting(routing));
  else await countOther(router, counted, answer);
  counted.run.answered(routing?.episodeId);
  return returned;
}

/** A fallback or other middleware inside of this one may have answered in the router's place. */
async function countOther(
  router: Router,
  { run, routing }: Counted,
  answer: AIMessage | undefined,
): Promise<void> {
  if (!answer || routingInfo(answer) || !isFromModel(answer)) return;
  const { session, budgetKey } = routing;
  run.add(await bookOther(router, answer, { session, budgetKey }));
}
