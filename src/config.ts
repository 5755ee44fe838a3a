/**
 * The configuration: one object, one file. Validated with zod at this edge; inside, types. Secrets come from
 * environment variables and never stand in the file.
 */
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { basename, extname, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { catalogConfigSchema, priceSchema } from './catalog/config.ts';
import { nearestNames } from './catalog/nearest.ts';
import { XrouterError } from './errors.ts';
import type { RouterConfig } from './router-config.ts';
import { fileTextOf } from './text-file.ts';

const positive = z.number().positive();
const amount = z.number().nonnegative();

const limits = z.strictObject({
  maxUsd: amount.optional(),
  maxCalls: positive.int().optional(),
  totalMs: positive.optional(),
  connectMs: positive.optional(),
  firstTokenMs: positive.optional(),
  idleMs: positive.optional(),
});

const routeShape = {
  pool: z.array(z.string().min(1)).optional(),
  deny: z.array(z.string().min(1)).optional(),
  lambda: amount.optional(),
  minSuccess: z.number().min(0).max(1).optional(),
  limits: limits.optional(),
  maxOutputTokens: positive.int().optional(),
};

/** A value that is code, such as a policy; only a config file in JavaScript or TypeScript can hold it. */
const code = (what: string, method: string) =>
  z.custom<object>((value) => typeof (value as Record<string, unknown> | null)?.[method] === 'function', {
    error: `must be ${what}: an object with ${method}()`,
  });

const served = z.strictObject({
  baseUrl: z.url({ protocol: /^https?$/ }),
  model: z.string().min(1),
  kind: z.enum(['sglang', 'openai']).optional(),
  extraBody: z.record(z.string(), z.unknown()).optional(),
  keyVariable: z.string().min(1).optional(),
  contract: z.string().min(1).optional(),
  endpoint: z.enum(['completions', 'generate']).optional(),
  routing: z.enum(['agent', 'simple']).optional(),
  names: z.record(z.string(), z.string()).optional(),
  price: z
    .union([
      priceSchema,
      z.strictObject({ usdPerGpuHour: amount, gpus: positive.optional(), concurrency: positive.optional() }),
    ])
    .optional(),
  priceAsOf: z.iso.date().optional(),
  rewriteSystemPrompt: z.boolean().optional(),
  maxTurns: positive.int().optional(),
  maxParallelCalls: positive.int().optional(),
  turnMs: positive.optional(),
  deadlineMs: positive.optional(),
  maxOutputTokens: positive.int().optional(),
  temperature: amount.optional(),
  stateLambda: z.boolean().optional(),
});

const policyChoice = z.union(
  [
    z.enum(['embedded', 'benchmark', 'cheapest', 'strongest']),
    z.strictObject({ fixed: z.union([z.string(), z.array(z.string()).min(1)]) }),
    z.strictObject({
      file: z.string(),
      embeddings: code('embeddings', 'embedDocuments').optional(),
      embeddingMs: positive.optional(),
    }),
    z.strictObject({ served }),
    code('a policy', 'decide'),
  ],
  {
    error:
      'must be embedded, benchmark, cheapest, strongest, { fixed: MODEL }, { file: PATH }, { served: SERVER } or an object with decide()',
  },
);

const schema = z.strictObject({
  ...catalogConfigSchema.shape,
  ...routeShape,
  routes: z.record(z.string(), z.strictObject(routeShape)).optional(),
  policy: policyChoice.optional(),
  fallback: z.boolean().optional(),
  verifier: code('a verifier', 'verify').optional(),
  budgets: z
    .strictObject({
      requestUsd: amount.optional(),
      sessionUsd: amount.optional(),
      dayUsd: amount.optional(),
      keys: z.record(z.string(), amount).optional(),
      otherKeysUsd: amount.optional(),
    })
    .optional(),
  ledger: z.union([z.string().min(1), code('a ledger', 'reserve')]).optional(),
  episodes: z
    .strictObject({
      storePrompts: z.boolean().optional(),
      storeFeatures: z.boolean().optional(),
      maxEpisodes: positive.int().optional(),
      maxAgeMs: positive.optional(),
    })
    .optional(),
  exploration: z
    .strictObject({
      share: z.number().min(0).max(1),
      budgetUsd: amount,
      seed: z.int().optional(),
    })
    .optional(),
  shadow: policyChoice.optional(),
  serve: z
    .strictObject({
      host: z.string().min(1).optional(),
      port: z.int().min(0).max(65_535).optional(),
      keys: z.record(z.string().min(1), z.string().min(1)).optional(),
      allowedHosts: z.array(z.string().min(1)).optional(),
      allowedOrigins: z.array(z.string().min(1)).optional(),
      maxInFlight: positive.int().optional(),
      maxBodyBytes: positive.int().optional(),
      headersMs: positive.optional(),
      requestMs: positive.optional(),
      keepAliveMs: positive.optional(),
      stalledMs: positive.optional(),
      graceMs: amount.optional(),
    })
    .optional(),
  retry: z
    .strictObject({
      maxAttempts: positive.int().optional(),
      baseDelayMs: amount.optional(),
      maxDelayMs: amount.optional(),
    })
    .optional(),
  breaker: z
    .strictObject({
      failureThreshold: positive.optional(),
      failureShare: z.number().min(0).max(1).optional(),
      windowMs: positive.optional(),
      openMs: positive.optional(),
    })
    .optional(),
});

/**
 * @param name how the configuration is called in messages
 * @throws XrouterError `invalid_config` that names the option, and for an unknown one the nearest valid one
 */
export function validateConfig(config: unknown, name = 'the configuration'): RouterConfig {
  const parsed = schema.safeParse(config);
  if (parsed.success) return parsed.data as RouterConfig;
  const issue = deepest(parsed.error.issues[0]!);
  if (issue.code === 'unrecognized_keys') {
    const key = issue.keys[0]!;
    const path = [...issue.path, key].join('.');
    const valid = validKeys(issue.path);
    const nearest = nearestNames(key, valid, 1)[0];
    throw new XrouterError('invalid_config', `Unknown option \`${path}\` in ${name}.`, {
      hint: nearest ? `Did you mean \`${nearest}\`?` : `Valid options here: ${valid.join(', ')}.`,
    });
  }
  const path = issue.path.join('.');
  throw new XrouterError('invalid_config', `\`${path || 'It'}\` in ${name} is wrong: ${issue.message}.`, {
    hint: 'See docs/configuration.md for every option.',
  });
}

type Issue = z.core.$ZodIssue;

/** Of a union's failures the one that got furthest into the value, with least wrong: that is the one that was meant. */
function deepest(issue: Issue): Issue {
  if (issue.code !== 'invalid_union') return issue;
  const closest = issue.errors.toSorted((a, b) => a.length - b.length);
  const branches = closest.flatMap((errors) => errors.slice(0, 1));
  const inner = branches.map((one) => deepest({ ...one, path: [...issue.path, ...one.path] }));
  const furthest = inner.reduce((best, one) => (one.path.length > best.path.length ? one : best), issue);
  const unknown = inner.find((one) => one.code === 'unrecognized_keys');
  return furthest === issue && unknown ? unknown : furthest;
}

/** Keys that the schema knows at a path. */
function validKeys(path: readonly PropertyKey[]): string[] {
  let at: unknown = schema;
  for (const step of path) at = typeof step === 'number' ? elementOf(at) : childOf(at, String(step));
  const shape = (unwrap(at) as { shape?: object } | undefined)?.shape;
  return shape ? Object.keys(shape) : [];
}

function unwrap(type: unknown): unknown {
  return type instanceof z.ZodOptional ? unwrap(type.unwrap()) : type;
}

function childOf(type: unknown, key: string): unknown {
  const inner = unwrap(type);
  if (inner instanceof z.ZodObject) return inner.shape[key];
  return inner instanceof z.ZodRecord ? inner.valueType : undefined;
}

function elementOf(type: unknown): unknown {
  const inner = unwrap(type);
  return inner instanceof z.ZodArray ? inner.element : undefined;
}

/**
 * Reads a configuration file: JSON, or a module whose default export is the configuration.
 * @throws XrouterError `invalid_config` that names file, place and reason; `invalid_file` where it is not UTF-8
 */
export async function loadConfig(path: string): Promise<RouterConfig> {
  const name = basename(path);
  if (!existsSync(path)) {
    throw new XrouterError('invalid_config', `There is no configuration file ${path}.`, {
      hint: 'Check the path given with --config.',
    });
  }
  return validateConfig(
    await (extname(path) === '.json' ? readJson(path, name) : readModule(path, name)),
    name,
  );
}

async function readJson(path: string, name: string): Promise<unknown> {
  const text = fileTextOf(await readFile(path), name);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new XrouterError('invalid_config', `${name} is not valid JSON: ${(cause as Error).message}.`, {
      hint: 'Mend the file at that place; comments and trailing commas are not allowed in JSON.',
      cause,
    });
  }
}

async function readModule(path: string, name: string): Promise<unknown> {
  let module: { default?: unknown };
  try {
    module = await import(pathToFileURL(resolve(path)).href);
  } catch (cause) {
    throw new XrouterError('invalid_config', `${name} cannot be loaded: ${(cause as Error).message}.`, {
      hint: 'It must be a module whose default export is the configuration object.',
      cause,
    });
  }
  if (module.default !== undefined) return module.default;
  throw new XrouterError('invalid_config', `${name} has no default export.`, {
    hint: 'Write `export default { ... }`.',
  });
}
