/** Embeddings of LangChain at the chat model's policy: trained, decided by and served through LangChain's own client. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ChatXRouter } from '../../../adapters/langchain/index.ts';
import { createCatalog } from '../../../src/index.ts';
import { createLab, type Lab, labEnvironment } from '../../../src/lab/index.ts';
import { clientOf, type EmbeddingServer, embeddingServer } from '../../support/embedding-server.ts';
import { OWN_POOL, ownPolicyFile } from '../../support/own-policy.ts';

let folder: string;
let server: EmbeddingServer;
let lab: Lab;
let file: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'own-embeddings-'));
  server = await embeddingServer();
  lab = await createLab({ candidates: createCatalog().candidates });
  file = await ownPolicyFile(folder, server);
}, 30_000);
afterAll(async () => {
  await lab.close();
  await server[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

test('ChatXRouter decides by them, and answers where they fail', async () => {
  const model = new ChatXRouter({
    candidates: OWN_POOL,
    policy: { file, embeddings: clientOf(server) },
    env: labEnvironment(lab, createCatalog().providers),
  });
  server.texts.length = 0;
  const asked = 'which king ruled the old empire during the long war and why: 40';
  const right = await model.invoke(asked);
  expect(right.response_metadata.routing).toMatchObject({
    policy: 'mine@4',
    reason: expect.stringMatching(/^a prompt like the training/),
  });
  expect(server.texts).toEqual([asked]);

  server.behaviour = 'fails';
  const other = await model.invoke('What is 17 * 23?');
  expect(other.text).not.toBe('');
  expect(other.response_metadata.routing).toMatchObject({ policy: expect.stringMatching(/^benchmark/) });
});
