/** Chat mode: our own prompt and tools, for any tool-calling model on any OpenAI-compatible server. */
import { randomUUID } from 'node:crypto';
import type { Candidate } from '../../catalog/candidate.ts';
import type { Usage } from '../../money.ts';
import { AnswerAssembler } from '../../provider/assemble.ts';
import { createHttpProvider } from '../../provider/http.ts';
import type { ChatMessage, RouteRequest, ToolDefinition } from '../../request.ts';
import type { RouterBackend, TurnInput } from './backend.ts';
import { neutralise } from './framing.ts';
import { parseRouterOutput } from './parse.ts';
import { dumpPythonJson, type PyJson } from './python-json.ts';
import type { RouterTurn } from './render.ts';
import { readJson } from './repair-json.ts';
import { gaveUp, RouterServer } from './server.ts';
import type { RouterServerSpec } from './server-spec.ts';
import { SELECT_TOOL, type Toolset } from './toolset.ts';

export function chatBackend(spec: RouterServerSpec, options: { instructions: boolean }): RouterBackend {
  const { baseUrl, apiKey, headers, model } = spec;
  const server = new RouterServer(spec);
  const provider = createHttpProvider({ id: 'router-server', baseUrl, apiKey, headers });
  const candidate: Candidate = {
    id: `router-server/${model}`,
    provider: provider.id,
    model,
    input: ['text'],
    output: ['text'],
    benchmarks: {},
  };
  return {
    knownModels: async () => undefined,
    selectTool: async () => SELECT_TOOL,
    async turn(input, { signal, timeoutMs }) {
      const rid = randomUUID();
      const own = server.isSglang ? { rid, top_k: -1, min_p: 0, repetition_penalty: 1 } : {};
      const request = {
        ...chatRequest(input, options.instructions),
        extraBody: { ...spec.extraBody, ...own },
      };
      const answer = new AnswerAssembler();
      let usage: Usage | undefined;
      let finishReason = '';
      const limits = { totalMs: timeoutMs, firstTokenMs: timeoutMs, idleMs: timeoutMs, connectMs: timeoutMs };
      try {
        for await (const event of provider.call({ candidate, request, limits, signal })) {
          if (event.type === 'delta') answer.push(event.delta);
          else ({ usage, finishReason } = event);
        }
      } catch (error) {
        if (gaveUp(error)) void server.abort(rid);
        throw error;
      }
      const { tools } = input;
      const { message, text } = answer.answer();
      // A server without a tool parser, or with one that gave up, leaves the calls in the text.
      const output = parseRouterOutput(text, (name) => tools.models.has(name) || name === tools.select);
      for (const call of message.tool_calls ?? []) {
        const { name, arguments: written } = call.function;
        output.calls.push({ name, arguments: readJson(written)?.value ?? written });
      }
      return { output, truncated: finishReason === 'length', usage };
    },
  };
}

/** What the server is sent; training exports the same. */
export function chatRequest(input: TurnInput, instructions: boolean): RouteRequest {
  const { tools } = input;
  const asked = neutralise(input.query);
  const system =
    input.system === undefined ? '' : `The user's own instructions:\n${neutralise(input.system)}\n\n`;
  return {
    messages: [
      { role: 'system', content: chatPrompt(tools, instructions) },
      { role: 'user', content: `${lambdaText(input.lambda)}${system}The request:\n${asked}` },
      ...chatTurns(input.turns),
    ],
    tools: chatTools(tools, instructions),
    toolChoice: 'auto',
    temperature: input.temperature,
    topP: 1,
    maxOutputTokens: input.maxOutputTokens,
  };
}

/** In the user's turn, since what stands before it is constant. */
function lambdaText(lambda: number | undefined): string {
  return lambda === undefined
    ? ''
    : `Cost sensitivity (0 ignores cost): ${Number(lambda.toPrecision(2))}\n\n`;
}

/** Constant for a pool, so that the server's prefix cache holds it and the tools. */
function chatPrompt(tools: Toolset, instructions: boolean): string {
  const steps = [
    'You route requests to language models. Each function whose name begins with call_ asks one model the request as it stands.',
    'Answer a trivial request yourself, in plain text. Otherwise call the cheapest model that is likely to get it right; for a hard or important one call two different models at once.',
  ];
  if (instructions) {
    steps.push('Give the model a short system prompt for this task in optimized_system_prompt.');
  }
  if (tools.select !== undefined) {
    steps.push(
      `When answers are in, call ${tools.select} alone with the name of the function whose answer is right; the user gets it unchanged. Write an answer of your own only to combine several. If none is right, call another model.`,
    );
  }
  return steps.join('\n');
}

function chatTools(tools: Toolset, instructions: boolean): ToolDefinition[] {
  const properties = instructions
    ? {
        optimized_system_prompt: {
          type: 'string',
          description: 'System prompt for the model, for this task.',
        },
        temperature: { type: 'number', description: 'Sampling temperature, 0 to 2.' },
      }
    : {};
  const required = instructions ? ['optimized_system_prompt'] : [];
  const definitions = [...tools.models.keys()].map((name, index) => {
    const spec = tools.newModels.get(tools.pool[index]!)!;
    return tool(name, `${spec.name}. ${spec.description}`, properties, required);
  });
  if (tools.select !== undefined) {
    const named = {
      type: 'string',
      enum: [...tools.models.keys()],
      description: 'The function that gave it.',
    };
    definitions.push(
      tool(tools.select, 'Releases one answer to the user.', { model_call_name: named }, ['model_call_name']),
    );
  }
  return definitions;
}

function tool(name: string, description: string, properties: object, required: string[]): ToolDefinition {
  return {
    type: 'function',
    function: { name, description, parameters: { type: 'object', properties, required } },
  };
}

/** Every call gets an id by its place, so that each tool message has the call it answers. */
function chatTurns(turns: readonly RouterTurn[]): ChatMessage[] {
  const messages: ChatMessage[] = [];
  let waiting: string[] = [];
  for (const turn of turns) {
    if (turn.role === 'assistant') {
      const calls = turn.calls.map((call, index) => ({
        id: `call_${messages.length}_${index}`,
        type: 'function' as const,
        function: { name: call.name.replace(/[^\w-]/g, '_'), arguments: objectText(call.arguments) },
      }));
      waiting = calls.map(({ id }) => id);
      messages.push({
        role: 'assistant',
        content: turn.content || null,
        ...(calls.length > 0 && { tool_calls: calls }),
      });
    } else if (turn.role === 'tool') {
      messages.push({
        role: 'tool',
        tool_call_id: waiting.shift() ?? 'unknown',
        content: neutralise(turn.content),
      });
    } else {
      messages.push({ role: 'user', content: neutralise(turn.content) });
    }
  }
  return messages;
}

/** SGLang refuses a history whose arguments are no object. */
function objectText(value: PyJson): string {
  return value instanceof Map ? dumpPythonJson(value) : '{}';
}
