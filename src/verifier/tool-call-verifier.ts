import type { ToolCall, ToolDefinition } from '../request.ts';
import { textOf } from '../request.ts';
import { compiledOnce } from './json-schema-verifier.ts';
import { isObject } from './json-value.ts';
import type { Verifier, VerifierInput } from './verifier.ts';

/** How models write a call as text when their server fails to parse it. */
const CALL_AS_TEXT = /^\s*(<tool_call>|<function[ =]|<\|tool_call|<\|python_tag\|>|\[TOOL_CALLS\])/;

/**
 * Passes an answer whose tool calls could be carried out: each names a tool of the request, its arguments
 * are a JSON object that follows the tool's schema, and `toolChoice` and `parallelToolCalls` are obeyed.
 * Whether the right tool was called is not its business. A request without tools passes.
 *
 * @throws XrouterError `invalid_request`, from `verify`, for a tool schema that cannot be checked in full
 */
export function toolCallVerifier(): Verifier {
  return {
    name: 'tool-call',
    verify(input) {
      const problem = problemOf(input);
      return problem === undefined ? { pass: true } : { pass: false, reason: problem };
    },
  };
}

function problemOf({ request, message }: VerifierInput): string | undefined {
  const tools = request.tools ?? [];
  const calls = message.tool_calls ?? [];
  const choice = request.toolChoice ?? 'auto';
  if (calls.length === 0) {
    if (tools.length > 0 && choice !== 'none' && CALL_AS_TEXT.test(textOf(message.content))) {
      return 'The answer writes a tool call as text instead of making it.';
    }
    if (choice === 'required') return 'No tool was called, but the request requires a call.';
    if (typeof choice === 'object') return `The tool "${choice.function.name}" was not called as required.`;
    return undefined;
  }
  if (choice === 'none') return 'A tool was called although the request forbids calls.';
  if (request.parallelToolCalls === false && calls.length > 1) {
    return `${calls.length} tools were called at once; the request allows one.`;
  }
  for (const call of calls) {
    const problem = callProblem(call, tools);
    if (problem !== undefined) return problem;
    if (typeof choice === 'object' && call.function.name !== choice.function.name) {
      return `The tool "${call.function.name}" was called instead of "${choice.function.name}".`;
    }
  }
  return undefined;
}

/** What is wrong with one call, or `undefined`. */
export function callProblem(call: ToolCall, tools: readonly ToolDefinition[]): string | undefined {
  const { name, arguments: text } = call.function;
  const tool = tools.find((candidate) => candidate.function.name === name);
  if (!tool) return `There is no tool "${name}".`;
  let args: unknown;
  try {
    // Several providers send '' for a call without arguments.
    args = text.trim() === '' ? {} : JSON.parse(text);
  } catch (error) {
    return `The arguments of "${name}" are not JSON: ${(error as Error).message}`;
  }
  if (!isObject(args)) return `The arguments of "${name}" are not a JSON object.`;
  const { parameters } = tool.function;
  const problem = parameters && compiledOnce(parameters)(args);
  return problem && `The arguments of "${name}" do not follow its schema: ${problem}`;
}
