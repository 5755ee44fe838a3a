/** `xrouter serve`: the router as a server that speaks OpenAI's API. */
import { Command, InvalidArgumentError } from 'commander';
import type { Router, RouterConfig, ServeConfig } from '../../../src/index.ts';
import {
  type OpenAIServing,
  type RequestReport,
  reportLine,
  type ServerKey,
  serveOpenAI,
} from '../../openai/index.ts';
import { atLeastZero, JSON_DOCUMENT, list, wholeFrom } from '../flags.ts';
import { printJson, say, UsageError, version } from '../output.ts';
import { configOf, openCallingRouter, type RouterFlags, withCallFlags } from '../setup.ts';

/** Name of a key, and the environment variable that holds it. */
type KeyFlag = [name: string, variable: string];

interface ServeFlags extends RouterFlags {
  port?: number;
  host?: string;
  key?: KeyFlag[];
  allowHost?: string[];
  allowOrigin?: string[];
  maxInFlight?: number;
  maxBodyMb?: number;
  grace?: number;
  quiet?: boolean;
  json?: boolean;
}

export function command(): Command {
  return withCallFlags(new Command('serve'))
    .description('Serves the router to every client of OpenAI’s API, until it is interrupted.')
    .option('--port <number>', 'port to listen on, 0 for a free one; default 7330', wholeFrom(0, 65_535))
    .option(
      '--host <address>',
      'address to listen on; one that other machines reach needs keys; default 127.0.0.1',
    )
    .option(
      '--key <name=variable>',
      'a key that clients may send, and the variable that holds it; its name is its budget; may be repeated',
      keys,
    )
    .option('--allow-host <a,b>', 'further names by which clients call this server', list)
    .option('--allow-origin <a,b>', 'web pages that may call this server, such as https://chat.example', list)
    .option(
      '--max-in-flight <number>',
      'most requests under way at once; default 1000',
      wholeFrom(1, 1_000_000),
    )
    .option('--max-body-mb <number>', 'longest request in MiB; default 32', wholeFrom(1, 512))
    .option('--grace <seconds>', 'time that answers get to end when the server ends; default 25', atLeastZero)
    .option('--quiet', 'print no line for each request')
    .option(...JSON_DOCUMENT)
    .action(run);
}

async function run(flags: ServeFlags): Promise<void> {
  const { config } = await configOf(flags);
  const { keys: named, graceMs = 25_000, ...serve } = settingsOf(flags, config.serve);
  const keys = keysOf(named ?? {});
  const { router, close } = await openCallingRouter(flags, { settings: (read) => defaultsOf(flags, read) });
  try {
    const onRequest = flags.quiet
      ? undefined
      : (report: RequestReport) => void process.stderr.write(`${reportLine(report)}\n`);
    const serving = await serveOpenAI(router, { ...serve, keys, onRequest, version: version() });
    announce(serving, router, keys, flags);
    await untilInterrupted(serving, graceMs);
  } finally {
    await close();
  }
  // A connection that a client keeps open must not keep a server that has ended.
  process.exit();
}

/** The configuration's section, and before it what the flags say. */
function settingsOf(flags: ServeFlags, configured: ServeConfig = {}): ServeConfig {
  const { host, port, key, allowHost, allowOrigin, maxInFlight, maxBodyMb, grace } = flags;
  return {
    ...configured,
    host: host ?? configured.host,
    port: port ?? configured.port ?? DEFAULT_PORT,
    keys: key ? Object.fromEntries(key) : configured.keys,
    allowedHosts: allowHost ?? configured.allowedHosts,
    allowedOrigins: allowOrigin ?? configured.allowedOrigins,
    maxInFlight: maxInFlight ?? configured.maxInFlight,
    maxBodyBytes: maxBodyMb === undefined ? configured.maxBodyBytes : maxBodyMb * 1024 * 1024,
    graceMs: grace === undefined ? configured.graceMs : grace * 1_000,
  };
}

const DEFAULT_PORT = 7330;

/** What the flags say holds for requests that say nothing themselves, and where the account is. */
function defaultsOf({ pool, lambda, minSuccess }: ServeFlags, config: RouterConfig): Partial<RouterConfig> {
  return {
    pool: pool ?? config.pool,
    // Beside an account in memory requests are kept too, for the dashboard.
    ledger: config.ledger ?? ':memory:',
    ...((lambda ?? minSuccess) !== undefined && { lambda, minSuccess }),
  };
}

function keysOf(named: Record<string, string>): ServerKey[] {
  return Object.entries(named).map(([name, variable]) => {
    const value = process.env[variable]?.trim();
    if (value) return { name, key: value };
    throw new UsageError(
      `${variable}, the variable of the key "${name}", is not set. Set it, for example to the output of "openssl rand -hex 32".`,
    );
  });
}

function announce(
  { url, port }: OpenAIServing,
  router: Router,
  keys: readonly ServerKey[],
  { json }: ServeFlags,
): void {
  const names = keys.map(({ name }) => name);
  const { usable } = router.catalog.usable(router.parts.env);
  const models = ['xrouter', ...Object.keys(router.parts.routes).map((route) => `xrouter/${route}`)];
  const dashboard = new URL('/dashboard', url).href;
  if (json) printJson({ url, port, dashboard, keys: names, models, candidates: usable.length });
  say(`OpenAI's API at ${url}`);
  say(`Dashboard at ${dashboard}`);
  say(`  models: ${models.join(', ')}, or any of ${usable.length} candidates by name`);
  say(`  key:    ${names.length > 0 ? `that of ${names.join(' or ')}` : 'any; only this machine may ask'}`);
  if (usable.length === 0)
    say('  No provider has a key, so nobody can answer; "xrouter doctor" says what to set.');
  say('End it with Ctrl+C.');
}

async function untilInterrupted(serving: OpenAIServing, graceMs: number): Promise<void> {
  await interrupted();
  const { inFlight } = serving;
  if (inFlight > 0) {
    say(`Ending: ${inFlight} under way may take ${graceMs / 1_000} s to end. Ctrl+C again cancels them.`);
  }
  const closed = serving.close(graceMs);
  // Cancelling books what was spent, which takes milliseconds; a third signal does not wait even for that.
  void interrupted().then(async () => {
    void interrupted().then(() => process.exit(130));
    await serving.close(0);
  });
  await closed;
}

function interrupted(): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      process.off('SIGINT', done).off('SIGTERM', done);
      resolve();
    };
    process.on('SIGINT', done).on('SIGTERM', done);
  });
}

function keys(value: string, before: KeyFlag[] = []): KeyFlag[] {
  const [, name, variable] = /^([^=\s]+)=(\w+)$/.exec(value) ?? [];
  if (name === undefined || variable === undefined) {
    throw new InvalidArgumentError('Write NAME=VARIABLE, for example team-a=TEAM_A_KEY.');
  }
  return [...before, [name, variable]];
}
