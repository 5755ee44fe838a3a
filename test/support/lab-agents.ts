/** Agents whose every model is at a lab on a real socket, routed by the middleware. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import { xrouterMiddleware, type XRouterMiddlewareFields } from '../../adapters/langchain/middleware/index.ts';
import { createCatalog, createMemoryLedger, type Episode, type Ledger } from '../../src/index.ts';
import { createLab, type Lab, type LabOptions, labEnvironment } from '../../src/lab/index.ts';
import { PAIR } from './lab-router.ts';

export const WEATHER_TOOL = tool(({ city }) => `Sunny in ${city}, 21 degrees`, {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});

/** The model that an agent has without the router. */
export const OWN_MODEL = 'gpt-4.1-mini';

export interface LabAgents extends AsyncDisposable {
  lab: Lab;
  ledger: Ledger;
  /** Every episode that ended, oldest first. */
  episodes: Episode[];
  /** A chat model that calls the lab past the router. */
  own: ChatOpenAI;
  middleware(fields?: XRouterMiddlewareFields): ReturnType<typeof xrouterMiddleware>;
  /** What the ledger has booked, in USD. */
  bookedUsd(): Promise<number>;
}

export async function labAgents(options: LabOptions = {}): Promise<LabAgents> {
  const catalog = createCatalog();
  const lab = await createLab({ candidates: catalog.candidates, ...options });
  const ledger = createMemoryLedger();
  const episodes: Episode[] = [];
  return {
    lab,
    ledger,
    episodes,
    own: new ChatOpenAI({
      model: OWN_MODEL,
      apiKey: 'lab',
      maxRetries: 0,
      useResponsesApi: false,
      configuration: { baseURL: lab.baseUrl('openai') },
    }),
    middleware: (fields = {}) =>
      xrouterMiddleware({
        ...(!fields.router && {
          candidates: [...PAIR],
          ledger,
          retry: { baseDelayMs: 1, maxDelayMs: 5 },
          env: labEnvironment(lab, catalog.providers),
          onEpisode: (episode: Episode) => episodes.push(episode),
        }),
        ...fields,
      }),
    async bookedUsd() {
      const { spentUsd } = await ledger.balance({ kind: 'day', key: new Date().toISOString().slice(0, 10) });
      return spentUsd;
    },
    [Symbol.asyncDispose]: () => lab.close(),
  };
}
