/** By which ids a LangChain trace knows a request: feedback may name any of them. */
import type { BaseCallbackHandler } from '@langchain/core/callbacks/base';
import type { RunnableConfig } from '@langchain/core/runnables';

/** What a run manager tells of its run; where nobody listens there is none, and only the config has an id. */
interface OpenRun {
  runId?: string;
  parentRunId?: string;
  handlers?: BaseCallbackHandler[];
}

/**
 * The request's own run, and those it runs in, as far as anybody knows them: a run manager knows the next one
 * up, tracers all the way to the root, and LangGraph's server puts the root's id into the metadata.
 */
export function runIdsOf(run: OpenRun | undefined, config: RunnableConfig | undefined): string[] {
  const { runId, parentRunId, handlers = [] } = run ?? {};
  const ids = [runId, parentRunId, config?.metadata?.run_id];
  for (const handler of handlers) {
    const traced = isTracer(handler) ? handler.getRunById(runId) : undefined;
    // From the root to this run, each as its time, "Z", and its id: LangSmith's "dotted order".
    for (const place of traced?.dotted_order?.split('.') ?? []) ids.push(place.slice(place.indexOf('Z') + 1));
  }
  return [...new Set(ids.filter((id) => typeof id === 'string' && id !== ''))] as string[];
}

/** What `BaseTracer` has, and so LangSmith's tracer; its types say that subclasses alone may ask. */
interface Tracer {
  getRunById(runId: string | undefined): { dotted_order?: string } | undefined;
}

function isTracer(handler: object): handler is Tracer {
  return 'getRunById' in handler && typeof handler.getRunById === 'function';
}
