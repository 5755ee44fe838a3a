/** What `xrouter doctor` asks of a router's server. Costs no tokens. */
import { isRecord, recordOf, textField } from '../../provider/json.ts';
import type { PolicyCheck } from '../policy.ts';
import type { RouterServerSpec } from './server-spec.ts';

const ANSWER_MS = 5000;

/** Reachable and healthy; and serves the model under the name it is asked by. */
export async function checkRouterServer(spec: RouterServerSpec, signal: AbortSignal): Promise<PolicyCheck[]> {
  const { RouterServer } = await import('./server.ts');
  const server = new RouterServer(spec);
  const time = { signal, timeoutMs: ANSWER_MS };
  const checks: PolicyCheck[] = [];
  const ask = async (check: string, path: string, judge: (body: string) => Omit<PolicyCheck, 'check'>) => {
    try {
      const { body } = await server.get(path, time);
      checks.push({ check, ...judge(body) });
    } catch (error) {
      const missing = isRecord(error) && error.status === 404;
      const detail = missing ? `${path} is not there: no SGLang server` : (error as Error).message;
      checks.push({ check, status: missing ? 'warning' : 'failed', detail });
    }
  };
  if (server.isSglang)
    await ask('router server health', '/health', () => ({ status: 'ok', detail: spec.baseUrl }));
  await ask('router model', '/v1/models', (body) => judgeModels(body, spec.model));
  if (server.isSglang) await ask('router weights', '/get_model_info', judgeInfo);
  return checks;
}

function judgeModels(body: string, model: string): Omit<PolicyCheck, 'check'> {
  const data = recordOf(parse(body))?.data;
  const entries = Array.isArray(data) ? data.filter(isRecord) : [];
  // SGLang names a LoRA adapter after a colon, and lists the base model.
  const served =
    entries.find(({ id }) => id === model) ?? entries.find(({ id }) => id === model.replace(/:[^:]*$/, ''));
  if (!served) {
    const names = entries.map(({ id }) => id).join(', ') || 'nothing';
    return {
      status: 'failed',
      detail: `"${model}" is not served, but ${names}; set the model to a served name`,
    };
  }
  const context = served.max_model_len;
  return { status: 'ok', detail: `"${model}" is served${context ? `, context ${context} tokens` : ''}` };
}

function judgeInfo(body: string): Omit<PolicyCheck, 'check'> {
  const info = recordOf(parse(body)) ?? {};
  if (info.is_generation === false) return { status: 'failed', detail: 'the model does not generate text' };
  return { status: 'ok', detail: textField(info.model_path) ?? 'unnamed' };
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
