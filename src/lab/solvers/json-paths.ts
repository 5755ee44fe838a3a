/** What stands at a path of a JSON document. */
import type { Random } from '../random.ts';
import { difficultyOf, type Solver, sizeOf } from './solver.ts';

const QUESTION = /what is the value at (?:the )?(?:path )?"?([\w.[\]]+?)"?[?\s]/i;
const KEYS = [
  'user',
  'order',
  'items',
  'price',
  'status',
  'address',
  'city',
  'tags',
  'owner',
  'limits',
  'region',
];

export const jsonPaths: Solver = {
  name: 'json-paths',

  solve(prompt) {
    const path = QUESTION.exec(`${prompt} `)?.[1];
    const start = prompt.indexOf('{');
    const end = prompt.lastIndexOf('}');
    if (path === undefined || start < 0 || end < start) return undefined;
    let document: unknown;
    try {
      document = JSON.parse(prompt.slice(start, end + 1));
    } catch {
      return undefined;
    }
    const steps = path.split(/[.[\]]+/).filter((step) => step !== '');
    let at = document;
    for (const step of steps) at = (at as Record<string, unknown> | undefined | null)?.[step];
    if (at === undefined) return undefined;
    return {
      answer: typeof at === 'string' ? at : JSON.stringify(at),
      kind: 'code',
      difficulty: difficultyOf((end - start) * (1 + steps.length / 3), 40, 6000),
      slips: leaves(document)
        .filter((leaf) => typeof leaf === typeof at)
        .slice(0, 12)
        .map((leaf) => (typeof leaf === 'string' ? leaf : JSON.stringify(leaf))),
    };
  },

  make(random, difficulty) {
    const size = sizeOf(difficulty, 40, 6000);
    const depth = Math.max(1, Math.min(6, Math.round(Math.log2(size / 30))));
    const chars = size / (1 + depth / 3);
    const path: string[] = [];
    let node: unknown = leaf(random);
    for (let level = depth; level > 0; level--) {
      const [key, ...others] = random.sample(KEYS, 2 + Math.min(7, Math.round(chars / depth / 18)));
      const entries = [key!, ...others].map((name) => [name, name === key ? node : leaf(random)] as const);
      node = Object.fromEntries(random.sample(entries, entries.length));
      path.unshift(key!);
    }
    return `${JSON.stringify(node)}\nWhat is the value at path "${path.join('.')}"?`;
  },
};

function leaf(random: Random): string | number {
  return random.next() < 0.5 ? random.int(1, 9999) : `${random.pick(KEYS)}-${random.int(10, 99)}`;
}

function leaves(value: unknown): unknown[] {
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(leaves) : [value];
}
