import { execFile } from 'node:child_process';
import { mkdtemp, readdir, readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadContract, pullContract } from '../../../src/index.ts';
import { readPython } from '../../../src/policy/served/pull/python-literals.ts';
import { createRenderer } from '../../../src/policy/served/render.ts';
import { CONTRACT, sha256 } from '../../interop/render-cases.ts';

const PROMPTS = `
"""Prompts."""
SYSTEM_PROMPT_SIMPLE = """another"""
SYSTEM_PROMPT: str = """You dispatch — don\\u2019t answer.
{"nested": {"braces": {}}} \\\\n stays, 'quotes' "too".
"""
`;
const SPECS = `
from dataclasses import dataclass
MODEL_SPECS: Dict[str, ModelSpec] = {
    # the cheap one
    "alder-1.5": ModelSpec(
        name="Alder", price_in=0.05, tags=["fast", 'cheap'],
        description="""Fast.
        Price: $0.05""",
    ),
    'birch-2': ModelSpec(name='Birch ' 'Two', description=("Slow, " + "strong: 東京"), context=128_000),
}
FIXED_SET_1 = ["birch-2", "nobody-3", "alder-1.5"]
OTHER = ["alder-1.5"]
def tools():
    return [{"type": "function", "function": {"name": "select_response", "description": "Take it",
        "parameters": {"type": "object", "properties": {"model_call_name": {"type": "string", "description": "which"}},
                       "required": ["model_call_name"]}}}]
`;
const SYSTEM = 'You dispatch — don’t answer.\n{"nested": {"braces": {}}} \\n stays, \'quotes\' "too".\n';

/** A source archive as GitHub serves it: a folder, a pax header, regular files. */
function tarball(files: Record<string, string>): Buffer {
  const blocks: Buffer[] = [];
  const add = (name: string, type: string, body: string) => {
    const bytes = Buffer.from(body);
    const header = Buffer.alloc(512);
    header.write(name, 0);
    header.write(`${bytes.length.toString(8).padStart(11, '0')} `, 124);
    header.write(type, 156);
    header.write('ustar\u000000', 257);
    blocks.push(header, bytes, Buffer.alloc((512 - (bytes.length % 512)) % 512));
  };
  add('pax_global_header', 'g', '52 comment=df2f4bd000000000000000000000000000000000\n');
  add('xRouter-df2f4bd/', '5', '');
  for (const [name, body] of Object.entries(files)) add(`xRouter-df2f4bd/${name}`, '0', body);
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

let server: Server;
let base: string;
let template: string;
const pages = new Map<string, Buffer>();
beforeAll(async () => {
  template = (await loadContract(CONTRACT)).chatTemplate;
  pages.set('/code', tarball({ 'README.md': '# x', 'a/prompts.py': PROMPTS, 'b/specs.py': SPECS }));
  pages.set(
    '/other',
    tarball({ 'a/prompts.py': PROMPTS.replace('dispatch', 'decide'), 'b/specs.py': SPECS }),
  );
  pages.set('/changed', tarball({ 'a/prompts.py': PROMPTS, 'b/specs.py': SPECS.replace('Fast', 'Slow') }));
  pages.set('/tokenizer', Buffer.from(JSON.stringify({ chat_template: template })));
  pages.set('/page', Buffer.from('<html>sign in</html>'));
  server = createServer((req, res) => {
    const body = pages.get(req.url!);
    res.writeHead(body ? 200 : 404).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

/** The hash of a prompt rendered from what the archive holds, put together by hand. */
async function promptHash(): Promise<string> {
  const contract = {
    systemPrompt: SYSTEM,
    models: new Map([
      ['alder-1.5', { name: 'Alder', description: 'Fast.\n        Price: $0.05' }],
      ['birch-2', { name: 'Birch Two', description: 'Slow, strong: 東京' }],
    ]),
    selectTool: {
      name: 'select_response',
      description: 'Take it',
      parameters: {
        type: 'object',
        properties: { model_call_name: { type: 'string', description: 'which' } },
        required: ['model_call_name'],
      },
    },
    chatTemplate: template,
  };
  return sha256(
    (await createRenderer(contract)).render({ pool: ['birch-2', 'alder-1.5'], query: 'What is 2+2?' }),
  );
}

async function pull(code: string, tokenizer = '/tokenizer') {
  const directory = join(await mkdtemp(join(tmpdir(), 'pull-')), 'contract');
  const source = {
    codeUrl: base + code,
    tokenizerUrl: base + tokenizer,
    systemSha256: sha256(SYSTEM),
    promptSha256: await promptHash(),
  };
  return { directory, source, done: pullContract(source, directory) };
}

describe('pulling a contract', () => {
  it('finds the texts in the source, verifies them, and writes a folder that renders the published prompt', async () => {
    const { directory, source, done } = await pull('/code');
    expect(await done).toBe(2);
    expect(await readFile(join(directory, 'system_prompt.txt'), 'utf8')).toBe(SYSTEM);
    const contract = await loadContract(directory);
    const prompt = (await createRenderer(contract)).render({
      pool: ['birch-2', 'alder-1.5'],
      query: 'What is 2+2?',
    });
    expect(sha256(prompt)).toBe(source.promptSha256);
  });

  it.each([
    ['/other', '/tokenizer', 'no SYSTEM_PROMPT in it has the sha256'],
    ['/changed', '/tokenizer', 'no prompt rendered from it has the sha256'],
    ['/page', '/tokenizer', 'is no source archive'],
    ['/code', '/page', 'is no tokenizer_config.json'],
    ['/missing', '/tokenizer', 'answered 404'],
  ])('%s with %s is refused, and nothing is written', async (code, tokenizer, why) => {
    const { directory, done } = await pull(code, tokenizer);
    await expect(done).rejects.toThrow(why);
    await expect(readdir(directory)).rejects.toThrow('ENOENT');
  });

  it('off-line says so in one line, by the command line too', async () => {
    const out = join(tmpdir(), 'never-written');
    const main = join(import.meta.dirname, '../../../adapters/cli/main.ts');
    const args = [
      main,
      'contract',
      'pull',
      '--out',
      out,
      '--code',
      'http://127.0.0.1:9/x',
      '--tokenizer',
      `${base}/tokenizer`,
    ];
    const { status, stderr } = await new Promise<{ status: unknown; stderr: string }>((resolve) => {
      execFile(process.execPath, args, (error, _, stderr) => resolve({ status: error?.code, stderr }));
    });
    expect(status).toBe(1);
    expect(stderr).toMatch(
      /^xrouter: http:\/\/127\.0\.0\.1:9\/x cannot be reached \(.*\)\. Run it on a machine with internet/m,
    );
  });
});

describe('Python values', () => {
  it.each([
    [`'a' "b"`, 'ab'],
    [`r'\\n'`, '\\n'],
    [`"""a\\\nb"""`, 'ab'],
    [`'\\x41\\u00e9\\U0001F682\\q'`, 'Aé🚂\\q'],
    ['(1_000, -2.5e3, True, None)', [1000, -2500, true, null]],
    [`Spec("x", a={'b': [1,]}, )`, { a: { b: [1] } }],
    [`f"computed {x}"`, undefined],
    [`"open`, undefined],
    ['{**other}', undefined],
  ])('%s', (source, value) => {
    expect(readPython(source, 0)).toEqual(value);
  });
});
