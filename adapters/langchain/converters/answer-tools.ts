/** Tool calls of an answer, as LangChain's messages hold them. */
import type { InvalidToolCall, ToolCall as LangChainToolCall } from '@langchain/core/messages/tool';
import type { ToolCall } from '../../../src/index.ts';

export interface ParsedToolCalls {
  tool_calls: LangChainToolCall[];
  invalid_tool_calls: InvalidToolCall[];
}

/** Calls whose arguments are a JSON object, and those whose arguments are not, as the model wrote them. */
export function fromToolCalls(calls: readonly ToolCall[]): ParsedToolCalls {
  const parsed: ParsedToolCalls = { tool_calls: [], invalid_tool_calls: [] };
  for (const { id, function: called } of calls) {
    const args = parseArguments(called.arguments);
    if (typeof args === 'string') {
      const broken = { name: called.name, args: called.arguments, id, error: args };
      parsed.invalid_tool_calls.push({ type: 'invalid_tool_call', ...broken });
    } else {
      parsed.tool_calls.push({ type: 'tool_call', name: called.name, args, id });
    }
  }
  return parsed;
}

/** The arguments, or what is wrong with them. A tool without parameters is often called with nothing at all. */
function parseArguments(text: string): Record<string, unknown> | string {
  if (text.trim() === '') return {};
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : 'The arguments are not a JSON object.';
  } catch (error) {
    return `The arguments are not valid JSON: ${(error as Error).message}`;
  }
}
