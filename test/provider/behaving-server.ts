/** A server in the shape of OpenAI's API that behaves as the suite of all providers wants it. */
import { type Action, json, type Script, sse, startScriptedServer } from '../support/scripted-server.ts';
import { chunk, DONE, finish, streamed, text, USAGE_CHUNK, whole } from './answers.ts';
import type { Behaviour, ProviderUnderTest } from './provider.suite.ts';

// With the role, as real servers send it: without it ChatOpenAI itself drops the call.
const toolFragment = (call: object) => chunk({ role: 'assistant', tool_calls: [call] });

/** The two forms of an answer: the one asked for is chosen by the request itself. */
function scripts(behaviour: Behaviour): { stream: Script; json: Script } {
  const same = (script: Script) => ({ stream: script, json: script });
  switch (behaviour.kind) {
    case 'text':
      return {
        stream: streamed(...behaviour.pieces),
        json: whole({ content: behaviour.pieces.join('') }, 'stop'),
      };
    case 'tool_call': {
      const { id, name, argumentPieces } = behaviour;
      const first = toolFragment({ index: 0, id, type: 'function', function: { name, arguments: '' } });
      const rest = argumentPieces.map((piece) => toolFragment({ index: 0, function: { arguments: piece } }));
      const call = { id, type: 'function', function: { name, arguments: argumentPieces.join('') } };
      return {
        stream: sse(first, ...rest, finish('tool_calls'), USAGE_CHUNK, DONE),
        json: whole({ content: null, tool_calls: [call] }, 'tool_calls'),
      };
    }
    case 'hang':
      return same({ before: ['hang'] });
    case 'stall':
      return same(sse(...behaviour.pieces.map(text), 'hang' as Action));
    case 'fail':
      return same(json({ error: { message: 'overloaded' } }, behaviour.status));
    case 'empty':
      return { stream: sse(finish('stop'), USAGE_CHUNK, DONE), json: whole({ content: '' }, 'stop') };
  }
}

/** Everything of a provider under test but the provider, which is to be pointed at `url`. */
export async function behavingServer(
  behaviour: Behaviour,
): Promise<Omit<ProviderUnderTest, 'provider'> & { url: string }> {
  const forms = scripts(behaviour);
  const server = await startScriptedServer((request) =>
    (JSON.parse(request.body) as { stream?: boolean }).stream ? forms.stream : forms.json,
  );
  return {
    url: server.url,
    seen: () => server.requests.length,
    cancelled: async (index) => {
      await server.arrived(index + 1);
      await server.requests[index]?.closed;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
