/** A policy that is loaded when it first decides, so that making a router reads no files. */
import type { Policy } from './policy.ts';

/** Loading that failed is tried again at the next decision. `decide` throws what `load` throws. */
export function lazyPolicy(name: string, load: () => Promise<Policy>): Policy {
  let loaded: Policy | undefined;
  let loading: Promise<Policy> | undefined;
  return {
    name,
    decide(state) {
      if (loaded) return loaded.decide(state);
      loading ??= load().finally(() => {
        loading = undefined;
      });
      return loading.then((policy) => {
        loaded = policy;
        return policy.decide(state);
      });
    },
  };
}
