/** The router as middleware of LangChain's agents. Needs the package `langchain`. */

export type { AgentCost } from './agent-cost.ts';
export { routerErrorIn } from './errors.ts';
export { xrouterMiddleware } from './middleware.ts';
export type { RunRouting, XRouterMiddlewareFields } from './types.ts';
