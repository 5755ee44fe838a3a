/**
 * The router's prompt in the shape it was trained on, byte for byte: verl's pydantic dump of the tools
 * (`enum: null`, `strict: false`, no defaults), select_response first, then the pool in the order given.
 * System prompt and tools come first and do not change with the query, so a server's prefix cache holds them.
 */
import { XrouterError } from '../../errors.ts';
import { type ChatTemplate, compileChatTemplate } from './chat-template.ts';
import type { Contract, ModelSpec, RouterTool } from './contract.ts';
import { frameQuery, neutralise, toolName } from './framing.ts';
import { type PyJson, type PyObject, parsePythonJson, toPyJson } from './python-json.ts';

export interface RouterCall {
  /** Tool name, for example `call_gpt_5_mini`. */
  name: string;
  arguments: PyJson;
}

/** A turn after the first: what the router wrote, what a tool answered, or a further user text. */
export type RouterTurn =
  | { role: 'assistant'; content: string; calls: RouterCall[] }
  | { role: 'tool' | 'user'; content: string };

export interface RenderInput {
  /** Model ids of the contract, in the order the router shall see them. */
  pool: readonly string[];
  /** Models the contract does not know, by their own words; they may be in the pool too. */
  newModels?: ReadonlyMap<string, ModelSpec>;
  query: string;
  system?: string;
  turns?: readonly RouterTurn[];
  /** False leaves the select tool out: the one call's answer is the answer. Default true. */
  select?: boolean;
}

export interface Renderer {
  /**
   * The prompt to send, ending where the assistant's turn begins.
   * @throws XrouterError `unknown_model`, `invalid_request` where two ids share a tool name
   */
  render(input: RenderInput): string;
}

/** @throws XrouterError `invalid_file` where the contract's chat template cannot be parsed */
export async function createRenderer(contract: Contract): Promise<Renderer> {
  const template = await compileChatTemplate(contract.chatTemplate);
  return { render: (input) => render(contract, template, input) };
}

function render(contract: Contract, template: ChatTemplate, input: RenderInput): string {
  const models = input.newModels ? new Map([...input.newModels, ...contract.models]) : contract.models;
  const tools = modelTools(input.pool, models);
  if (input.select !== false) tools.unshift(contract.selectTool);
  const messages = [
    message('system', contract.systemPrompt),
    message('user', frameQuery(input.query, input.system)),
    ...(input.turns ?? []).map(turnMessage),
  ];
  return template.render(messages, tools.map(dumpTool));
}

/** The tool of each model of the pool, in the pool's order. */
function modelTools(pool: readonly string[], models: ReadonlyMap<string, ModelSpec>): RouterTool[] {
  const owners = new Map<string, string>();
  return pool.map((id) => {
    const spec = models.get(id);
    if (!spec) {
      throw new XrouterError('unknown_model', `The contract's models.json has no model ${id}.`, {
        hint: `It has: ${[...models.keys()].join(', ')}.`,
      });
    }
    const name = toolName(id);
    const owner = owners.get(name);
    if (owner !== undefined) {
      throw new XrouterError('invalid_request', `${owner} and ${id} would both be the tool ${name}.`, {
        hint: 'Leave one of them out of the pool.',
      });
    }
    owners.set(name, id);
    return callTool(name, spec);
  });
}

function callTool(name: string, spec: ModelSpec): RouterTool {
  return {
    name,
    description: `Call ${spec.name} model. ${spec.description}`,
    parameters: {
      type: 'object',
      properties: {
        optimized_system_prompt: {
          type: 'string',
          description: 'Optimized system prompt for this specific model and task',
        },
        temperature: { type: 'number', description: 'Sampling temperature (0.0 to 2.0)' },
      },
      required: ['optimized_system_prompt'],
    },
  };
}

/** `OpenAIFunctionToolSchema.model_dump()` of verl at the time of training: every field, unset ones as null. */
function dumpTool(tool: RouterTool): PyJson {
  const properties: PyObject = new Map();
  for (const [name, property] of Object.entries(tool.parameters.properties)) {
    const { type, description = null, enum: values = null } = property;
    properties.set(name, toPyJson({ type, description, enum: values }));
  }
  const { type, required } = tool.parameters;
  const parameters: PyObject = new Map<string, PyJson>([
    ['type', type],
    ['properties', properties],
    ['required', required],
  ]);
  return toPyJson({
    type: 'function',
    function: { name: tool.name, description: tool.description, parameters, strict: false },
  });
}

function message(role: string, content: string): PyObject {
  return new Map([
    ['role', role],
    ['content', content],
  ]);
}

function turnMessage(turn: RouterTurn): PyObject {
  if (turn.role !== 'assistant') return message(turn.role, neutralise(turn.content));
  const result: PyObject = message('assistant', turn.content);
  if (turn.calls.length > 0) result.set('tool_calls', turn.calls.map(dumpCall));
  return result;
}

function dumpCall(call: RouterCall): PyJson {
  return toPyJson({ type: 'function', function: { name: call.name, arguments: call.arguments } });
}

/**
 * Turns from a JSON array of chat messages in OpenAI's shape. Tool call arguments may be an object or the JSON
 * text of one; numbers keep the notation they are written in.
 * @throws XrouterError `invalid_request`, which says at which message
 */
export function parseTurns(json: string): RouterTurn[] {
  let value: PyJson;
  try {
    value = parsePythonJson(json);
  } catch (error) {
    throw new XrouterError('invalid_request', `The turns are not JSON: ${(error as Error).message}.`, {
      hint: 'Give a JSON array of chat messages.',
    });
  }
  if (!Array.isArray(value)) throw badTurn('The turns', 'must be a JSON array of chat messages');
  return value.map((item, index) => {
    const where = `Message ${index} of the turns`;
    const role = member(item, 'role');
    const content = contentText(member(item, 'content'), where);
    if (role === 'tool' || role === 'user') return { role, content };
    if (role === 'assistant') {
      const calls = member(item, 'tool_calls') ?? [];
      if (!Array.isArray(calls)) throw badTurn(where, 'has `tool_calls` that are not an array');
      return { role, content, calls: calls.map((call) => parseCall(call, where)) };
    }
    throw badTurn(where, 'must have the role assistant, tool or user');
  });
}

function parseCall(value: PyJson, where: string): RouterCall {
  const call = member(value, 'function') ?? value;
  const name = member(call, 'name');
  if (typeof name !== 'string') throw badTurn(where, 'has a tool call without a name');
  const written = member(call, 'arguments') ?? new Map();
  if (typeof written !== 'string') return { name, arguments: written };
  try {
    return { name, arguments: parsePythonJson(written) };
  } catch {
    throw badTurn(where, `calls ${name} with arguments that are not JSON`);
  }
}

function contentText(value: PyJson | undefined, where: string): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) {
    const texts = value.map((part) => member(part, 'text'));
    if (texts.every((text) => typeof text === 'string')) return texts.join('\n');
  }
  throw badTurn(where, 'must have text as its content');
}

function member(value: PyJson, key: string): PyJson | undefined {
  return value instanceof Map ? value.get(key) : undefined;
}

function badTurn(where: string, why: string): XrouterError {
  return new XrouterError('invalid_request', `${where} ${why}.`, {
    hint: "Each turn is a chat message in OpenAI's shape.",
  });
}
