/** `xrouter export`: outcomes in the form that training reads: logged requests, and tables for other trainers. */
import { Command, InvalidArgumentError } from 'commander';
import { exportVerl } from '../../../src/learn/index.ts';
import { printJson, say } from '../output.ts';
import { episodesCommand } from './export-episodes.ts';

interface VerlFlags {
  table: string[];
  out: string;
  seed: number;
  versions: number;
  lambda?: number[];
  priceSpread: number;
  json?: boolean;
}

export function command(): Command {
  const command = new Command('export').description('outcomes in the form that training reads');
  command.addCommand(episodesCommand());
  command
    .command('verl')
    .description('the data set and tool configuration for training a router model on verl')
    .requiredOption('--table <file>', 'outcome table; may be given several times', collect, [])
    .requiredOption('--out <dir>', 'folder to write')
    .option('--seed <number>', 'what everything drawn comes from', wholeNumber, 1)
    .option(
      '--versions <number>',
      'versions of each prompt, each with its own pool and prices',
      wholeNumber,
      2,
    )
    .option('--lambda <a,b>', 'cost sensitivities to draw from', numbers)
    .option(
      '--price-spread <factor>',
      'prices vary from 1/factor to factor times the recorded ones',
      number,
      4,
    )
    .option('--json', 'print one JSON document')
    .action(async ({ table, out, json, lambda, ...options }: VerlFlags) => {
      const done = await exportVerl(table, out, { ...options, ...(lambda && { lambdas: lambda }) });
      if (json) printJson(done);
      else
        say(`${out}: ${done.train} rows to train on, ${done.validation} to validate, ${done.models} models.`);
    });
  return command;
}

function collect(value: string, previous: string[]): string[] {
  return [...previous, value];
}

function number(text: string): number {
  const value = Number(text);
  if (text.trim() !== '' && Number.isFinite(value) && value >= 1) return value;
  throw new InvalidArgumentError('Give a number of at least 1.');
}

function wholeNumber(text: string): number {
  const value = number(text);
  if (Number.isInteger(value)) return value;
  throw new InvalidArgumentError('Give a whole number of at least 1.');
}

function numbers(text: string): number[] {
  const values = text.split(',').map(Number);
  if (values.every((value) => Number.isFinite(value) && value >= 0)) return values;
  throw new InvalidArgumentError('Give numbers of at least 0, separated by commas.');
}
