/** Step 1: which candidates can serve this request at all, and for each that cannot, why. */
import type { Candidate, Modality } from './catalog/candidate.ts';
import { type BindingBudget, budgetName, type TightestBudget } from './ledger/budgets.ts';
import type { PromptView } from './policy/prompt-view.ts';
import type { RouteRequest } from './request.ts';
import type { InputEstimate } from './tokens.ts';

export type RefusalCode =
  | 'not_in_pool'
  | 'denied'
  | 'no_key'
  | 'input_modality'
  | 'tool_calling'
  | 'structured_output'
  | 'context_window'
  | 'unknown_price'
  | 'budget'
  | 'circuit_open'
  | 'failed_before';

export interface Refusal {
  model: string;
  code: RefusalCode;
  /** For a person: what was missing. */
  reason: string;
  /** The budget that left too little, where the code is `budget` and the ledger said which. */
  budget?: BindingBudget;
}

/** What a request demands of a candidate, worked out once. */
export interface Requirement {
  modalities: Modality[];
  toolCalling: boolean;
  structuredOutput: boolean;
  inputTokens: number;
  outputTokens: number;
}

export interface AdmissionRules {
  requirement: Requirement;
  deny: ReadonlySet<Candidate>;
  /** Why the candidate cannot be called at all (no key), or `undefined` if it can. */
  unusable(candidate: Candidate): string | undefined;
  /** Whether its circuit breaker lets calls through. */
  circuitOpen(candidate: Candidate): boolean;
  /** The tightest budget; `undefined` where none bounds this request. */
  budget: TightestBudget | undefined;
  /** Worst case of a call in USD; `undefined` where the price is unknown. */
  worstCaseUsd(candidate: Candidate): number | undefined;
}

/** Without a stated output limit this much room is kept in the context window for the answer. */
const ANSWER_ROOM_TOKENS = 1_024;

export function requirementOf(request: RouteRequest, view: PromptView, input: InputEstimate): Requirement {
  const modalities: Modality[] = [];
  if (view.images > 0) modalities.push('image');
  if (view.audio > 0) modalities.push('audio');
  if (view.files > 0) modalities.push('file');
  return {
    modalities,
    toolCalling: view.tools > 0 && request.toolChoice !== 'none',
    structuredOutput: request.responseFormat?.type === 'json_schema',
    inputTokens: input.highTokens,
    outputTokens: request.maxOutputTokens ?? ANSWER_ROOM_TOKENS,
  };
}

export function admit(
  candidates: readonly Candidate[],
  rules: AdmissionRules,
): { admitted: Candidate[]; refusals: Refusal[] } {
  const admitted: Candidate[] = [];
  const refusals: Refusal[] = [];
  for (const candidate of candidates) {
    const refusal = refuse(candidate, rules);
    if (!refusal) {
      admitted.push(candidate);
      continue;
    }
    const [code, reason] = refusal;
    const budget = code === 'budget' ? rules.budget : undefined;
    refusals.push({ model: candidate.id, code, reason, ...(budget && { budget }) });
  }
  return { admitted, refusals };
}

function refuse(candidate: Candidate, rules: AdmissionRules): [RefusalCode, string] | undefined {
  const { requirement } = rules;
  if (rules.deny.has(candidate)) return ['denied', 'it is on the deny list'];
  const unusable = rules.unusable(candidate);
  if (unusable) return ['no_key', unusable];
  for (const modality of requirement.modalities) {
    if (!candidate.input.includes(modality)) return ['input_modality', `it does not take ${modality} input`];
  }
  if (requirement.toolCalling && !candidate.toolCalling) {
    return ['tool_calling', candidate.toolCalling === false ? 'it cannot call tools' : UNKNOWN.tools];
  }
  if (requirement.structuredOutput && !candidate.structuredOutput) {
    return [
      'structured_output',
      candidate.structuredOutput === false ? 'it cannot answer by a JSON schema' : UNKNOWN.schema,
    ];
  }
  const { contextTokens } = candidate;
  const neededTokens =
    requirement.inputTokens +
    Math.min(requirement.outputTokens, candidate.maxOutputTokens ?? requirement.outputTokens);
  if (contextTokens !== undefined && neededTokens > contextTokens) {
    return [
      'context_window',
      `its context window holds ${contextTokens} tokens, the request may need ${neededTokens}`,
    ];
  }
  if (rules.circuitOpen(candidate)) {
    return ['circuit_open', 'it failed repeatedly a moment ago and is left alone for now'];
  }
  if (rules.budget) {
    const worstUsd = rules.worstCaseUsd(candidate);
    if (worstUsd === undefined) return ['unknown_price', 'its price is unknown and a budget is set'];
    if (worstUsd > 0 && worstUsd > rules.budget.leftUsd) {
      return [
        'budget',
        `it may cost up to ${formatUsd(worstUsd)} and the ${budgetName(rules.budget)} has ` +
          `${formatUsd(Math.max(0, rules.budget.leftUsd))} left`,
      ];
    }
  }
  return undefined;
}

const UNKNOWN = {
  tools: 'whether it can call tools is unknown; set toolCalling on the model in the configuration',
  schema:
    'whether it can answer by a JSON schema is unknown; set structuredOutput on the model in the configuration',
};

/** Refusals in the order in which they are nearest to admission: what the user can change first. */
const NEAREST: readonly RefusalCode[] = [
  'budget',
  'unknown_price',
  'circuit_open',
  'failed_before',
  'context_window',
  'structured_output',
  'tool_calling',
  'input_modality',
  'no_key',
  'denied',
  'not_in_pool',
];

/** One sentence that names, for the nearest candidates, what was missing. */
export function explainRefusals(refusals: readonly Refusal[], most = 3): string {
  if (refusals.length === 0) return 'the pool is empty';
  const sorted = [...refusals].sort((a, b) => NEAREST.indexOf(a.code) - NEAREST.indexOf(b.code));
  const named = sorted.slice(0, most).map(({ model, reason }) => `${model}: ${reason.replace(/\.$/, '')}`);
  const rest = sorted.length - named.length;
  return named.join('; ') + (rest > 0 ? `; and ${rest} more` : '');
}

/** USD for people: cents where that says enough, more digits where it does not. */
export function formatUsd(usd: number): string {
  if (usd === 0) return '$0';
  return usd >= 0.1 ? `$${usd.toFixed(2)}` : `$${usd.toFixed(Math.min(9, 2 - Math.floor(Math.log10(usd))))}`;
}
