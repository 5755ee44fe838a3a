/** examples/verl: its scripts ask for what they need and hand it on. On a real verl: test/interop/verl.interop.ts. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { AGENT_NAME } from '../../src/learn/verl/rows.ts';

const folder = join(import.meta.dirname, '../../examples/verl');
const home = mkdtempSync(join(tmpdir(), 'verl-scripts-'));
const bin = join(home, 'bin');
mkdirSync(bin);
// Both print their arguments, one a line; asked for a program of standard input, python3 prints an environment.
for (const program of ['ray', 'python3']) {
  const body = '[ "$1" = - ] && echo "{}" || printf "%s\\n" "$@"';
  writeFileSync(join(bin, program), `#!/bin/sh\n${body}\n`);
  chmodSync(join(bin, program), 0o755);
}

function run(script: string, env: Record<string, string>): string {
  const surroundings = { PATH: `${bin}:${process.env.PATH}`, ...env };
  return execFileSync('sh', [join(folder, script)], { env: surroundings, encoding: 'utf8', stdio: 'pipe' });
}

describe('examples/verl', () => {
  it('trains with the settings of DAPO, and without dividing by the standard deviation', () => {
    const printed = run('train_dapo.sh', { DATA: home, XROUTER_MCP_TOKEN: 't', GPUS: '4' });
    expect(printed.split('\n')).toEqual(
      expect.arrayContaining([
        'verl.trainer.main_ppo',
        `data.train_files=${home}/train.parquet`,
        'actor_rollout_ref.actor.clip_ratio_low=0.2',
        'actor_rollout_ref.actor.clip_ratio_high=0.28',
        'actor_rollout_ref.actor.clip_ratio_c=10.0',
        'actor_rollout_ref.actor.loss_agg_mode=token-mean',
        'actor_rollout_ref.actor.use_kl_loss=False',
        'actor_rollout_ref.rollout.n=8',
        'algorithm.norm_adv_by_std_in_grpo=False',
        'algorithm.filter_groups.metric=reward',
        'trainer.n_gpus_per_node=4',
      ]),
    );
  });

  it.each([
    ['train_dapo.sh', {}, /DATA/],
    ['train_dapo.sh', { DATA: home }, /XROUTER_MCP_TOKEN/],
    ['train_ray.sh', { RAY_ADDRESS: 'http://head:8265', DATA: home }, /NODES/],
  ])('%s says what is missing', (script, env, message) => {
    expect(() => run(script, env)).toThrow(message);
  });

  it('hands the training script to Ray', () => {
    const env = {
      RAY_ADDRESS: 'http://head:8265',
      NODES: '2',
      DATA: home,
      XROUTER_MCP_TOKEN: 't',
      XROUTER_MCP_URL: 'u',
    };
    const [first, second, ...rest] = run('train_ray.sh', env).trim().split('\n');
    expect([first, second]).toEqual(['job', 'submit']);
    expect(rest.at(-1)).toBe(join(folder, 'train_dapo.sh'));
  });

  it('names the agent loop as the dataset does', () => {
    expect(readFileSync(join(folder, 'agent_loop.yaml'), 'utf8')).toContain(`name: ${AGENT_NAME}\n`);
    expect(readFileSync(join(folder, 'train_dapo.sh'), 'utf8')).toContain(
      `default_agent_loop=${AGENT_NAME} `,
    );
  });
});
