/** Our prompts against a rendering in Python that shares no code with ours: jinja2 and json from PyPI. */
import { cp, mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { loadContract } from '../../src/policy/served/contract.ts';
import { createRenderer } from '../../src/policy/served/render.ts';
import { python, runPython } from './python.ts';
import { CONTRACT, casesJson, qwenChatTemplate, renderInputs, sha256 } from './render-cases.ts';
import golden from './render-golden.json' with { type: 'json' };

let interpreter: string;
beforeAll(async () => {
  interpreter = await python('jinja', ['jinja2==3.1.6']);
}, 600_000);

async function both(contract: string): Promise<{ ours: string[]; theirs: string[] }> {
  const json = await casesJson();
  const script = join(import.meta.dirname, 'render_reference.py');
  const theirs: string[] = JSON.parse(await runPython(interpreter, [script, contract], json));
  const renderer = await createRenderer(await loadContract(contract));
  return { theirs, ours: renderInputs(json).map((input) => renderer.render(input)) };
}

describe('a prompt rendered here and in Python', () => {
  it("is the same with the fixture's template, and the recorded hashes still hold", async () => {
    const { ours, theirs } = await both(CONTRACT);
    expect(ours).toEqual(theirs);
    expect(theirs.map(sha256)).toEqual(golden);
  });

  it("is the same with Qwen2.5's own template", async () => {
    const folder = await mkdtemp(join(tmpdir(), 'qwen-contract-'));
    await cp(CONTRACT, folder, { recursive: true });
    await writeFile(join(folder, 'chat_template.jinja'), await qwenChatTemplate());
    const { ours, theirs } = await both(folder);
    expect(ours).toEqual(theirs);
  });
});
