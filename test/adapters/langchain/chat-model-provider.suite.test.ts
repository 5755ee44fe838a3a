import { ChatOpenAI } from '@langchain/openai';
import { chatModelProvider } from '../../../adapters/langchain/index.ts';
import { behavingServer } from '../../provider/behaving-server.ts';
import { providerSuite } from '../../provider/provider.suite.ts';

providerSuite('chat model provider over ChatOpenAI', async (behaviour) => {
  const server = await behavingServer(behaviour);
  const model = new ChatOpenAI({
    model: 'gpt-5-nano',
    apiKey: 'test',
    configuration: { baseURL: server.url },
  });
  return { ...server, provider: chatModelProvider(model, 'test') };
});
