/** The policy that comes with the package; docs/model-card.md says what it was trained on. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Policy } from '../policy.ts';
import { policyFromFile } from './from-file.ts';

/** Beside this file, or, seen from the bundled command, beside where this file was compiled to. */
const PLACES = ['./weights.bin', '../src/policy/embedded/weights.bin'];

export function shippedPolicyPath(): string {
  const paths = PLACES.map((place) => fileURLToPath(new URL(place, import.meta.url)));
  return paths.find((path) => existsSync(path)) ?? paths[0]!;
}

/** Reads its weights when it first decides. */
export function shippedPolicy(): Policy {
  return policyFromFile(shippedPolicyPath(), { trusted: true });
}
