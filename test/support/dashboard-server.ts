/** The dashboard on a socket of its own, behind a key where one is given: its name is "sales". */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createDashboard, type DashboardData } from '../../adapters/openai/dashboard/index.ts';
import type { Router } from '../../src/index.ts';

export interface DashboardServer extends AsyncDisposable {
  url: string;
  /** What the page asks for. */
  data(query?: string): Promise<DashboardData>;
}

export async function dashboardServer(router: Router, key?: string, port = 0): Promise<DashboardServer> {
  const dashboard = createDashboard(router, { version: 'test', keyed: key !== undefined });
  const server = createServer(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://localhost');
    const isData = pathname === '/dashboard/data';
    if (isData && key !== undefined && request.headers.authorization !== `Bearer ${key}`) {
      response.writeHead(401).end('{}');
      return;
    }
    const { status, headers, body } = isData
      ? await dashboard.data(searchParams, key && 'sales')
      : dashboard.page();
    response.writeHead(status, headers).end(body);
  });
  server.listen(port, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url,
    async data(query = '') {
      const headers = key === undefined ? {} : { authorization: `Bearer ${key}` };
      const answer = await fetch(`${url}/dashboard/data${query}`, { headers });
      if (!answer.ok) throw new Error(`${answer.status}: ${await answer.text()}`);
      return (await answer.json()) as DashboardData;
    },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}
