/** Fault rules: which requests misbehave. Checked with zod, so that a mistake names the rule and the field. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { XrouterError } from '../errors.ts';
import { type FaultMode, type FaultName, faultInfo, faultNames } from './fault-list.ts';
import { unit } from './random.ts';

export interface Fault {
  name: FaultName;
  /** The number after the colon; its meaning is in `faultNames`. */
  arg?: number;
}

const names = Object.keys(faultNames) as FaultName[];

const faultText = z.string().transform((text, context): Fault => {
  const fault = parseFault(text);
  if (fault) return fault;
  context.addIssue({ code: 'custom', message: unknownFault(text) });
  return z.NEVER;
});
const faultObject = z.strictObject({
  name: z.enum(names, { error: (issue) => unknownFault(String(issue.input)) }),
  arg: z.number().nonnegative().optional(),
});

const ruleSchema = z
  .strictObject({
    /** Candidate id, or name on the wire. */
    model: z.string().optional(),
    provider: z.string().optional(),
    /** The how-manieth request that the rest of the rule matches, from 1; or several of them. */
    nth: z.union([z.int().min(1), z.array(z.int().min(1)).min(1)]).optional(),
    /** Drawn for each request by the lab's seed. */
    probability: z.number().min(0).max(1).optional(),
    /** Text in the human's last message. */
    promptContains: z.string().min(1).optional(),
    fault: z.union([faultText, faultObject]),
    /** Strikes at most so often. */
    times: z.int().min(1).optional(),
  })
  .refine((rule) => rule.nth === undefined || rule.probability === undefined, {
    path: ['nth'],
    message: 'give nth or probability, not both',
  });

/** One rule of a fault script; `fault` is `NAME`, `NAME:ARG` or an object. */
export type FaultRule = z.input<typeof ruleSchema>;
type ParsedRule = z.output<typeof ruleSchema>;

/** `NAME[:ARG]`, as in the header `x-lab-fault` and in the marker `[[lab:NAME]]`. */
export function parseFault(text: string): Fault | undefined {
  const [name = '', arg, ...rest] = text.trim().split(':');
  if (!Object.hasOwn(faultNames, name) || rest.length > 0) return undefined;
  if (arg === undefined) return { name: name as FaultName };
  const value = Number(arg);
  return arg.trim() !== '' && value >= 0 ? { name: name as FaultName, arg: value } : undefined;
}

export function unknownFault(text: string): string {
  return `"${text}" is no fault; write NAME or NAME:NUMBER with one of ${names.join(', ')}`;
}

/**
 * Rules from what was read from JSON: an array, or an object with the array as `faults`.
 * @throws XrouterError `invalid_config`; the message names the rule and the field
 */
export function parseFaultRules(value: unknown, from = 'the fault rules'): ParsedRule[] {
  const list = typeof value === 'object' && value !== null && 'faults' in value ? value.faults : value;
  if (!Array.isArray(list)) {
    throw new XrouterError('invalid_config', `${from}: expected an array of rules.`, {
      hint: 'Write [{"model": "...", "fault": "status-429"}].',
    });
  }
  return list.map((rule, index) => {
    const parsed = ruleSchema.safeParse(rule);
    if (parsed.success) return parsed.data;
    const problems = parsed.error.issues.map((issue) => describe(issue)).join('; ');
    throw new XrouterError('invalid_config', `${from}, rule ${index + 1}: ${problems}.`, {
      hint: 'A rule has fault, and may have model, provider, promptContains, nth or probability, times.',
    });
  });
}

function describe(issue: z.core.$ZodIssue): string {
  const at = issue.path.length > 0 ? `${issue.path.join('.')}: ` : '';
  if (issue.code === 'invalid_union') {
    // The text form's own message is the helpful one; for an object it is the object's.
    const inner = issue.errors.flat().find((one) => one.code === 'custom' || one.path.length > 0);
    if (inner) return `${at}${describe(inner)}`;
  }
  return `${at}${issue.message}`;
}

/**
 * Rules from a JSON file.
 * @throws XrouterError `invalid_file` where it cannot be read, `invalid_config` where a rule is wrong
 */
export function readFaultFile(path: string): FaultRule[] {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new XrouterError(
      'invalid_file',
      `The fault file ${path} cannot be read: ${(cause as Error).message}.`,
      {
        hint: 'It must be a JSON array of rules such as {"fault": "status-429", "nth": 1}.',
        cause,
      },
    );
  }
  return parseFaultRules(value, path);
}

export interface FaultQuestion {
  provider: string;
  candidateId: string;
  model: string;
  prompt: string;
  mode: FaultMode;
  /** The header `x-lab-fault`. */
  header?: string;
  /** How many times this same request came before. */
  repeat: number;
}

/** The rules in force; may be changed while the lab runs. */
export class Faults {
  #rules: { rule: ParsedRule; matched: number; struck: number }[] = [];
  readonly #seed: number;

  constructor(seed: number, rules: FaultRule[] = []) {
    this.#seed = seed;
    this.set(rules);
  }

  /**
   * Replaces all rules; their counts start anew.
   * @throws XrouterError `invalid_config`; the rules in force then stay
   */
  set(rules: FaultRule[]): void {
    this.#rules = parseFaultRules(rules).map((rule) => ({ rule, matched: 0, struck: 0 }));
  }

  /** Adds rules behind those in force. */
  add(...rules: FaultRule[]): void {
    this.#rules.push(...parseFaultRules(rules).map((rule) => ({ rule, matched: 0, struck: 0 })));
  }

  clear(): void {
    this.#rules = [];
  }

  list(): FaultRule[] {
    return this.#rules.map(({ rule }) => structuredClone(rule));
  }

  /** The fault for a request: by header, else by a marker in the prompt, else by the first rule that strikes. */
  for(question: FaultQuestion): Fault | undefined {
    const asked = question.header ?? /\[\[lab:([^\]]+)\]\]/.exec(question.prompt)?.[1];
    if (asked !== undefined) {
      const fault = parseFault(asked);
      if (!fault) throw new XrouterError('invalid_request', unknownFault(asked));
      return applies(fault, question.mode) ? fault : undefined;
    }
    for (const [index, entry] of this.#rules.entries()) {
      const { rule } = entry;
      if (rule.model !== undefined && rule.model !== question.candidateId && rule.model !== question.model)
        continue;
      if (rule.provider !== undefined && rule.provider !== question.provider) continue;
      if (rule.promptContains !== undefined && !question.prompt.includes(rule.promptContains)) continue;
      if (!applies(rule.fault, question.mode)) continue;
      entry.matched++;
      if (rule.times !== undefined && entry.struck >= rule.times) continue;
      if (rule.nth !== undefined && ![rule.nth].flat().includes(entry.matched)) continue;
      const { candidateId, prompt, repeat } = question;
      const draw = () => unit(this.#seed, 'fault', index, candidateId, prompt, repeat);
      if (rule.probability !== undefined && draw() >= rule.probability) continue;
      entry.struck++;
      return rule.fault;
    }
    return undefined;
  }
}

function applies(fault: Fault, mode: FaultMode): boolean {
  return faultInfo(fault.name).modes.includes(mode);
}
