/** How the server is set up: what its user may say, and what holds where he says nothing. */
import { type Router, type ServeConfig, XrouterError } from '../../src/index.ts';
import { digestOf, isLoopback, isSameSecret, ownNames } from '../http-guards.ts';
import type { RequestReport } from './request-log.ts';

/** A key that clients send as bearer token. */
export interface ServerKey {
  /** The budget key that its requests count against, as in `budgets.keys`. */
  name: string;
  /** At least 16 characters. */
  key: string;
}

export interface OpenAIServerOptions extends Omit<ServeConfig, 'keys' | 'graceMs'> {
  /** Default: none, so that everybody on this machine may ask. */
  keys?: readonly ServerKey[];
  /** Told of every request once it is over: never of prompts, answers and keys. */
  onRequest?: (report: RequestReport) => void;
  /** Told of what went wrong inside, which clients are not told. Default: standard error. */
  onFailure?: (error: Error) => void;
  /** Shown at /healthz. */
  version?: string;
}

export type Settings = Required<
  Omit<OpenAIServerOptions, 'keys' | 'allowedHosts' | 'onRequest' | 'version'>
> & {
  keys: readonly { name: string; digest: Buffer }[];
  /** `undefined`: any, since a key is needed and no browser page has one. */
  allowedHosts: readonly string[] | undefined;
  onRequest?: (report: RequestReport) => void;
  version: string;
};

const SHORTEST_KEY = 16;

/** @throws XrouterError `invalid_config` for keys that protect nothing, and for an open address without any */
export function settingsOf(options: OpenAIServerOptions): Settings {
  const { host = '127.0.0.1', keys = [], allowedHosts = [] } = options;
  requireGoodKeys(keys);
  const local = isLoopback(host);
  if (!local && keys.length === 0) {
    throw new XrouterError('invalid_config', `${host} is open to other machines, and there is no key.`, {
      hint: 'Give each team a key with --key NAME=VARIABLE, or listen on 127.0.0.1.',
    });
  }
  return {
    host,
    port: options.port ?? 0,
    keys: keys.map(({ name, key }) => ({ name, digest: digestOf(key) })),
    allowedHosts: local || allowedHosts.length > 0 ? ownNames(host, allowedHosts) : undefined,
    allowedOrigins: options.allowedOrigins ?? [],
    maxInFlight: options.maxInFlight ?? 1_000,
    maxBodyBytes: options.maxBodyBytes ?? 32 * 1024 * 1024,
    headersMs: options.headersMs ?? 10_000,
    requestMs: options.requestMs ?? 60_000,
    keepAliveMs: options.keepAliveMs ?? 10_000,
    stalledMs: options.stalledMs ?? 60_000,
    onRequest: options.onRequest,
    onFailure: options.onFailure ?? ((error) => void process.stderr.write(`xrouter: ${error.message}\n`)),
    version: options.version ?? 'unknown',
  };
}

function requireGoodKeys(keys: readonly ServerKey[]): void {
  const names = new Set<string>();
  for (const { name, key } of keys) {
    if (names.has(name) || name === '') {
      throw new XrouterError(
        'invalid_config',
        `Two keys are called ${JSON.stringify(name)}, or one has no name.`,
        {
          hint: 'Give each a name of its own: it is the budget that its requests count against.',
        },
      );
    }
    names.add(name);
    if (key.length < SHORTEST_KEY || /\s/.test(key)) {
      throw new XrouterError(
        'invalid_config',
        `The key ${JSON.stringify(name)} has ${key.length} characters.`,
        {
          hint: `Give it one of at least ${SHORTEST_KEY} without spaces, for example of "openssl rand -hex 32".`,
        },
      );
    }
  }
}

/** Name of the key that was sent. All are compared, so that the time tells nothing. */
export function keyNamed(settings: Settings, sent: string): string | undefined {
  let found: string | undefined;
  for (const { name, digest } of settings.keys) if (isSameSecret(sent, digest)) found = name;
  return found;
}

/**
 * Keys whose budget the configuration does not name would have every request refused.
 * @throws XrouterError `invalid_request` that names the key
 */
export function requireBudgets({ parts }: Router, settings: Settings): void {
  for (const { name } of settings.keys) parts.scopesOf({ messages: [], budgetKey: name }, '', 0);
}
