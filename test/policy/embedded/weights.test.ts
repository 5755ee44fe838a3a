import { createHash } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readTable } from '../../../src/learn/table.ts';
import { fitPredictor } from '../../../src/learn/train.ts';
import { FEATURE_VERSION } from '../../../src/policy/embedded/features.ts';
import { loadPolicyWeights } from '../../../src/policy/embedded/policy.ts';
import { decodeWeights, encodeWeights } from '../../../src/policy/embedded/weights.ts';
import { worldRows, writeRows } from '../../support/outcomes.ts';

/** The predictor alone: reinforcement of sequences has tests of its own. */
const predictorOf = (...of: Parameters<typeof fitPredictor>) => fitPredictor(...of).weights;

const folder = await mkdtemp(join(tmpdir(), 'weights-'));
const weights = predictorOf([await readTable(await writeRows(join(folder, 'table'), worldRows(60, 1)))]);
const bytes = encodeWeights(weights);
await rm(folder, { recursive: true });

test('come back as they were', () => {
  expect(decodeWeights(bytes, 'file')).toEqual(weights);
});

test.each([
  ['cut in the arrays', bytes.subarray(0, bytes.length - 1), /cut off/],
  ['cut in the head', bytes.subarray(0, 100), /cut off/],
  ['empty', bytes.subarray(0, 0), /not a policy file/],
  ['another file', Buffer.from('{"models": []}\n'), /not a policy file/],
  ['null', Buffer.from('null\n'), /not a policy file/],
])('%s: refused by name', (_name, cut, message) => {
  expect(() => decodeWeights(cut, 'some.policy')).toThrow(message);
  expect(() => decodeWeights(cut, 'some.policy')).toThrow(/^some\.policy/);
});

test('one flipped bit is seen', () => {
  const damaged = Uint8Array.from(bytes);
  damaged[bytes.length - 50]! ^= 1;
  expect(() => decodeWeights(damaged, 'f')).toThrow(/checksum/);
});

/** Another description of the same arrays, with a checksum that fits. */
function described(from: RegExp, to: string): Uint8Array {
  const end = bytes.indexOf(10);
  const text = Buffer.from(bytes.subarray(0, end)).toString();
  expect(text).toMatch(from);
  const head = JSON.parse(text.replace(from, to));
  const payload = bytes.subarray(end + 1);
  head.sha256 = createHash('sha256').update(JSON.stringify(head.policy)).update(payload).digest('hex');
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload]);
}

test.each([
  ['dimensions', /"dimensions":\d+/, '"dimensions":1e9'],
  ['scores', /"scores":\d+/, '"scores":1e9'],
  ['trees', /"trees":\d+/, '"trees":1e9'],
  ['components', /"successComponents":\d+/, '"successComponents":1e9'],
  ['the length of an array', /"length":\d+/, '"length":1e12'],
  ['a length below zero', /"length":\d+/, '"length":-4'],
  ['the kind of an array', /"\$array":"f32"/, '"$array":"f64"'],
  ['a cost', /"meanCostUsd":[\d.e-]+/, '"meanCostUsd":"x"'],
  ['candidates', /"candidates":\[\{.*?\}\]/, '"candidates":[]'],
  ['a part', /"embedding"/, '"nothing"'],
])('%s that the arrays do not bear out: refused by name, however true the checksum', (_name, from, to) => {
  expect(decodeWeights(described(from, '$&'), 'f')).toEqual(weights);
  expect(() => decodeWeights(described(from, to), 'f')).toThrow(
    'f: the policy file is damaged: its parts do not fit together.',
  );
});

test.skipIf(process.platform === 'win32')('a device is refused, which may have no end', async () => {
  await expect(loadPolicyWeights('/dev/zero')).rejects.toThrow('/dev/zero cannot be read: it is no file.');
});

test('of another feature or format version: refused by name', () => {
  const [head] = Buffer.from(bytes).toString('latin1').split('\n', 1);
  const changed = (from: string | RegExp, to: string) =>
    Buffer.concat([
      Buffer.from(head!.replace(from, to), 'latin1'),
      Buffer.from(bytes.subarray(head!.length)),
    ]);
  expect(() => decodeWeights(changed(`"features":${FEATURE_VERSION}`, '"features":99'), 'f')).toThrow(
    /features of version 99/,
  );
  const ofFormat = (version: number) => changed(/"version":\d+/, `"version":${version}`);
  expect(() => decodeWeights(ofFormat(3), 'old.policy')).toThrow(
    /^old\.policy: is a policy file of format 3, /,
  );
  expect(() => decodeWeights(ofFormat(99), 'f')).toThrow(/format 99, this program reads/);
});

test('a missing file is refused with what to do', async () => {
  await expect(loadPolicyWeights('/nowhere/policy')).rejects.toMatchObject({ code: 'invalid_file' });
});

test('a file that is too short on disk is refused', async () => {
  const path = join(tmpdir(), `cut-${process.pid}.policy`);
  await writeFile(path, bytes.subarray(0, 1000));
  await expect(loadPolicyWeights(path)).rejects.toThrow(/cut off/);
  await rm(path);
});
