/** What `xrouter doctor` says of a policy's file and of the user's own embeddings. Spends nothing. */
import {
  type PolicyCheck,
  type PolicyChoice,
  type PromptEmbeddings,
  shippedPolicyPath,
  viewPrompt,
} from '../../src/index.ts';
import type { PolicyWeights } from '../../src/learn/index.ts';
import { reasonOf } from './output.ts';
import { counted } from './terminal.ts';

interface PolicyFile {
  file: string;
  /** What it is called where not by its path. */
  title?: string;
  embeddings?: PromptEmbeddings | undefined;
}

/** The file that the policy is read from; `undefined` where it is another kind of policy. */
export function policyFileOf(choice: PolicyChoice): PolicyFile | undefined {
  if (choice === 'embedded') return { file: shippedPolicyPath(), title: 'the shipped one' };
  if (typeof choice !== 'object' || 'decide' in choice || !('file' in choice)) return undefined;
  return { file: choice.file, embeddings: choice.embeddings };
}

/**
 * That the file loads, and that the embeddings are those it was trained with.
 * @param name what the policy is called in the checks
 * @param offline asks no server, not even one of this machine
 */
export async function checkPolicyFile(
  name: string,
  { file, title = file, embeddings }: PolicyFile,
  offline: boolean,
): Promise<PolicyCheck[]> {
  const { loadPolicyWeights } = await import('../../src/learn/index.ts');
  const checks: PolicyCheck[] = [];
  const judge = async (check: string, judged: Promise<Judged>) => {
    const failed = (error: unknown): Judged => ({ status: 'failed', detail: reasonOf(error) });
    checks.push({ check, ...(await judged.catch(failed)) });
  };
  const loading = loadPolicyWeights(file);
  await judge(name, loading.then(describe(title)));
  const weights = await loading.catch(() => undefined);
  if (weights && (weights.embedding.own || embeddings)) {
    await judge(`embeddings of the ${name}`, judgeEmbeddings(weights, title, embeddings, offline));
  }
  return checks;
}

type Judged = Omit<PolicyCheck, 'check'>;

function describe(title: string): (weights: PolicyWeights) => Judged {
  return ({ embedding, featureVersion, candidates }) => {
    const reads = embedding.own ? 'embeddings of your own' : 'words';
    const detail = `${title}: reads ${reads}, features of version ${featureVersion}, knows ${counted(candidates.length, 'model')}`;
    return { status: 'ok', detail };
  };
}

/** @throws Error that says what is wrong with them */
async function judgeEmbeddings(
  weights: PolicyWeights,
  title: string,
  given: PromptEmbeddings | undefined,
  offline: boolean,
): Promise<Judged> {
  const { requireEmbeddings } = await import('../../src/learn/index.ts');
  requireEmbeddings(weights, given, title);
  // What comes through has both: a policy that reads embeddings, and embeddings.
  const embeddings = given!;
  const { mean, model } = weights.embedding.own!;
  const { dimensions } = embeddings as { dimensions?: unknown };
  const server = offline ? undefined : serverOfThisMachine(embeddings);
  const set = typeof dimensions === 'number' ? dimensions : undefined;
  const found = server === undefined ? set : await lengthOfVector(embeddings, server);
  if (found !== undefined && found !== mean.length) {
    const reason = `they have ${found} dimensions, the policy reads ${mean.length}`;
    throw new Error(`${reason}. Give those it was trained with, or train it again.`);
  }
  if (server !== undefined) {
    return { status: 'ok', detail: `${server} returns the ${mean.length} dimensions that the policy reads` };
  }
  const untried = `not tried, since ${offline ? 'no server is asked' : 'that may cost'}`;
  if (found !== undefined) {
    return { status: 'ok', detail: `set to the ${mean.length} dimensions that the policy reads; ${untried}` };
  }
  const same = model !== undefined && model === embeddings.model;
  const known = same ? `${model}, as in training` : 'of a model that is not known';
  const detail = `${known}; that they have the ${mean.length} dimensions that the policy reads was ${untried}`;
  return { status: same ? 'ok' : 'warning', detail };
}

const ANSWER_MS = 5_000;

/** @throws Error that says why there is no vector */
async function lengthOfVector(embeddings: PromptEmbeddings, server: string): Promise<number> {
  const { embedRows } = await import('../../src/learn/index.ts');
  const view = viewPrompt({ messages: [{ role: 'user', content: 'hello' }] });
  const [row] = await embedRows(server, [{ id: 'hello', view }], embeddings, { batchMs: ANSWER_MS }).catch(
    (error: unknown) => {
      throw new Error(`${server}: ${reasonOf(error instanceof Error ? error.cause : error)}`);
    },
  );
  return row!.view.embedding!.length;
}

/** Where they are asked, if that costs nothing: a server of this machine, as the clients of OpenAI and Ollama name it. */
function serverOfThisMachine(embeddings: PromptEmbeddings): string | undefined {
  const { baseUrl, clientConfig } = embeddings as { baseUrl?: unknown; clientConfig?: { baseURL?: unknown } };
  const url = baseUrl ?? clientConfig?.baseURL;
  if (typeof url !== 'string' || !URL.canParse(url)) return undefined;
  const { hostname, origin } = new URL(url);
  return /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname) ? origin : undefined;
}
