/** `xrouter mcp`: the router as an MCP server. */
import { Command, InvalidArgumentError } from 'commander';
import { guardStdout, serveStdio } from '../../mcp/index.ts';
import { fail, version } from '../output.ts';
import { atLeastZero, openCallingRouter, type RouterFlags } from '../setup.ts';

interface McpFlags extends RouterFlags {
  approveAbove?: number;
  wait?: number;
}

export function command(): Command {
  return new Command('mcp')
    .description('Serves the router to MCP clients, over standard input and output.')
    .option('--policy <name|file>', 'a trained policy, or benchmark, cheapest, strongest')
    .option('--config <file>', 'configuration file; default: xrouter.config.* of this folder')
    .option('--lab', 'call the offline sandbox instead of the providers')
    .option('--ledger <file>', 'where the account is kept; default: one file for all your programs')
    .option('--approve-above <usd>', 'calls that may cost more need the approval of a person', atLeastZero)
    .option('--wait <seconds>', 'a tool answers within this time, if only "running"; default 45', seconds)
    .action(async (flags: McpFlags) => {
      const stdout = guardStdout();
      try {
        const { router, close } = await openCallingRouter(flags);
        await serveStdio(router, stdout, {
          version: version(),
          approveAboveUsd: flags.approveAbove,
          waitMs: flags.wait && flags.wait * 1_000,
        });
        await close();
      } catch (error) {
        fail(error);
      }
      // An open standard input or an idle connection must not keep a server without a client.
      process.exit();
    });
}

function seconds(value: string): number {
  const number = atLeastZero(value);
  if (number === 0) throw new InvalidArgumentError('It must be more than 0.');
  return number;
}
