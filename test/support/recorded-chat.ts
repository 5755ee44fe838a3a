/** A ChatXRouter at a lab, with its episodes in a file, and what feedback found there. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import { onTestFinished } from 'vitest';
import type { ChatXRouter, ChatXRouterFields } from '../../adapters/langchain/index.ts';
import { openLedger } from '../../src/index.ts';
import { type LabChat, labChat } from './lab-chat.ts';

export interface Recorded extends LabChat {
  ledger: string;
  /** Ends the process, as far as the ledger can tell, and starts another on its file. */
  restarted(): Promise<ChatXRouter>;
}

export async function recorded(fields: ChatXRouterFields = {}): Promise<Recorded> {
  const folder = mkdtempSync(join(tmpdir(), 'xrouter-runs-'));
  const ledger = join(folder, 'ledger.sqlite');
  const under = await labChat({ ledger, ...fields });
  const open = [under.model];
  const another = (own: ChatXRouterFields) => {
    const model = under.another({ ledger, ...own });
    open.push(model);
    return model;
  };
  const close = () => Promise.all(open.splice(0).map(({ router }) => router.close()));
  onTestFinished(async () => {
    await close();
    rmSync(folder, { recursive: true });
  });
  const restarted = async () => {
    await close();
    return another({});
  };
  return { ...under, ledger, another, restarted };
}

/** What is kept of each episode's feedback, oldest episode first. */
export async function kept(path: string): Promise<Record<string, number>[]> {
  const ledger = await openLedger({ path });
  const episodes = await ledger.episodeStore.episodes();
  await ledger.close();
  return episodes
    .reverse()
    .map(({ feedback }) => Object.fromEntries(feedback.map(({ source, score }) => [source, score])));
}

/** A plain handler, as a user writes one who wants the ids of runs. */
export class Listener extends BaseCallbackHandler {
  name = 'listener';
  override awaitHandlers = true;
  readonly llmRuns: string[] = [];
  override handleChatModelStart(_model: unknown, _messages: unknown, runId: string) {
    this.llmRuns.push(runId);
  }
}
