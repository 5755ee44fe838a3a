/** One row of the dataset in the columns verl reads, with what our tools and reward need in `extra_info`. */
import type { Candidate } from '../../catalog/candidate.ts';
import { chatRequest } from '../../policy/served/chat.ts';
import { SELECT_TOOL, toolsetOf } from '../../policy/served/toolset.ts';
import { type ToolDefinition, textOf } from '../../request.ts';
import type { Field } from './parquet.ts';
import type { SourceRow, Stratum, TextMessage } from './source.ts';

/** Name under which the agent loop of `examples/verl` is registered. */
export const AGENT_NAME = 'xrouter_agent';

export interface VerlRow {
  prompt: { role: string; content: string }[];
  /** verl reports validation by it; the reward matches it exactly. */
  data_source: string;
  ability: string;
  /** `ground_truth`: JSON `{scores: {MODEL: 0..1}, answer?}` of this row's pool. */
  reward_model: { style: 'rule'; ground_truth: string };
  agent_name: string;
  extra_info: {
    index: number;
    split: string;
    id: string;
    stratum: Stratum;
    lambda: number;
    /** Mean cost of the pool's dearest candidate at this row's prices: what lambda is relative to. */
    cost_ref_usd: number;
    need_tools_kwargs: true;
    tool_selection: string[];
    tools_kwargs: ToolsKwargs;
  };
}

/** verl hands `create_kwargs` to the tool of that name, and the whole to our tools with the trajectory. */
export type ToolsKwargs = {
  /** `schemas`: the tools as the router reads them in this row, JSON; `messages`: what a candidate is sent. */
  request: { messages: TextMessage[]; schemas: string };
} & { [tool: string]: { create_kwargs: { candidate: string; cost_scale: number } } | object };

export interface VerlRowInput {
  row: SourceRow;
  stratum: Stratum;
  index: number;
  split: 'train' | 'val';
  lambda: number;
  costRefUsd: number;
  /** In the order the router reads them, at this row's prices. */
  pool: readonly { candidate: Candidate; scale: number }[];
  /** Candidate id to the name its tool is made of, the same in all rows. */
  names: Readonly<Record<string, string>>;
  /** The router writes system prompts for candidates. A recording cannot tell what they are worth. */
  instructions: boolean;
}

/** The prompt and tools are those of the served policy's chat mode, so a trained router is asked what it knows. */
export function verlRow(input: VerlRowInput): VerlRow {
  const { row, stratum, index, split, lambda, costRefUsd, pool, names, instructions } = input;
  const candidates = pool.map(({ candidate }) => candidate);
  const tools = toolsetOf(candidates, { select: SELECT_TOOL, names });
  const asked = chatRequest(
    { ...row.question, turns: [], tools, lambda, maxOutputTokens: 1, temperature: 1 },
    instructions,
  );
  const calls = [...tools.models].map(([tool, candidate], i) => [
    tool,
    { create_kwargs: { candidate, cost_scale: pool[i]!.scale } },
  ]);
  const scores = candidates.map(({ id }) => [id, row.outcomes.get(id)!.score]);
  return {
    prompt: asked.messages.map(({ role, content }) => ({ role, content: textOf(content) })),
    data_source: dataSourceOf(stratum),
    ability: row.task,
    reward_model: {
      style: 'rule',
      ground_truth: JSON.stringify({ scores: Object.fromEntries(scores), answer: row.answer }),
    },
    agent_name: AGENT_NAME,
    extra_info: {
      index,
      split,
      id: row.id,
      stratum,
      lambda,
      cost_ref_usd: costRefUsd,
      need_tools_kwargs: true,
      tool_selection: toolNames(asked.tools!),
      tools_kwargs: {
        request: { messages: row.messages, schemas: JSON.stringify(asked.tools) },
        ...Object.fromEntries(calls),
      },
    },
  };
}

function dataSourceOf(stratum: Stratum): string {
  return `xrouter-${stratum}`;
}

export function toolNames(tools: readonly ToolDefinition[]): string[] {
  return tools.map(({ function: { name } }) => name);
}

/** Columns of the dataset. @param callTools names of all tools that call a candidate */
export function verlFields(callTools: readonly string[]): Field[] {
  const text = (name: string): Field => ({ name, type: 'text' });
  const messages = (name: string): Field => ({
    name,
    list: { name: 'message', fields: [text('role'), text('content')] },
  });
  const kwargs = callTools.map((name): Field => {
    const fields = [text('candidate'), { name: 'cost_scale', type: 'number' } as const];
    return { name, fields: [{ name: 'create_kwargs', fields }], optional: true };
  });
  return [
    messages('prompt'),
    text('data_source'),
    text('ability'),
    { name: 'reward_model', fields: [text('style'), text('ground_truth')] },
    text('agent_name'),
    {
      name: 'extra_info',
      fields: [
        { name: 'index', type: 'integer' },
        text('split'),
        text('id'),
        text('stratum'),
        { name: 'lambda', type: 'number' },
        { name: 'cost_ref_usd', type: 'number' },
        { name: 'need_tools_kwargs', type: 'boolean' },
        { name: 'tool_selection', list: text('tool') },
        {
          name: 'tools_kwargs',
          fields: [{ name: 'request', fields: [messages('messages'), text('schemas')] }, ...kwargs],
        },
      ],
    },
  ];
}
