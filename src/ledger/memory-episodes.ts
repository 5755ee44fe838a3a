/** Episodes of one process, for a router without a file. */
import type {
  EpisodeOptions,
  EpisodeStore,
  EpisodeWithPrompt,
  Feedback,
  FeedbackTarget,
  StoredEpisode,
} from './episodes.ts';
import { assertFeedback, EPISODE_DEFAULTS, notKept, runIdsOf, storedForm } from './episodes.ts';
import { PART } from './rules.ts';

export function createMemoryEpisodes(options: EpisodeOptions = {}): EpisodeStore {
  const { storePrompts, maxEpisodes, maxAgeMs } = { ...EPISODE_DEFAULTS, ...options };
  const kept = new Map<string, StoredEpisode>();
  const changedAtMs = new Map<string, number>();

  const forget = () => {
    const oldest = Date.now() - maxAgeMs;
    for (const [id, episode] of kept) {
      if (kept.size <= maxEpisodes && Date.parse(episode.startedAt) >= oldest) return;
      kept.delete(id);
      changedAtMs.delete(id);
    }
  };

  return {
    async saveEpisode(episode: EpisodeWithPrompt) {
      const feedback = kept.get(episode.id)?.feedback ?? [];
      kept.set(episode.id, { ...structuredClone(storedForm(episode, storePrompts)), feedback });
      changedAtMs.set(episode.id, Date.now());
      forget();
    },
    async episodes({ limit = 100, since, id } = {}) {
      const fromMs = since === undefined ? -Infinity : Date.parse(since);
      const named = id === undefined ? [...kept.values()] : [kept.get(id)].filter((one) => one !== undefined);
      const found = named.filter((episode) => Date.parse(episode.startedAt) >= fromMs);
      return structuredClone(found.reverse().slice(0, limit));
    },
    async *changed(since, most = Number.POSITIVE_INFINITY) {
      const found = [...changedAtMs]
        .filter(([, atMs]) => atMs >= Date.parse(since))
        .sort(([, a], [, b]) => a - b)
        .slice(-most);
      for (let at = 0; at < found.length; at += PART) {
        const part = found.slice(at, at + PART).map(([id]) => kept.get(id));
        yield structuredClone(part.filter((one) => one !== undefined));
      }
    },
    async feedback(target: FeedbackTarget, feedback: Feedback) {
      assertFeedback(target, feedback);
      const named = [...kept.values()].filter((episode) =>
        typeof target === 'string' ? episode.id === target : runIdsOf(episode).includes(target.runId),
      );
      if (named.length === 0) throw notKept(target);
      const { score, source } = feedback;
      const joined = new Set(named.flatMap(({ id, turnOf }) => [id, ...(turnOf ? [turnOf] : [])]));
      return [...joined].filter((id) => {
        const episode = kept.get(id);
        if (!episode) return false;
        episode.feedback = [...episode.feedback.filter((one) => one.source !== source), { score, source }];
        changedAtMs.set(id, Date.now());
        return true;
      });
    },
  };
}
