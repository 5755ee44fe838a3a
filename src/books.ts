/** What a router writes down: the account, and the episodes for learning. */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { XrouterError } from './errors.ts';
import type {
  EpisodeOptions,
  EpisodeStore,
  EpisodeWithPrompt,
  Feedback,
  FeedbackTarget,
  LearningFacts,
} from './ledger/episodes.ts';
import { EPISODE_DEFAULTS } from './ledger/episodes.ts';
import { lazyLedger } from './ledger/lazy.ts';
import type { Ledger } from './ledger/ledger.ts';
import { createMemoryLedger } from './ledger/memory.ts';
import type { Policy, PolicyState } from './policy/policy.ts';
import type { RouterConfig } from './router-config.ts';

export interface Books {
  ledger: Ledger;
  /** After the answer: lets the shadow policy decide, and keeps the episode where the ledger has a place for it. */
  keep(episode: EpisodeWithPrompt, firstState: PolicyState | undefined): void;
  /** @throws XrouterError `invalid_config` where no episodes are kept */
  feedback(target: FeedbackTarget, feedback: Feedback): Promise<string[]>;
  /** Where the episodes are kept; `undefined` where none are. */
  episodeStore(): Promise<EpisodeStore | undefined>;
  close(): Promise<void>;
}

interface Account {
  ledger: Ledger;
  /** `undefined`: this ledger keeps no episodes. */
  episodes?(): Promise<EpisodeStore>;
}

export function openBooks(config: RouterConfig, policy: Policy): Books {
  const { ledger, episodes } = openAccount(config);
  const storeFeatures = config.episodes?.storeFeatures ?? EPISODE_DEFAULTS.storeFeatures;
  const keeping = new Set<Promise<unknown>>();
  const shadowing = new Set<Promise<unknown>>();

  const save = async (episode: EpisodeWithPrompt) => (await episodes?.())?.saveEpisode(episode);
  const keepAnswered = async (episode: EpisodeWithPrompt, firstState: PolicyState | undefined) => {
    // The answer goes out first.
    await nextTurn();
    const learning = episodes && firstState && storeFeatures ? await factsOf(firstState) : undefined;
    const known = { ...episode, ...(learning && { learning }) };
    await save(known);
    return known;
  };

  return {
    ledger,
    keep(episode, firstState) {
      if (!episodes && !policy.shadow) return;
      const kept = keepAnswered(episode, firstState);
      hold(kept, keeping);
      if (!firstState || !policy.shadow) return;
      // Kept before the shadow decides, which may take seconds: feedback may come first.
      const shadowed = async () => {
        const known = await kept.catch(() => undefined);
        const shadow = await policy.shadow!(firstState);
        if (known) await save({ ...known, shadow });
      };
      hold(shadowed(), shadowing);
    },
    async feedback(target, feedback) {
      if (!episodes) {
        throw new XrouterError('invalid_config', 'Feedback has no episode to join: none are kept.', {
          hint: 'Set `ledger` to the path of a file; episodes are kept beside the account.',
        });
      }
      // The episode of an answer that has just gone out may not be written yet.
      await Promise.all(keeping);
      return (await episodes()).feedback(target, feedback);
    },
    episodeStore: async () => episodes?.(),
    async close() {
      await Promise.all(keeping);
      await Promise.all(shadowing);
      await ledger.close();
    },
  };
}

/** Holds the work until it has ended. The cost is booked; an episode that is not kept is only not learned from. */
function hold(work: Promise<unknown>, inHand: Set<Promise<unknown>>): void {
  const done = work
    .catch((error: Error) => {
      process.emitWarning(`An episode was not kept: ${error.message}`, { code: 'XROUTER_EPISODE' });
    })
    .finally(() => inHand.delete(done));
  inHand.add(done);
}

function openAccount({ ledger, episodes }: { ledger?: string | Ledger; episodes?: EpisodeOptions }): Account {
  if (typeof ledger !== 'string') {
    const own = ledger ?? createMemoryLedger();
    return keepsEpisodes(own) ? { ledger: own, episodes: async () => own.episodeStore } : { ledger: own };
  }
  const lazy = lazyLedger(async () => {
    const { openLedger } = await import('./ledger/index.ts');
    return openLedger({ path: ledger, episodes });
  });
  return { ledger: lazy, episodes: async () => (await lazy.opened()).episodeStore };
}

function keepsEpisodes(ledger: Ledger): ledger is Ledger & { episodeStore: EpisodeStore } {
  return 'episodeStore' in ledger;
}

/** Loaded when it is first needed, since most programs never get here. */
async function factsOf(state: PolicyState): Promise<LearningFacts> {
  const { storeFeatures } = await import('./policy/embedded/stored-features.ts');
  const { verifierAccuracy } = await import('./policy/embedded/escalate.ts');
  const accuracy = verifierAccuracy(state);
  return {
    features: storeFeatures(state.prompt),
    ...(accuracy !== undefined && { verifierAccuracy: accuracy }),
  };
}
