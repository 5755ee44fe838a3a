/** Episodes in the ledger's file. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Database } from './database.ts';
import type {
  EpisodeFilter,
  EpisodeOptions,
  EpisodeStore,
  EpisodeWithPrompt,
  Feedback,
  FeedbackTarget,
  StoredEpisode,
} from './episodes.ts';
import { assertFeedback, EPISODE_DEFAULTS, notKept, runIdsOf, storedForm } from './episodes.ts';

export class SqliteEpisodes implements EpisodeStore {
  readonly #database: Database;
  readonly #options: Required<EpisodeOptions>;
  readonly #sql: ReturnType<typeof statements>;
  #waiting: WaitingEpisode[] = [];
  #writing: Promise<void> | undefined;

  constructor(database: Database, options: EpisodeOptions) {
    this.#database = database;
    this.#options = { ...EPISODE_DEFAULTS, ...options };
    this.#sql = statements(database);
  }

  /** Waits for the turn of the event loop to end, so that answers go out first and neighbours share a commit. */
  async saveEpisode(episode: EpisodeWithPrompt): Promise<void> {
    const json = JSON.stringify(storedForm(episode, this.#options.storePrompts));
    const { id, startedAt } = episode;
    this.#waiting.push({ id, startedAtMs: Date.parse(startedAt), json, runIds: runIdsOf(episode) });
    this.#writing ??= new Promise<void>((resolve) => setImmediate(resolve)).then(() => this.#writeWaiting());
    await this.#writing;
  }

  async episodes({ limit = 100, since, id }: EpisodeFilter = {}): Promise<StoredEpisode[]> {
    await this.flush();
    const fromMs = since === undefined ? Number.MIN_SAFE_INTEGER : Date.parse(since);
    const rows = await this.#database.read(() =>
      id === undefined ? this.#sql.since.all(fromMs, limit) : this.#sql.one.all(id, fromMs, limit),
    );
    return rows.map(toEpisode);
  }

  async *changed(since: string, most?: number): AsyncGenerator<StoredEpisode[]> {
    await this.flush();
    let last = { changed_at_ms: Date.parse(since), seq: -1 };
    if (most !== undefined) {
      const read = () => this.#sql.lastChanged.get(last.changed_at_ms, most);
      last = ((await this.#database.read(read)) as typeof last | undefined) ?? last;
    }
    for (;;) {
      const { changed_at_ms: fromMs, seq } = last;
      const rows = await this.#database.read(() => this.#sql.changed.all(fromMs, seq, EPISODES_AT_ONCE));
      if (rows.length > 0) yield rows.map(toEpisode);
      if (rows.length < EPISODES_AT_ONCE) return;
      last = rows.at(-1) as typeof last;
      await nextTurn();
    }
  }

  async feedback(target: FeedbackTarget, feedback: Feedback): Promise<string[]> {
    assertFeedback(target, feedback);
    await this.flush();
    const { score, source } = feedback;
    return this.#database.write(() => {
      const named =
        typeof target === 'string' ? this.#sql.byId.all(target) : this.#sql.ofRun.all(target.runId);
      if (named.length === 0) throw notKept(target);
      const joined = new Set(named.flatMap(({ id, turn }) => [String(id), ...(turn ? [String(turn)] : [])]));
      const now = this.#database.nowMs();
      return [...joined].filter((id) => {
        this.#sql.touch.run(now, id);
        return this.#sql.feedback.run(source, score, now, id).changes > 0;
      });
    });
  }

  /** Resolves once everything handed in is written or has failed; who handed it in learns which. */
  async flush(): Promise<void> {
    while (this.#writing) await this.#writing.catch(() => {});
  }

  #writeWaiting(): Promise<void> {
    const batch = this.#waiting;
    this.#waiting = [];
    this.#writing = undefined;
    return this.#database.write(() => {
      for (const { id, startedAtMs, json, runIds } of batch) {
        this.#sql.save.run(id, startedAtMs, json, this.#database.nowMs());
        for (const runId of runIds) this.#sql.saveRun.run(runId, id);
      }
      this.#sql.forgetOld.run(this.#database.nowMs() - this.#options.maxAgeMs);
      this.#sql.forgetMany.run(this.#options.maxEpisodes);
    });
  }
}

interface WaitingEpisode {
  id: string;
  startedAtMs: number;
  json: string;
  runIds: string[];
}

/** An episode may hold a long conversation. */
const EPISODES_AT_ONCE = 100;

function toEpisode(row: Record<string, unknown>): StoredEpisode {
  return { ...JSON.parse(String(row.json)), feedback: JSON.parse(String(row.feedback)) };
}

function statements(database: Database) {
  const columns = `json, (
      SELECT json_group_array(json_object('score', score, 'source', source)) FROM feedback WHERE episode_id = id
    ) AS feedback`;
  return {
    save: database.prepare(
      `INSERT INTO episodes (id, started_at_ms, json, changed_at_ms) VALUES (?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET json = excluded.json, changed_at_ms = excluded.changed_at_ms`,
    ),
    saveRun: database.prepare('INSERT OR IGNORE INTO runs (run_id, episode_id) VALUES (?, ?)'),
    byId: database.prepare("SELECT id, json ->> '$.turnOf' AS turn FROM episodes WHERE id = ?"),
    ofRun: database.prepare(
      `SELECT id, json ->> '$.turnOf' AS turn FROM runs JOIN episodes ON id = episode_id
        WHERE run_id = ? ORDER BY seq`,
    ),
    since: database.prepare(
      `SELECT ${columns} FROM episodes WHERE started_at_ms >= ?
        ORDER BY started_at_ms DESC, seq DESC LIMIT ?`,
    ),
    one: database.prepare(`SELECT ${columns} FROM episodes WHERE id = ? AND started_at_ms >= ? LIMIT ?`),
    changed: database.prepare(
      `SELECT ${columns}, changed_at_ms, seq FROM episodes WHERE (changed_at_ms, seq) > (?, ?)
        ORDER BY changed_at_ms, seq LIMIT ?`,
    ),
    lastChanged: database.prepare(
      `SELECT changed_at_ms, seq FROM episodes WHERE changed_at_ms >= ?
        ORDER BY changed_at_ms DESC, seq DESC LIMIT 1 OFFSET ?`,
    ),
    touch: database.prepare('UPDATE episodes SET changed_at_ms = ? WHERE id = ?'),
    feedback: database.prepare(
      `INSERT INTO feedback (episode_id, source, score, created_at_ms)
        SELECT id, ?, ?, ? FROM episodes WHERE id = ?
        ON CONFLICT DO UPDATE SET score = excluded.score, created_at_ms = excluded.created_at_ms`,
    ),
    forgetOld: database.prepare('DELETE FROM episodes WHERE started_at_ms < ?'),
    // `seq` grows by one a row, so this keeps at most so many, and looks at no row that stays.
    forgetMany: database.prepare('DELETE FROM episodes WHERE seq <= (SELECT max(seq) FROM episodes) - ?'),
  };
}
