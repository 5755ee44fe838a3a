/** What the lab's router server sends instead of an answer, and how it sends anything. */
import type { ServerResponse } from 'node:http';
import { flatError, type RouterFault } from './router-shapes.ts';

/** Whether the fault refuses the request, which is then dealt with. */
export function refuse(fault: RouterFault | undefined, res: ServerResponse, context: number): boolean {
  switch (fault) {
    case 'flat-error':
      send(res, 400, flatError(400, 'The request is not valid.'));
      return true;
    case 'unauthorized':
      send(res, 401, JSON.stringify({ error: 'Unauthorized' }));
      return true;
    case 'unavailable':
      send(res, 503, flatError(503, 'The request queue is full.', 'ServiceUnavailableError'));
      return true;
    case 'overflow':
      send(
        res,
        400,
        flatError(
          400,
          `The input (${context + 1} tokens) is longer than the model's context length (${context} tokens).`,
        ),
      );
      return true;
    case 'not-json':
      send(res, 200, '<html><body>It works!</body></html>', 'text/html');
      return true;
    case 'hang':
      return true;
    default:
      return false;
  }
}

/** SGLang refuses a history in which a call's arguments are not the text of a JSON object. */
export function historyProblem(
  messages: readonly { tool_calls?: { function?: { arguments?: unknown } }[] }[],
): string | undefined {
  for (const call of messages.flatMap(({ tool_calls }) => tool_calls ?? [])) {
    try {
      const value: unknown = JSON.parse(String(call.function?.arguments));
      if (typeof value === 'object' && value !== null && !Array.isArray(value)) continue;
    } catch {}
    return 'Assistant tool call arguments must be a JSON object.';
  }
  return undefined;
}

/** @param fault `cut`: the connection breaks in the middle of the body */
export function send(
  res: ServerResponse,
  status: number,
  body: string,
  type = 'application/json',
  fault?: RouterFault,
): void {
  if (res.destroyed) return;
  if (fault === 'cut') {
    res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
    res.write(body.slice(0, Math.ceil(body.length / 2)), () => res.destroy());
    return;
  }
  res.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) });
  res.end(body);
}
