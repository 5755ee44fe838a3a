/** The JSON files of a contract folder. Apart, since zod takes time to load. */
import { z } from 'zod';

export const modelsSchema = z.record(
  z.string().min(1),
  z.object({ name: z.string().min(1), description: z.string() }),
);

/** What verl's schema keeps of a tool: a property is its type, description and enum, and nothing else. */
export const toolSchema = z.object({
  name: z.string().min(1),
  description: z.string(),
  parameters: z.object({
    type: z.string(),
    properties: z.record(
      z.string(),
      z.object({
        type: z.string(),
        description: z.string().nullish(),
        enum: z.array(z.string()).nullish(),
      }),
    ),
    required: z.array(z.string()),
  }),
});
