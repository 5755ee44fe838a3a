/** A router whose every provider is a lab on a real socket. */
import { createCatalog } from '../../src/catalog/catalog.ts';
import type { Episode } from '../../src/episode.ts';
import type { RouteEvent, RouteRequest, RouterConfig } from '../../src/index.ts';
import { createRouter, type Router } from '../../src/index.ts';
import type { Lab, LabOptions } from '../../src/lab/index.ts';
import { createLab, labEnvironment } from '../../src/lab/index.ts';

export interface LabRouter extends AsyncDisposable {
  lab: Lab;
  router: Router;
  /** Every episode that ended, oldest first. */
  episodes: Episode[];
}

/** Two candidates at different providers, so that one's fault is not the other's. */
export const PAIR = ['openai/gpt-5-nano', 'mistral/mistral-small-2603'] as const;

/** @param create `assembleRouter` where the configuration holds code, which validation refuses */
export async function labRouter(
  config: RouterConfig = {},
  options: LabOptions = {},
  create: typeof createRouter = createRouter,
): Promise<LabRouter> {
  const catalog = createCatalog({ models: config.models, providers: config.providers });
  const lab = await createLab({ candidates: catalog.candidates, ...options });
  const episodes: Episode[] = [];
  const router = create(
    { retry: { baseDelayMs: 1, maxDelayMs: 5 }, ...config },
    { env: labEnvironment(lab, catalog.providers), onEpisode: (episode) => episodes.push(episode) },
  );
  const close = async () => {
    await router.close();
    await lab.close();
  };
  return { lab, router, episodes, [Symbol.asyncDispose]: close };
}

export function user(content: string): RouteRequest['messages'] {
  return [{ role: 'user', content }];
}

export async function collect(stream: AsyncIterable<RouteEvent>): Promise<RouteEvent[]> {
  const events: RouteEvent[] = [];
  for await (const event of stream) events.push(event);
  return events;
}

/** Waits for what the other side of a socket notices a moment later. @throws after two seconds */
export async function eventually(check: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 2_000;
  while (!(await check())) {
    if (Date.now() > deadline) throw new Error(`Not within 2 s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
