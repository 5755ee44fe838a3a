/** Tools, tool choice and response format of LangChain call options in OpenAI's shape. */
import type { BindToolsInput } from '@langchain/core/language_models/chat_models';
import { convertToOpenAITool, isLangChainTool } from '@langchain/core/utils/function_calling';
import { type ToolChoice, type ToolDefinition, XrouterError } from '../../../src/index.ts';
import type { UnknownBlocks } from './content.ts';

/** Schemas are converted once: the same tools come with every step of an agent. */
const converted = new WeakMap<object, ToolDefinition>();
/** The last list made of each; the router knows the size of a list it has seen. */
const lists = new WeakMap<object, { key: unknown[]; definitions: ToolDefinition[] }>();

/**
 * @param strict overrides what the tools say themselves
 * @throws XrouterError `invalid_request` for a tool that only one provider knows, where `unknown` is `reject`
 */
export function toToolDefinitions(
  tools: readonly BindToolsInput[],
  strict?: boolean,
  unknown: UnknownBlocks = 'reject',
): ToolDefinition[] {
  const key = [strict, ...tools];
  const last = lists.get(tools);
  if (last && last.key.length === key.length && last.key.every((part, index) => part === key[index])) {
    return last.definitions;
  }
  const definitions: ToolDefinition[] = [];
  for (const tool of tools) {
    const definition = toToolDefinition(tool);
    if (definition) {
      const { function: called } = definition;
      definitions.push(
        strict === undefined ? definition : { ...definition, function: { ...called, strict } },
      );
    } else if (unknown === 'reject') {
      throw unsupported(tool);
    }
  }
  lists.set(tools, { key, definitions });
  return definitions;
}

/** `undefined` for a tool that runs at one provider, such as its web search. */
export function toToolDefinition(tool: BindToolsInput): ToolDefinition | undefined {
  let definition = converted.get(tool);
  if (!definition) {
    definition = convert(tool as Record<string, unknown>);
    if (definition) converted.set(tool, definition);
  }
  return definition;
}

function convert(tool: Record<string, unknown>): ToolDefinition | undefined {
  if (isLangChainTool(tool)) return convertToOpenAITool(tool as never) as ToolDefinition;
  if (tool.type === 'function' && typeof tool.function === 'object') return tool as never;
  const parameters = tool.input_schema ?? tool.parameters;
  if (typeof tool.name !== 'string' || typeof parameters !== 'object') return undefined;
  const { name, description } = tool as { name: string; description?: string };
  return { type: 'function', function: { name, description, parameters: parameters as never } };
}

/** LangChain's words (`any`, a tool's name) and the forms of OpenAI and Anthropic. */
export function toToolChoice(choice: unknown): ToolChoice | undefined {
  if (choice === undefined || choice === null) return undefined;
  if (typeof choice === 'string') {
    if (choice === 'any' || choice === 'required') return 'required';
    if (choice === 'auto' || choice === 'none') return choice;
    return named(choice);
  }
  const {
    type,
    name,
    function: called,
  } = choice as { type?: string; name?: string; function?: { name: string } };
  const tool = called?.name ?? name;
  if (tool !== undefined) return named(tool);
  if (type === 'any' || type === 'required') return 'required';
  if (type === 'auto' || type === 'none') return type;
  throw new XrouterError('invalid_request', `tool_choice ${JSON.stringify(choice)} is not known.`, {
    hint: 'Use "auto", "none", "any", or the name of a tool.',
  });
}

function named(name: string): ToolChoice {
  return { type: 'function', function: { name } };
}

function unsupported(tool: BindToolsInput): XrouterError {
  const { name, type } = tool as { name?: string; type?: string };
  return new XrouterError(
    'invalid_request',
    `The tool ${JSON.stringify(name ?? type)} is not a function tool.`,
    {
      hint: 'A tool that runs at one provider works only with a pool of your own chat models of that provider.',
    },
  );
}
