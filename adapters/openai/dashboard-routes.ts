/** The dashboard among the server's routes: its page is open, since it holds nothing; its data needs a key as all else does. */
import type { Dashboard, DashboardAnswer } from './dashboard/index.ts';
import type { Exchange } from './exchange.ts';
import type { Service } from './service.ts';

const dashboards = new WeakMap<Service, Promise<Dashboard>>();

/** Made when it is first asked for, so that who never looks does not load it. */
function dashboardOf(service: Service): Promise<Dashboard> {
  let dashboard = dashboards.get(service);
  if (!dashboard) {
    const { version, keys } = service.settings;
    dashboard = import('./dashboard/index.ts').then(({ createDashboard }) =>
      createDashboard(service.router, { version, keyed: keys.length > 0 }),
    );
    dashboards.set(service, dashboard);
  }
  return dashboard;
}

export async function showDashboard(service: Service, exchange: Exchange): Promise<void> {
  send(exchange, (await dashboardOf(service)).page());
}

export async function tellDashboard(service: Service, exchange: Exchange): Promise<void> {
  const dashboard = await dashboardOf(service);
  const { searchParams } = new URL(exchange.request.url ?? '', 'http://localhost');
  send(exchange, await dashboard.data(searchParams, exchange.key));
}

export function leadToDashboard(_: Service, { response }: Exchange): void {
  response.writeHead(302, { location: '/dashboard', 'content-length': 0 }).end();
}

function send({ response }: Exchange, { status, headers, body }: DashboardAnswer): void {
  if (response.destroyed) return;
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}
