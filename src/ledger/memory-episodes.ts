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

export function createMemoryEpisodes(options: EpisodeOptions = {}): EpisodeStore {
  const { storePrompts, maxEpisodes, maxAgeMs } = { ...EPISODE_DEFAULTS, ...options };
  const kept = new Map<string, StoredEpisode>();

  const forget = () => {
    const oldest = Date.now() - maxAgeMs;
    for (const [id, episode] of kept) {
      if (kept.size <= maxEpisodes && Date.parse(episode.startedAt) >= oldest) return;
      kept.delete(id);
    }
  };

  return {
    async saveEpisode(episode: EpisodeWithPrompt) {
      const feedback = kept.get(episode.id)?.feedback ?? [];
      kept.set(episode.id, { ...structuredClone(storedForm(episode, storePrompts)), feedback });
      forget();
    },
    async episodes({ limit = 100, since } = {}) {
      const fromMs = since === undefined ? -Infinity : Date.parse(since);
      const found = [...kept.values()].filter((episode) => Date.parse(episode.startedAt) >= fromMs);
      return structuredClone(found.reverse().slice(0, limit));
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
        return true;
      });
    },
  };
}
