/** `call_model` from a recording: the same tool for its caller, without a provider behind it. */
import type { McpServer } from '@modelcontextprotocol/server';
import { XrouterError } from '../../../src/index.ts';
import type { Recording } from '../../../src/learn/index.ts';
import { guarded } from '../errors.ts';
import { modelText, toolResult } from '../results.ts';
import { type Input, inputSchema, messagesOf, outputSchema } from './call-model.ts';

export function registerRecordedCall(server: McpServer, recording: Recording): void {
  server.registerTool(
    'call_model',
    {
      title: 'Call one model, recorded',
      description: 'What the named model answered when it was recorded, at the cost of then.',
      inputSchema,
      outputSchema,
      annotations: { readOnlyHint: true, openWorldHint: false },
    },
    guarded(async (args: Input) => {
      const { model } = args;
      const call = recording.find(model, messagesOf(args));
      if (!call) throw notRecorded(recording, model);
      const output = {
        text: call.text,
        model,
        cost_usd: call.costUsd,
        cost_source: { source: 'recorded' },
        input_tokens: call.inputTokens,
        output_tokens: call.outputTokens,
        latency_ms: 0,
        recorded_id: call.id,
      };
      return toolResult(output, modelText(call.text));
    }),
  );
}

function notRecorded({ models }: Recording, model: string): XrouterError {
  const hint = 'Export the dataset and the recording together, and serve the recording of that dataset.';
  return models.has(model)
    ? new XrouterError('invalid_request', `The recording has no call of ${model} on this conversation.`, {
        hint,
      })
    : new XrouterError('unknown_model', `The recording does not have the model ${model}.`, { hint });
}
