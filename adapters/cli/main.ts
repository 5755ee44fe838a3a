/** The command line. Each command is one file, loaded only when it is asked for, so that `route` starts fast. */
import { Command, CommanderError } from 'commander';
import { fail, surviveLostOutput, UsageError, version } from './output.ts';

interface CommandEntry {
  summary: string;
  load(): Promise<{ command(): Command }>;
}

const commands: Record<string, CommandEntry> = {
  route: {
    summary: 'decide and explain, without calling a model',
    load: () => import('./commands/route.ts'),
  },
  ask: { summary: 'decide, call, print the answer and its cost', load: () => import('./commands/ask.ts') },
  models: { summary: 'list the catalog', load: () => import('./commands/models.ts') },
  lab: { summary: 'start the offline sandbox', load: () => import('./commands/lab.ts') },
  train: { summary: 'train a policy on outcome tables', load: () => import('./commands/train.ts') },
  calibrate: {
    summary: 'add candidates to a policy from few labelled rows',
    load: () => import('./commands/calibrate.ts'),
  },
  decide: {
    summary: 'decisions of a policy for every row of a table',
    load: () => import('./commands/decide.ts'),
  },
  feedback: {
    summary: 'say how good an answer turned out to be',
    load: () => import('./commands/feedback.ts'),
  },
  promote: {
    summary: 'replace a policy by one that logged requests prove better',
    load: () => import('./commands/promote.ts'),
  },
  serve: {
    summary: 'serve the router to every client of OpenAI’s API',
    load: () => import('./commands/serve.ts'),
  },
  mcp: { summary: 'serve the router to MCP clients', load: () => import('./commands/mcp.ts') },
  replay: {
    summary: 'play a table as the environment, with a verifier that may be wrong',
    load: () => import('./commands/replay.ts'),
  },
  eval: {
    summary: 'measure a policy on an outcome table, against everything simpler',
    load: () => import('./commands/eval.ts'),
  },
  doctor: {
    summary: 'check keys, servers, prices, the policy and the ledger',
    load: () => import('./commands/doctor.ts'),
  },
  collect: {
    summary: 'measure models on tasks and write an outcome table',
    load: () => import('./commands/collect.ts'),
  },
  render: { summary: "print the served policy's prompt", load: () => import('./commands/render.ts') },
  export: { summary: 'write outcomes in a form to learn from', load: () => import('./commands/export.ts') },
  contract: {
    summary: 'fetch what a published router checkpoint was trained with',
    load: () => import('./commands/contract.ts'),
  },
};

async function main(given: string[]): Promise<void> {
  // Only a command that is loaded knows its options.
  const argv = given[0] === 'help' && given.length > 1 ? [...given.slice(1), '--help'] : given;
  if (argv.length === 0) {
    (await programFor(argv)).outputHelp({ error: true });
    process.exitCode = 2;
    return;
  }
  let said = '';
  const program = await programFor(argv);
  for (const command of withChildren(program))
    command.configureOutput({ writeErr: (text) => (said += text) });
  try {
    await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError && error.code === MISSING) await rehearse(argv);
    process.stderr.write(said);
    throw error;
  }
}

async function programFor(argv: string[]): Promise<Command> {
  const program = new Command('xrouter')
    .description('Decides which language model answers each request, and what it cost.')
    .version(version())
    .exitOverride()
    .showHelpAfterError('(run with --help for the options)');
  const name = argv.find((argument) => !argument.startsWith('-'));
  const entry = name === undefined ? undefined : commands[name];
  if (entry) {
    const command = (await entry.load()).command();
    program.addCommand(command.exitOverride());
    for (const child of command.commands) child.exitOverride();
  } else {
    for (const [key, { summary }] of Object.entries(commands)) program.command(key).description(summary);
  }
  return program;
}

function withChildren(command: Command): Command[] {
  return [command, ...command.commands.flatMap(withChildren)];
}

const MISSING = 'commander.missingMandatoryOptionValue';

/**
 * Commander looks for the options that must be there before those that it does not know, and so says of a mistyped one
 * only that it is missing. Where none must be there it names what was typed.
 * @throws CommanderError that names it
 */
async function rehearse(argv: string[]): Promise<void> {
  const program = await programFor(argv);
  for (const command of withChildren(program)) {
    for (const option of command.options) option.makeOptionMandatory(false);
    if (command.commands.length === 0) command.action(() => {});
  }
  await program.parseAsync(argv, { from: 'user' });
}

surviveLostOutput();
try {
  await main(process.argv.slice(2));
} catch (error) {
  if (error instanceof CommanderError) {
    // Commander has printed what is wrong; help and version are not errors.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
  } else {
    fail(error);
    if (error instanceof UsageError) process.exitCode = 2;
  }
}
