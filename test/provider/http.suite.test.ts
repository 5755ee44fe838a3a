import { createHttpProvider } from '../../src/provider/index.ts';
import { behavingServer } from './behaving-server.ts';
import { providerSuite } from './provider.suite.ts';

providerSuite('http provider', async (behaviour) => {
  const server = await behavingServer(behaviour);
  return { ...server, provider: createHttpProvider({ id: 'test', baseUrl: server.url }) };
});
