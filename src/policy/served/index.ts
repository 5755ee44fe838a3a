/** A router LLM behind an OpenAI-compatible server as the policy. */
export { CONTRACT_FILES, type Contract, type ContractFile, loadContract } from './contract.ts';
export { createRenderer, parseTurns, type Renderer, type RenderInput, type RouterTurn } from './render.ts';
