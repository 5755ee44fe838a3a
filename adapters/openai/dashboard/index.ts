/**
 * The dashboard: a page that holds no data, and the data it asks for. The server that mounts them checks who asks
 * for the data as it does for its API; the page needs no key.
 */
import { z } from 'zod';
import { type Router, toXrouterError, XrouterError } from '../../../src/index.ts';
import { Board } from './board.ts';
import { makePage } from './page.ts';
import { isZone, RANGES } from './time.ts';

export type * from './data.ts';

export const DASHBOARD_PATH = '/dashboard';
export const DASHBOARD_DATA_PATH = '/dashboard/data';

export interface DashboardOptions {
  /** Of the package. */
  version: string;
  /** Whether the server asks for a key. */
  keyed: boolean;
}

export interface DashboardAnswer {
  status: 200 | 400 | 404 | 500 | 501 | 503;
  headers: Record<string, string>;
  body: string;
}

export interface Dashboard {
  /** `GET /dashboard`. */
  page(): DashboardAnswer;
  /**
   * `GET /dashboard/data`, once it is known that the caller may see it. Never throws.
   * @param reader name of the key by which it is asked; texts are shown only where it is the request's own, so
   *   to nobody where the server has no keys
   */
  data(query: URLSearchParams, reader?: string): Promise<DashboardAnswer>;
}

const querySchema = z.strictObject({
  range: z.enum(RANGES).default('day'),
  zone: z.string().max(64).refine(isZone, { error: 'no time zone that is known here' }).default('UTC'),
  request: z.string().min(1).max(200).optional(),
});

const HINT =
  'Send ?range=hour, day, week or month and &zone=, for example Europe/Berlin; or ?request=ID for the texts of one.';

export function createDashboard(router: Router, { version, keyed }: DashboardOptions): Dashboard {
  const board = new Board(router);
  let page: DashboardAnswer | undefined;
  return {
    page() {
      page ??= makePage(version, keyed);
      return page;
    },
    async data(query, reader) {
      const parsed = querySchema.safeParse(Object.fromEntries(query));
      if (!parsed.success) {
        const [{ path, message }] = parsed.error.issues as [z.core.$ZodIssue];
        const what = [path.join('.'), message].filter(Boolean).join(': ');
        return failure(new XrouterError('invalid_request', what, { hint: HINT }));
      }
      const { range, zone, request } = parsed.data;
      try {
        const told =
          request === undefined ? await board.data(range, zone, reader) : await board.texts(request, reader);
        return { status: 200, headers: JSON_HEADERS, body: JSON.stringify(told) };
      } catch (error) {
        return failure(toXrouterError(error));
      }
    },
  };
}

const JSON_HEADERS = {
  'content-type': 'application/json; charset=utf-8',
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
};

const STATUS: Partial<Record<XrouterError['code'], DashboardAnswer['status']>> = {
  invalid_request: 400,
  unknown_episode: 404,
  invalid_config: 501,
  ledger_unavailable: 503,
};

function failure({ code, message, hint }: XrouterError): DashboardAnswer {
  const body = JSON.stringify({ error: { message, type: code, code, ...(hint !== undefined && { hint }) } });
  return { status: STATUS[code] ?? 500, headers: JSON_HEADERS, body };
}
