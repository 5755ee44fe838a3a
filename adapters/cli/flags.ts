/** Flags that several commands have in the same words, and readers of values; each says what it wants. */
import { InvalidArgumentError } from 'commander';
import { MOST_LAMBDA } from '../../src/index.ts';
import { realPath } from './output.ts';

export const CONFIG = [
  '--config <file>',
  'configuration file; default: xrouter.config.* of this folder',
] as const;
export const POLICY = [
  '--policy <name|file>',
  'a trained policy, or benchmark, cheapest, strongest',
] as const;
export const JSON_DOCUMENT = ['--json', 'print one JSON document'] as const;
export const LAB = ['--lab', 'call the offline sandbox instead of the providers'] as const;
export const LEDGER = [
  '--ledger <file>',
  'where the account is kept; default: one file for all your programs',
] as const;

/** Names with commas between, each once: a model that is named twice is no second one to call. */
export function list(value: string): string[] {
  const items = value
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
  if (items.length === 0) throw new InvalidArgumentError('Name at least one, separated by commas.');
  return [...new Set(items)];
}

/** A file, of a flag that may be given several times. */
export function repeated(value: string, before: string[] = []): string[] {
  // Its rows would count twice, and stand on both sides where a part is kept back to check by.
  if (before.some((one) => realPath(one) === realPath(value)))
    throw new InvalidArgumentError('It is given twice.');
  return [...before, value];
}

export function atLeastZero(value: string): number {
  const number = Number(value);
  if (value.trim() === '' || !Number.isFinite(number) || number < 0)
    throw new InvalidArgumentError('It must be a number, 0 or more.');
  return number;
}

export function probability(value: string): number {
  const number = atLeastZero(value);
  if (number > 1) throw new InvalidArgumentError('It must be a number from 0 to 1.');
  return number;
}

/** A cost sensitivity. */
export function lambda(value: string): number {
  const number = atLeastZero(value);
  if (number > MOST_LAMBDA) throw new InvalidArgumentError(`It must be at most ${MOST_LAMBDA}.`);
  return number;
}

/** Cost sensitivities with commas between, each once. */
export function lambdas(value: string): number[] {
  return [...new Set(value.split(',').map(lambda))];
}

/** A reader of whole numbers, both bounds included. */
export function wholeFrom(least: number, most = Number.MAX_SAFE_INTEGER): (value: string) => number {
  const bounds = most === Number.MAX_SAFE_INTEGER ? `, ${least} or more` : ` from ${least} to ${most}`;
  return (value) => {
    const number = Number(value);
    if (value.trim() !== '' && Number.isInteger(number) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`It must be a whole number${bounds}.`);
  };
}
