/** A policy from its file, read when it is first asked, so that making a router neither waits nor reads weights. */
import { basename } from 'node:path';
import type { Policy } from '../policy.ts';

/** Its decisions throw XrouterError `invalid_file` when the file cannot be read, is truncated or of another version. */
export function policyFromFile(path: string, trusted = false): Policy {
  let loading: Promise<Policy> | undefined;
  const loaded = () => {
    loading ??= load(path, trusted).catch((error: unknown) => {
      loading = undefined;
      throw error;
    });
    return loading;
  };
  return {
    name: basename(path),
    decide: async (state) => (await loaded()).decide(state),
  };
}

async function load(path: string, trusted: boolean): Promise<Policy> {
  const { createEmbeddedPolicy, loadPolicyWeights } = await import('./policy.ts');
  return createEmbeddedPolicy(await loadPolicyWeights(path, trusted));
}
