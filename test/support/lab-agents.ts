/** Agents whose every model is at a lab on a real socket, routed by the middleware. */
import { tool } from '@langchain/core/tools';
import { ChatOpenAI } from '@langchain/openai';
import { z } from 'zod';
import {
  type XRouterMiddlewareFields,
  xrouterMiddleware,
} from '../../adapters/langchain/middleware/index.ts';
import {
  type Catalog,
  createCatalog,
  createMemoryLedger,
  type Episode,
  type Ledger,
  utcDay,
} from '../../src/index.ts';
import { createLab, type Lab, type LabOptions, labEnvironment } from '../../src/lab/index.ts';
import { PAIR } from './lab-router.ts';

export const WEATHER_TOOL = tool(({ city }) => `Sunny in ${city}, 21 degrees`, {
  name: 'get_weather',
  description: 'The weather of a city',
  schema: z.object({ city: z.string() }),
});

/** The model that an agent has without the router. */
export const OWN_MODEL = 'gpt-4.1-mini';

/** A model that the lab has and no catalog knows. */
export const STRANGER = 'stranger-1';

export interface LabAgents extends AsyncDisposable {
  lab: Lab;
  ledger: Ledger;
  /** Every episode that ended, oldest first. */
  episodes: Episode[];
  catalog: Catalog;
  /** A chat model that calls the lab past the router. */
  own: ChatOpenAI;
  another(model: string): ChatOpenAI;
  /** What makes a router at the lab. */
  fields(fields?: XRouterMiddlewareFields): XRouterMiddlewareFields;
  middleware(fields?: XRouterMiddlewareFields): ReturnType<typeof xrouterMiddleware>;
  /** The budget of today. */
  today: { kind: 'day'; key: string };
  /** What the ledger has booked, in USD. */
  bookedUsd(): Promise<number>;
}

export async function labAgents(options: LabOptions = {}): Promise<LabAgents> {
  const catalog = createCatalog();
  const { candidates } = createCatalog({ models: [{ id: `openai/${STRANGER}`, toolCalling: true }] });
  const lab = await createLab({ candidates, ...options });
  const ledger = createMemoryLedger();
  const episodes: Episode[] = [];
  const today = { kind: 'day', key: utcDay(Date.now()) } as const;
  const another = (model: string) =>
    new ChatOpenAI({
      model,
      apiKey: 'lab',
      maxRetries: 0,
      useResponsesApi: false,
      configuration: { baseURL: lab.baseUrl('openai') },
    });
  const fields = (own: XRouterMiddlewareFields = {}) => ({
    candidates: [...PAIR],
    ledger,
    retry: { baseDelayMs: 1, maxDelayMs: 5 },
    env: labEnvironment(lab, catalog.providers),
    onEpisode: (episode: Episode) => episodes.push(episode),
    ...own,
  });
  return {
    lab,
    ledger,
    episodes,
    catalog,
    own: another(OWN_MODEL),
    another,
    fields,
    middleware: (own = {}) => xrouterMiddleware(own.router ? own : fields(own)),
    today,
    async bookedUsd() {
      return (await ledger.balance(today)).spentUsd;
    },
    [Symbol.asyncDispose]: () => lab.close(),
  };
}
