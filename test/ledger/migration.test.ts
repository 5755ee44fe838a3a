/** A ledger file of an older version goes on working, with everything in it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { banditLog } from '../../src/learn/index.ts';
import { openSqliteLedger } from '../../src/ledger/sqlite.ts';
import { loadSqlite } from '../../src/ledger/sqlite-module.ts';
import { FEATURE_VERSION } from '../../src/policy/embedded/features.ts';
import { temporaryFolder } from './fixtures.ts';

const DAY = { kind: 'day', key: '2026-11-22' } as const;
const AT_MS = Date.parse('2026-11-22T16:00:00Z');

function versionOneFile(): string {
  const path = join(temporaryFolder(), 'ledger.sqlite');
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path);
  db.exec(readFileSync(new URL('version-1.sql', import.meta.url), 'utf8'));
  db.close();
  return path;
}

async function open(path: string) {
  const ledger = await openSqliteLedger({ path, nowMs: () => AT_MS });
  onTestFinished(() => ledger.close());
  return ledger;
}

test('a file of version 1 keeps its account, its episodes and their feedback, and takes runs', async () => {
  const path = versionOneFile();
  const ledger = await open(path);
  expect(await ledger.balance(DAY)).toEqual({ spentUsd: 0.00007435, reservedUsd: 0, unknownCalls: 0 });
  expect(await ledger.entries()).toHaveLength(2);
  const [second, first] = await ledger.episodeStore.episodes();
  expect(first!.feedback).toEqual([{ score: 1, source: 'tests' }]);

  expect(await ledger.episodeStore.feedback(second!.id, { score: 0, source: 'user' })).toEqual([second!.id]);
  await ledger.episodeStore.saveEpisode({ ...second!, id: 'new', runIds: ['run'] });
  await ledger.close();

  const reopened = await open(path);
  expect(await reopened.episodeStore.feedback({ runId: 'run' }, { score: 0.5, source: 'user' })).toEqual([
    'new',
  ]);
  const episodes = await reopened.episodeStore.episodes();
  expect(episodes.flatMap(({ feedback }) => feedback.map(({ score }) => score)).sort()).toEqual([0, 0.5, 1]);
  // Its features are of an older version, which training does not read: the log says so. Of today's they would be rows.
  const { rows, omitted } = banditLog(episodes);
  expect(rows).toEqual([]);
  expect([...omitted]).toEqual([['features of another version of this program', 3]]);
  const today = episodes.map((episode) => ({
    ...episode,
    learning: {
      ...episode.learning!,
      features: { ...episode.learning!.features, version: FEATURE_VERSION },
    },
  }));
  expect(
    banditLog(today)
      .rows.map(({ score }) => score)
      .sort(),
  ).toEqual([0, 0.5, 1]);
});

test('two processes may open a file of version 1 at the same time', async () => {
  const path = versionOneFile();
  const [one, other] = await Promise.all([open(path), open(path)]);
  expect(await one.episodeStore.episodes()).toEqual(await other.episodeStore.episodes());
});

test('an episode that makes room takes its runs along', async () => {
  const path = versionOneFile();
  const ledger = await openSqliteLedger({ path, nowMs: () => AT_MS, episodes: { maxEpisodes: 1 } });
  onTestFinished(() => ledger.close());
  const [episode] = await ledger.episodeStore.episodes();
  for (const id of ['old', 'new']) {
    await ledger.episodeStore.saveEpisode({ ...episode!, id, runIds: [`run of ${id}`] });
  }
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path, { readOnly: true });
  expect(db.prepare('SELECT run_id FROM runs').all()).toEqual([{ run_id: 'run of new' }]);
  db.close();
});
