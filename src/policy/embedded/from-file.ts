/** A policy from its file, read when it is first asked, so that making a router neither waits nor reads weights. */
import { basename } from 'node:path';
import type { Policy } from '../policy.ts';
import type { EmbeddedPolicyOptions } from './own-embeddings.ts';

export interface PolicyFileOptions extends EmbeddedPolicyOptions {
  /** Leaves out the checksum. */
  trusted?: boolean;
}

/**
 * Its decisions throw XrouterError `invalid_file` when the file cannot be read, is truncated or of another version,
 * `invalid_config` where the embeddings are not those it was trained with.
 */
export function policyFromFile(path: string, options: PolicyFileOptions = {}): Policy {
  let loading: Promise<Policy> | undefined;
  const loaded = () => {
    loading ??= load(path, options).catch((error: unknown) => {
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

async function load(path: string, { trusted, ...options }: PolicyFileOptions): Promise<Policy> {
  const { createEmbeddedPolicy, loadPolicyWeights } = await import('./policy.ts');
  return createEmbeddedPolicy(await loadPolicyWeights(path, trusted), options);
}
