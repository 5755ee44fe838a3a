/** Compatibility mode: the published checkpoint's own prompt, rendered here, so that it is the same on every server. */
import type { RouterBackend } from './backend.ts';
import { type Contract, loadContract } from './contract.ts';
import { parseRouterOutput } from './parse.ts';
import { createRenderer, type Renderer } from './render.ts';
import { RouterServer } from './server.ts';
import type { RouterServerSpec } from './server-spec.ts';

/** Sampling as the training had it; a server's own defaults for Qwen2.5 are others. */
const SAMPLING = { top_p: 1, top_k: -1, min_p: 0, repetition_penalty: 1 };
const TURN_END = '<|im_end|>';

export interface CompatOptions {
  contract: string | Contract;
  /** `generate` is SGLang's own endpoint. Default `completions`, which vLLM and llama.cpp have too. */
  endpoint?: 'completions' | 'generate';
}

export function compatBackend(spec: RouterServerSpec, options: CompatOptions): RouterBackend {
  const server = new RouterServer(spec);
  let loaded: Promise<{ contract: Contract; renderer: Renderer }> | undefined;
  const load = () => {
    loaded ??= (async () => {
      const { contract: given } = options;
      const contract = typeof given === 'string' ? await loadContract(given) : given;
      return { contract, renderer: await createRenderer(contract) };
    })();
    return loaded;
  };
  return {
    knownModels: async () => (await load()).contract.models,
    selectTool: async () => (await load()).contract.selectTool.name,
    async turn(input, time) {
      const { renderer } = await load();
      const { tools } = input;
      const { query, system, turns } = input;
      const { pool, newModels } = tools;
      const prompt = renderer.render({
        pool,
        newModels,
        query,
        system,
        turns,
        select: tools.select !== undefined,
      });
      const sampling = {
        temperature: input.temperature,
        ...SAMPLING,
        stop: [TURN_END],
        skip_special_tokens: false,
      };
      const raw =
        options.endpoint === 'generate'
          ? await server.generate(prompt, { ...sampling, max_new_tokens: input.maxOutputTokens }, time)
          : await server.complete({ prompt, ...sampling, max_tokens: input.maxOutputTokens }, time);
      const output = parseRouterOutput(raw.text, (name) => tools.models.has(name) || name === tools.select);
      return { output, truncated: raw.finishReason === 'length', usage: raw.usage };
    },
  };
}
