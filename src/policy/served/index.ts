/** A router LLM behind an OpenAI-compatible server as the policy. */
export { type Contract, type ContractFile, loadContract } from './contract.ts';
export { createServedPolicy, type ServedPolicyOptions } from './create.ts';
export { createDecisionPolicy, type DecisionPolicyOptions } from './decision.ts';
export type { GpuPrice, RouterPrice } from './overhead.ts';
export { type ContractSource, pullContract, XROUTER_CONTRACT } from './pull/pull.ts';
export { createRenderer, parseTurns, type Renderer, type RenderInput, type RouterTurn } from './render.ts';
export type { RouterServerSpec } from './server-spec.ts';
