/** The catalog's part of the configuration file. Only what reads a configuration imports this: zod takes time to load. */
import { z } from 'zod';
import type { Provider } from '../provider/provider.ts';
import { BENCHMARKS } from './benchmarks.ts';

const usdPerMTok = z.number().nonnegative();

export const priceSchema = z
  .strictObject({
    inputUsdPerMTok: usdPerMTok.describe('USD per million input tokens.'),
    outputUsdPerMTok: usdPerMTok.describe('USD per million output tokens, reasoning included.'),
    cacheReadUsdPerMTok: usdPerMTok
      .optional()
      .describe('Of input tokens read from the cache; default: input.'),
    cacheWriteUsdPerMTok: usdPerMTok.optional().describe('Of input tokens written to it; default: input.'),
    reasoningUsdPerMTok: usdPerMTok.optional().describe('Of reasoning tokens; default: output.'),
    requestUsd: z.number().nonnegative().optional().describe('Fixed USD of each call.'),
  })
  .describe('Your own price; it holds before any bundled or refreshed one. 0 means free.');

const period = z.strictObject({
  prices: priceSchema,
  tiers: z.array(priceSchema.extend({ aboveInputTokens: z.number().int().nonnegative() })).optional(),
  from: z.iso.date().optional(),
  until: z.iso.date().optional(),
  dailyFromMinute: z.number().int().min(0).max(1_440).optional(),
  dailyUntilMinute: z.number().int().min(0).max(1_440).optional(),
});

/** A price that changes with time or length; the first period that holds is the price. */
const priceTableSchema = z.strictObject({
  periods: z.array(period).min(1),
  provenance: z.strictObject({
    source: z.enum(['provider', 'user', 'refreshed', 'bundled']),
    name: z.string(),
    asOf: z.string(),
  }),
});

/** Either form, each with its own messages: a union would only say that neither fits. */
const anyPrice = z.custom<z.infer<typeof priceSchema> | z.infer<typeof priceTableSchema>>().check((ctx) => {
  const isTable = typeof ctx.value === 'object' && ctx.value !== null && 'periods' in ctx.value;
  const parsed = (isTable ? priceTableSchema : priceSchema).safeParse(ctx.value);
  for (const issue of parsed.error?.issues ?? []) ctx.issues.push({ ...issue, input: ctx.value } as never);
});

const tokens = z.number().int().positive();

const benchmarkName = z
  .string()
  .min(1)
  .describe(`Such as ${Object.keys(BENCHMARKS).join(', ')}.`);

export const modelSchema = z
  .strictObject({
    id: z
      .string()
      .regex(/^[^/\s]+\/\S+$/, 'must be "provider/model"')
      .describe('`provider/model`. A bundled id changes that model; any other is a model of your own.'),
    model: z.string().min(1).optional().describe('Name on the wire; default: what follows the provider.'),
    price: anyPrice.optional(),
    via: z
      .custom<Provider>((value) => typeof (value as Provider | null)?.call === 'function', 'must have call()')
      .optional()
      .describe('The model as code instead of a URL.'),
    contextTokens: tokens.optional().describe('Input and output together.'),
    maxOutputTokens: tokens.optional().describe('Longest answer.'),
    input: z
      .array(z.enum(['text', 'image', 'audio', 'file', 'video']))
      .optional()
      .describe('What it reads; default: text.'),
    toolCalling: z.boolean().optional().describe('Whether it can call tools.'),
    structuredOutput: z.boolean().optional().describe('Whether it answers to a JSON schema.'),
    reasoning: z.boolean().optional().describe('Whether it reasons before answering.'),
    benchmarks: z
      .record(benchmarkName, z.number().min(0).max(100))
      .optional()
      .describe('Scores in percent; they place the model among the others.'),
    aliases: z.array(z.string().min(1)).optional().describe('Other names for it.'),
  })
  .describe('A model of your own, or changes to a bundled one.');

export const providerSchema = z
  .strictObject({
    name: z.string().min(1).optional().describe('For display.'),
    baseUrl: z
      .url({ protocol: /^https?$/ })
      .optional()
      .describe('Up to and without /chat/completions.'),
    keyVariable: z.string().min(1).optional().describe('Environment variable that holds the key.'),
    keyless: z.boolean().optional().describe('True: needs no key.'),
    wire: z
      .strictObject({
        outputLimitField: z.enum(['max_tokens', 'max_completion_tokens']).optional(),
        streamUsage: z.enum(['option', 'always']).optional(),
        reasoningEffort: z.boolean().optional(),
        reasoningSampling: z.boolean().optional(),
        responseFormat: z.enum(['json_schema', 'json_object', 'none']).optional(),
        reportsCost: z.boolean().optional(),
      })
      .optional()
      .describe('Where it differs from OpenAI.'),
  })
  .describe('A provider by its id: a known one to change, or any OpenAI-compatible URL.');

export const catalogConfigSchema = z
  .strictObject({
    providers: z.record(z.string().regex(/^[^/\s]+$/), providerSchema).optional(),
    models: z.array(modelSchema).optional(),
    allow: z.array(z.string()).optional().describe('Only these: ids, names, aliases, or `provider/*`.'),
    deny: z.array(z.string()).optional().describe('None of these; wins over allow.'),
    bundled: z.boolean().optional().describe('False: only your own models.'),
    pricesUrl: z.url().optional().describe('Where refreshed prices are fetched from.'),
  })
  .describe('Which models there are, and what they cost.');

export type CatalogConfig = z.infer<typeof catalogConfigSchema>;
