/** `xrouter doctor`: checks keys, servers, prices and the store; spends nothing. */
import { Command } from 'commander';
import type { Router, RouterConfig } from '../../../src/index.ts';
import { assembleRouter, endpointOf, openLedger } from '../../../src/index.ts';
import { embeddingsFrom } from '../embeddings.ts';
import { CONFIG, JSON_DOCUMENT, POLICY } from '../flags.ts';
import { printJson, reasonOf, say, UsageError } from '../output.ts';
import { checkPolicyFile, policyFileOf } from '../policy-check.ts';
import { configOf, type RouterFlags } from '../setup.ts';
import { counted } from '../terminal.ts';
import { ledgerPath } from './feedback.ts';

interface Check {
  check: string;
  /** `off`: not set up, which is no fault. */
  status: 'ok' | 'warning' | 'failed' | 'off';
  detail: string;
}

interface DoctorFlags extends RouterFlags {
  embeddings?: string;
  json?: boolean;
  offline?: boolean;
}

export function command(): Command {
  return new Command('doctor')
    .description('Checks configuration, keys, servers, prices, the policy and the ledger. Spends nothing.')
    .option(...POLICY)
    .option('--embeddings <file>', 'module of the embeddings that the policy was trained with')
    .option(...CONFIG)
    .option('--ledger <file>', 'the ledger to check; default: one file for all your programs')
    .option('--offline', 'ask no server')
    .option(...JSON_DOCUMENT)
    .action(async (flags: DoctorFlags) => {
      const checks = await examine(flags);
      const ok = checks.every(({ status }) => status !== 'failed');
      if (flags.json) printJson({ ok, checks });
      else for (const { check, status, detail } of checks) say(`${MARKS[status]} ${check}: ${detail}`);
      if (!ok) process.exitCode = 1;
      // Without this the command would last as long as embeddings that did not answer are tried again.
      // That standard output could not be written is said one turn later.
      process.stdout.write('', () => setImmediate(() => process.stderr.write('', () => process.exit())));
    });
}

const MARKS = { ok: 'ok     ', warning: 'warning', failed: 'FAILED ', off: 'off    ' };

async function examine(flags: DoctorFlags): Promise<Check[]> {
  const checks: Check[] = [runtime()];
  const offline = flags.offline ?? false;
  let config: RouterConfig;
  let router: Router;
  try {
    const read = await configOf(flags);
    const { configName } = read;
    config = read.config;
    router = assembleRouter(config, { configName });
    const detail = configName ?? 'none found, the defaults hold';
    checks.push({ check: 'configuration', status: configName ? 'ok' : 'off', detail });
  } catch (error) {
    return [...checks, { check: 'configuration', status: 'failed', detail: reasonOf(error) }];
  }
  try {
    checks.push(...(await providers(router, offline)), prices(router));
    checks.push(...(await policyFiles(config, flags.embeddings, offline)));
    if (!offline) checks.push(...(await policyServers(router)));
    checks.push(await store(await ledgerPath(flags)));
  } finally {
    await router.close();
  }
  return checks;
}

function runtime(): Check {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const fits = major > 22 || (major === 22 && minor >= 19);
  return {
    check: 'Node.js',
    status: fits ? 'ok' : 'failed',
    detail: fits ? process.version : `${process.version} is too old; install 22.19 or newer`,
  };
}

/** A provider that answers its list of models has a key that works; listing costs nothing. */
async function providers(router: Router, offline: boolean): Promise<Check[]> {
  const { catalog, env } = router.parts;
  const used = catalog.providers.filter(
    ({ id, configured }) => configured || catalog.candidates.some(({ provider }) => provider === id),
  );
  const checks = await Promise.all(
    used.map(async (provider): Promise<Check> => {
      const check = `provider ${provider.id}`;
      const candidate = catalog.candidates.find((one) => one.provider === provider.id);
      const missing = candidate && router.parts.unusable(candidate);
      if (missing) return { check, status: 'off', detail: missing };
      const { baseUrl, apiKey } = endpointOf(provider, env);
      if (offline) return { check, status: 'ok', detail: `set up (${baseUrl}), not asked` };
      return { check, ...(await askForModels(baseUrl, apiKey)) };
    }),
  );
  if (!checks.some(({ status }) => status === 'ok')) {
    const detail = 'no provider can be called; set a key, for example OPENAI_API_KEY, or try --lab';
    checks.push({ check: 'providers', status: 'warning', detail });
  }
  return checks;
}

/**
 * A router reads them at the first request, and one in the shadow that cannot be read is missed by nobody.
 * @param module of the embeddings, in place of those of the configuration
 */
async function policyFiles(
  config: RouterConfig,
  module: string | undefined,
  offline: boolean,
): Promise<Check[]> {
  const live = policyFileOf(config.policy ?? 'embedded');
  if (module !== undefined) {
    if (!live) throw new UsageError('--embeddings goes with a policy that is a file.');
    try {
      live.embeddings = await embeddingsFrom(module);
    } catch (error) {
      return [{ check: 'embeddings', status: 'failed', detail: reasonOf(error) }];
    }
  }
  const shadow = config.shadow && policyFileOf(config.shadow);
  return [
    ...(live ? await checkPolicyFile('policy', live, offline) : []),
    ...(shadow ? await checkPolicyFile('shadow policy', shadow, offline) : []),
  ];
}

/** What the configured policy asks, for example the server of a router model. */
async function policyServers(router: Router): Promise<Check[]> {
  return (await router.parts.policy.check?.(new AbortController().signal)) ?? [];
}

const ANSWER_MS = 5_000;

async function askForModels(baseUrl: string, apiKey: string | undefined): Promise<Omit<Check, 'check'>> {
  try {
    const headers: Record<string, string> = apiKey ? { authorization: `Bearer ${apiKey}` } : {};
    const signal = AbortSignal.timeout(ANSWER_MS);
    const response = await fetch(`${baseUrl}/models`, { headers, signal, redirect: 'error' });
    await response.body?.cancel();
    if (response.ok) return { status: 'ok', detail: `answers at ${baseUrl}` };
    if (response.status === 401 || response.status === 403) {
      return { status: 'failed', detail: `${baseUrl} refuses the key (HTTP ${response.status})` };
    }
    return { status: 'warning', detail: `${baseUrl}/models answers HTTP ${response.status}` };
  } catch (error) {
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
    return { status: 'failed', detail: `${baseUrl} cannot be reached: ${reasonOf(cause)}` };
  }
}

/** Prices older than this should not be trusted with a budget. */
const OLD_DAYS = 120;

function prices(router: Router): Check {
  const { candidates } = router.catalog;
  const unpriced = candidates.filter(({ price }) => !price);
  const dates = candidates.flatMap(({ price }) => price?.provenance.asOf ?? []).sort();
  const oldest = dates[0] ?? '';
  const days = Math.floor((Date.now() - Date.parse(oldest)) / 86_400_000);
  const known = `${candidates.length - unpriced.length} of ${candidates.length} models priced, oldest price of ${oldest}`;
  if (days > OLD_DAYS) {
    return { check: 'prices', status: 'warning', detail: `${known}; update xrouter, or set prices yourself` };
  }
  return { check: 'prices', status: 'ok', detail: known };
}

async function store(path: string): Promise<Check> {
  try {
    const ledger = await openLedger({ path });
    const { spentUsd, unknownCalls } = await ledger.balance({
      kind: 'day',
      key: new Date().toISOString().slice(0, 10),
    });
    await ledger.close();
    const unknown = unknownCalls > 0 ? `, and ${counted(unknownCalls, 'call')} of unknown cost` : '';
    return {
      check: 'ledger',
      status: 'ok',
      detail: `${path}, $${spentUsd.toFixed(6)} spent today${unknown}`,
    };
  } catch (error) {
    return { check: 'ledger', status: 'failed', detail: reasonOf(error) };
  }
}
