/** docs/commands.md names every command and every flag that the program has, and none that it does not have. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
const page = readFileSync(join(root, 'docs/commands.md'), 'utf8');

/** Flags of each command, by its words on the command line. */
const known = new Map<string, string[]>();

beforeAll(async () => {
  for (const file of globSync('adapters/cli/commands/*.ts', { cwd: root })) {
    const { command } = (await import(join(root, file))) as { command?: () => Command };
    if (command) gather(command(), '');
  }
});

function gather(command: Command, above: string): void {
  const name = `${above} ${command.name()}`.trim();
  for (const child of command.commands) gather(child, name);
  if (command.commands.length === 0)
    known.set(name, command.options.flatMap(({ long }) => long ?? []).sort());
}

/** The section of each command, by its title. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section) => {
      const [title, ...lines] = section.split('\n');
      return [title!, lines.join('\n')] as const;
    }),
);

const flagsIn = (text: string) => [...text.matchAll(/(?<![\w-])--[a-z][a-z0-9-]*/g)].map(([flag]) => flag);

/** Rows of the table of flags that several commands have: the flag, and whose it is. */
const shared = [...page.split(/^## /m)[0]!.matchAll(/^\| `(--[a-z-]+)[^|]*\| ([^|]+) \|/gm)].map(
  ([, flag, of]) => ({
    flag: flag!,
    exceptThese: of!.startsWith('all but'),
    these: [...of!.matchAll(/`([^`]+)`/g)].map(([, one]) => one!),
  }),
);

/** What the page says that a command has: in its own section, code aside, and in the shared table. */
function told(name: string): string[] {
  const prose = (sections.get(name) ?? '').replace(/^```[\s\S]*?^```/gm, '');
  const common = shared.filter(({ these, exceptThese }) => these.includes(name) !== exceptThese);
  return [...new Set([...flagsIn(prose), ...common.map(({ flag }) => flag)])].sort();
}

describe('docs/commands.md', () => {
  it('has a section for each command that the program lists, and for no other', () => {
    const main = readFileSync(join(root, 'adapters/cli/main.ts'), 'utf8');
    const listed = [...main.matchAll(/import\('\.\/commands\/([\w-]+)\.ts'\)/g)].map(([, file]) => file!);
    expect([...new Set([...known.keys()].map((name) => name.split(' ')[0]!))].sort()).toEqual(listed.sort());
    expect([...sections.keys()].sort()).toEqual([...known.keys(), 'Files'].sort());
  });

  it('names the flags of each command', () => {
    expect(known.size).toBeGreaterThan(15);
    expect(shared.length).toBeGreaterThan(3);
    const page = Object.fromEntries([...known.keys()].map((name) => [name, told(name)]));
    expect(page).toEqual(Object.fromEntries(known));
  });

  it('shows only commands with flags that they have', () => {
    const wrong: string[] = [];
    for (const [, block] of page.matchAll(/^```(?:console|sh)\n([\s\S]*?)^```/gm)) {
      for (const [, called] of block!.matchAll(/xrouter ((?:[^|;$\n"]|"[^"]*")*)/g)) {
        const name = [...known.keys()].find((one) => called!.startsWith(`${one} `));
        const unknown = flagsIn(called!).filter((flag) => !name || !known.get(name)!.includes(flag));
        if (name === undefined || unknown.length > 0) wrong.push(`${called}: ${unknown.join(' ')}`);
      }
    }
    expect(wrong).toEqual([]);
  });
});
