/** How a router model is spoken to: the conversation in, one turn out. */
import type { Usage } from '../../money.ts';
import type { ModelSpec } from './contract.ts';
import type { RouterOutput } from './parse.ts';
import type { RouterQuestion } from './question.ts';
import type { RouterTurn } from './render.ts';
import type { RouterTime } from './server.ts';
import type { Toolset } from './toolset.ts';

export interface TurnInput extends RouterQuestion {
  turns: readonly RouterTurn[];
  tools: Toolset;
  /** Told to routers that were trained with it; chat mode only. */
  lambda?: number;
  maxOutputTokens: number;
  temperature: number;
}

export interface TurnResult {
  output: RouterOutput;
  /** Cut off at the token limit. */
  truncated: boolean;
  usage?: Usage;
}

export interface RouterBackend {
  /** Models the router was trained on, by their own ids. */
  knownModels(): Promise<ReadonlyMap<string, ModelSpec> | undefined>;
  /** Name of the select tool. */
  selectTool(): Promise<string>;
  /** @throws CallError where the server did not answer, XrouterError `invalid_file` for a wrong contract */
  turn(input: TurnInput, time: RouterTime): Promise<TurnResult>;
}
