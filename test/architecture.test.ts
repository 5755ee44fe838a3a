import { globSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

interface Import {
  from: string;
  to: string;
}

/** Every import of the product's code: relative ones as paths from the root, the others as they are written. */
function imports(): Import[] {
  const found: Import[] = [];
  for (const from of globSync(['src/**/*.ts', 'adapters/**/*.ts'], { cwd: root })) {
    const source = readFileSync(join(root, from), 'utf8');
    for (const [, specifier] of source.matchAll(/(?:from|import)\s*\(?\s*['"]([^'"]+)['"]/g)) {
      const to = specifier!.startsWith('.')
        ? relative(root, join(root, dirname(from), specifier!))
        : specifier!;
      found.push({ from, to });
    }
  }
  return found;
}

const all = imports();

function crossing(from: RegExp, to: RegExp): string[] {
  return all.filter((one) => from.test(one.from) && to.test(one.to)).map((one) => `${one.from} -> ${one.to}`);
}

describe('imports point down only', () => {
  it('finds the imports at all', () => {
    expect(all.length).toBeGreaterThan(100);
    expect(crossing(/^src\/router\.ts$/, /^src\/run\.ts$/)).toHaveLength(1);
  });

  it('the router imports no adapter and no framework', () => {
    const frameworks =
      /^adapters\/|^@langchain\/|^langchain|^@modelcontextprotocol\/|^hono|^fastify|^express|^commander/;
    expect(crossing(/^src\//, frameworks)).toEqual([]);
  });

  it('the foundations import nothing above them', () => {
    const foundations = /^src\/(catalog\/|(request|events|errors|money)\.ts)/;
    const above =
      /^src\/(router|run|call|create-router|config|checks|turns|pools)\.ts|^src\/(learn|gym|lab|ledger)\//;
    expect(crossing(foundations, above)).toEqual([]);
  });

  it('admission, policy, provider, verifier and ledger do not import the router', () => {
    const rooms = /^src\/(admission\.ts|policy\/|provider\/|verifier\/|ledger\/)/;
    expect(crossing(rooms, /^src\/(router|run|call|create-router|config)\.ts/)).toEqual([]);
  });

  it('nothing that serves a request imports learn', () => {
    const serving = /^src\/(?!learn\/|gym\/)/;
    expect(crossing(serving, /^src\/learn\//)).toEqual([]);
  });

  it('an adapter enters by the three doors only', () => {
    const inside = all.filter(
      ({ from, to }) =>
        from.startsWith('adapters/') && to.startsWith('src/') && !/^src\/((learn|lab)\/)?index\.ts$/.test(to),
    );
    expect(inside.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });

  it('an adapter never imports another adapter', () => {
    const others = all.filter(({ from, to }) => {
      const [, mine] = /^adapters\/(\w+)\//.exec(from) ?? [];
      const [, theirs] = /^adapters\/(\w+)\//.exec(to) ?? [];
      // The command line starts the servers, which is all it does with them.
      return mine && theirs && mine !== theirs && !(mine === 'cli' && /\/index\.ts$/.test(to));
    });
    expect(others.map(({ from, to }) => `${from} -> ${to}`)).toEqual([]);
  });
});
