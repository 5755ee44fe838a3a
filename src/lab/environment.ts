/** How a router is pointed at the lab: by the same environment variables as at real providers. */
import type { Env, ProviderSpec } from '../catalog/providers.ts';

/**
 * The environment in which every provider is the lab.
 *
 * @example
 * ```ts
 * const router = createRouter({}, { env: labEnvironment(lab, createCatalog().providers) });
 * ```
 */
export function labEnvironment(
  lab: { baseUrl(providerId: string): string },
  providers: Iterable<ProviderSpec>,
  apiKey = 'lab',
): Env {
  const env: Env = {};
  for (const { id, urlVariable, keyVariables } of providers) {
    env[urlVariable] = lab.baseUrl(id);
    if (keyVariables[0]) env[keyVariables[0]] = apiKey;
  }
  return env;
}
