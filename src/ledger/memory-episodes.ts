/** Episodes of one process, for a router without a file. */
import type { EpisodeOptions, EpisodeStore, EpisodeWithPrompt, Feedback, StoredEpisode } from './episodes.ts';
import { assertFeedback, EPISODE_DEFAULTS, episodeNotKept, storedForm } from './episodes.ts';

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
    async feedback(episodeId: string, feedback: Feedback) {
      assertFeedback(feedback);
      const episode = kept.get(episodeId);
      if (!episode) throw episodeNotKept(episodeId);
      const others = episode.feedback.filter(({ source }) => source !== feedback.source);
      episode.feedback = [...others, { score: feedback.score, source: feedback.source }];
    },
  };
}
