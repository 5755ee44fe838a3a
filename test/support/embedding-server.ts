/** A server of OpenAI's embeddings, over a real socket: hashed letter triples, the same for the same text everywhere. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { OpenAIEmbeddings } from '@langchain/openai';

export const EMBEDDING_NUMBERS = 128;

/** What it does with a request. */
export type Behaviour = 'right' | 'hangs' | 'fails' | 'short' | 'nan' | 'none';

export interface EmbeddingServer extends AsyncDisposable {
  url: string;
  /** Texts it was asked about, in order. */
  texts: string[];
  behaviour: Behaviour;
}

export function tripleVector(text: string): Float32Array {
  const vector = new Float32Array(EMBEDDING_NUMBERS);
  const read = ` ${text.toLowerCase()} `;
  for (let i = 0; i + 3 <= read.length; i++) {
    let hash = 0x811c9dc5;
    for (let k = i; k < i + 3; k++) hash = Math.imul(hash ^ read.charCodeAt(k), 0x01000193);
    hash ^= hash >>> 15;
    vector[(hash >>> 1) % EMBEDDING_NUMBERS]! += hash & 1 ? 1 : -1;
  }
  const length = Math.hypot(...vector) || 1;
  return vector.map((value) => value / length);
}

export async function embeddingServer(): Promise<EmbeddingServer> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const { input, model, encoding_format } = JSON.parse(body);
    const texts: string[] = [input].flat();
    started.texts.push(...texts);
    const { behaviour } = started;
    if (behaviour === 'hangs') return;
    response.writeHead(behaviour === 'fails' ? 500 : 200, { 'content-type': 'application/json' });
    if (behaviour === 'fails') {
      response.end(JSON.stringify({ error: { message: 'no model is loaded' } }));
      return;
    }
    const data = texts.map((text, index) => {
      let vector = tripleVector(text);
      if (behaviour === 'short') vector = vector.slice(1);
      if (behaviour === 'none') vector = vector.slice(0, 0);
      if (behaviour === 'nan') vector[3] = Number.NaN;
      const embedding =
        encoding_format === 'base64' ? Buffer.from(vector.buffer).toString('base64') : [...vector];
      return { object: 'embedding', index, embedding };
    });
    const usage = { prompt_tokens: 1, total_tokens: 1 };
    response.end(JSON.stringify({ object: 'list', data, model, usage }));
  });
  // Training holds the event loop for seconds, in which the client does not see that an idle socket is closed.
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const started: EmbeddingServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    texts: [],
    behaviour: 'right',
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return started;
}

/** LangChain's own client of such a server. */
export function clientOf({ url }: EmbeddingServer, model = 'triples'): OpenAIEmbeddings {
  return new OpenAIEmbeddings({ model, apiKey: 'none', maxRetries: 0, configuration: { baseURL: url } });
}
