/** What a LiteLLM proxy tells of its models. Apart, since zod takes time to load. */
import { z } from 'zod';

const cost = z.number().nonnegative().nullish();
const tokens = z.number().int().positive().nullish();
const flag = z.boolean().nullish();

/** What is read of an entry; LiteLLM leaves a field out, or null, where it knows nothing. */
export const infoSchema = z.object({
  data: z.array(
    z.object({
      model_name: z.string().min(1),
      model_info: z.object({
        mode: z.string().nullish(),
        input_cost_per_token: cost,
        output_cost_per_token: cost,
        cache_read_input_token_cost: cost,
        cache_creation_input_token_cost: cost,
        max_input_tokens: tokens,
        max_output_tokens: tokens,
        supports_vision: flag,
        supports_function_calling: flag,
        supports_response_schema: flag,
        supports_reasoning: flag,
      }),
    }),
  ),
});

export type ModelInfo = z.infer<typeof infoSchema>['data'][number]['model_info'];
