/** From command line flags to a router: what `route`, `ask` and the servers have in common. */
import type { Command } from 'commander';
import type { Candidate, Router, RouterConfig, Surroundings } from '../../src/index.ts';
import { assembleRouter, defaultLedgerPath, findConfigFile } from '../../src/index.ts';
import type { KnownPrompts } from '../../src/lab/index.ts';
import { CONFIG, LAB, LEDGER, lambda, list, POLICY, probability } from './flags.ts';
import { say } from './output.ts';

export interface RouterFlags {
  config?: string;
  pool?: string[];
  lambda?: number;
  minSuccess?: number;
  policy?: string;
  lab?: boolean;
  ledger?: string;
}

/** Adds the flags that say which candidates there are and how to choose. */
export function withRouterFlags(command: Command): Command {
  return command
    .option('--pool <a,b>', 'choose among these models only', list)
    .option('--lambda <x>', 'cost sensitivity: 0 ignores cost, larger prefers cheaper', lambda)
    .option(
      '--min-success <x>',
      'accuracy floor: the cheapest model expected to reach it (0..1)',
      probability,
    )
    .option(...POLICY)
    .option(...CONFIG);
}

/** Adds the flags of commands that call models. */
export function withCallFlags(command: Command): Command {
  return withRouterFlags(command)
    .option(...LAB)
    .option(...LEDGER);
}

export interface OpenRouter {
  router: Router;
  close(): Promise<void>;
}

/** A router that decides; reads the configuration file only where there is one, since validating it takes time. */
export async function openRouter(flags: RouterFlags, surroundings: Surroundings = {}): Promise<OpenRouter> {
  const { config, configName } = await configOf(flags);
  const router = assembleRouter(config, { ...surroundings, configName });
  return { router, close: () => router.close() };
}

/** What a command adds of its own. */
export interface Calling {
  /** Takes the place of what the configuration says. */
  settings?(config: RouterConfig): Partial<RouterConfig>;
  /** With `--lab`: prompts whose answers the lab is told. */
  known?: KnownPrompts;
}

/** A router that also calls, with the shared ledger, or everything in the lab where the flags say so. */
export async function openCallingRouter(flags: RouterFlags, calling: Calling = {}): Promise<OpenRouter> {
  const { config: read, configName } = await configOf(flags);
  // The lab's money is none, so it has no place in the configured account.
  const ledger = flags.ledger ?? (flags.lab ? undefined : (read.ledger ?? defaultLedgerPath()));
  const booked = { ...read, ledger };
  const config = { ...booked, ...calling.settings?.(booked) };
  if (!flags.lab) {
    const router = assembleRouter(config, { configName });
    return { router, close: () => router.close() };
  }
  const { createLab, labEnvironment } = await import('../../src/lab/index.ts');
  const plain = assembleRouter({ ...config, ledger: undefined }, { configName });
  const lab = await createLab({ candidates: plain.catalog.candidates, known: calling.known });
  await plain.close();
  const env = labEnvironment(lab, plain.catalog.providers);
  say(`The lab answers, not the providers: nothing is spent. ${lab.url}`);
  const router = assembleRouter(config, { configName, env });
  return {
    router,
    async close() {
      await router.close();
      await lab.close();
    },
  };
}

/** The configuration of the flags, or of this folder. */
export async function configOf(flags: RouterFlags): Promise<{ config: RouterConfig; configName?: string }> {
  const path = flags.config ?? findConfigFile();
  // Loaded only where there is a file: validation brings zod, which takes longer than deciding.
  const config = path === undefined ? {} : await (await import('./config-file.ts')).loadConfig(path);
  return { config: { ...config, ...(flags.policy && { policy: policyOf(flags.policy) }) }, configName: path };
}

/** Candidates of a pool file, or of the configured catalog. */
export async function catalogOf(flags: { catalog?: string; config?: string }): Promise<readonly Candidate[]> {
  if (flags.catalog !== undefined) {
    const { poolFromFile } = await import('../../src/learn/index.ts');
    return poolFromFile(flags.catalog);
  }
  const { router, close } = await openRouter({ config: flags.config });
  await close();
  return router.catalog.candidates;
}

function policyOf(flag: string): RouterConfig['policy'] {
  return flag === 'benchmark' || flag === 'cheapest' || flag === 'strongest' || flag === 'embedded'
    ? flag
    : { file: flag };
}

/** The request's part of the flags. */
export function requestFlags({ pool, lambda, minSuccess }: RouterFlags) {
  return { pool, lambda, minSuccess };
}

/** The prompt: the argument, or standard input where it is `-` or left out and something is piped in. */
export async function readPrompt(argument: string | undefined): Promise<string> {
  if (argument !== undefined && argument !== '-') return argument;
  const { UsageError } = await import('./output.ts');
  if (argument === undefined && process.stdin.isTTY)
    throw new UsageError('There is no prompt. Give it in quotes, or pipe it in.');
  process.stdin.setEncoding('utf8');
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  return text;
}
