import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadContract } from '../../../src/policy/served/contract.ts';
import { CONTRACT } from '../../interop/render-cases.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'contract-'));
  await cp(CONTRACT, folder, { recursive: true });
});
afterEach(() => rm(folder, { recursive: true }));

describe('a contract folder', () => {
  it('is read with the bytes of its system prompt as they are', async () => {
    await writeFile(join(folder, 'system_prompt.txt'), '\ufeff\r\n x \n');
    const contract = await loadContract(folder);
    expect(contract.systemPrompt).toBe('\ufeff\r\n x \n');
    expect([...contract.models.keys()]).toEqual(['alder-1.5-mini', 'birch-2', 'cedar.coder-30b']);
  });

  it.each(['system_prompt.txt', 'models.json', 'select_tool.json', 'chat_template.jinja'])(
    'without %s is refused by that name, and says how to get it',
    async (file) => {
      await rm(join(folder, file));
      await expect(loadContract(folder)).rejects.toMatchObject({
        code: 'invalid_file',
        message: expect.stringContaining(join(folder, file)),
        hint: expect.stringContaining('xrouter contract pull'),
      });
    },
  );

  it.each([
    ['models.json', '{"a": {"name": "A"}}', 'a.description'],
    ['models.json', '[', 'not JSON'],
    [
      'select_tool.json',
      '{"name": "s", "description": "", "parameters": {"type": "object"}}',
      'parameters.properties',
    ],
    ['chat_template.jinja', '', 'empty'],
  ])('with a wrong %s (%s) says what is wrong', async (file, text, why) => {
    await writeFile(join(folder, file), text);
    const failure = loadContract(folder);
    await expect(failure).rejects.toThrow(file);
    await expect(failure).rejects.toThrow(why);
  });

  it('must be UTF-8', async () => {
    await writeFile(join(folder, 'system_prompt.txt'), Buffer.from([0x68, 0xff]));
    await expect(loadContract(folder)).rejects.toThrow('not valid UTF-8');
  });
});
