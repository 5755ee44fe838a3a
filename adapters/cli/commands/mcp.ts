/** `xrouter mcp`: the router as an MCP server. */
import { randomBytes } from 'node:crypto';
import { Command, InvalidArgumentError } from 'commander';
import { isLoopback } from '../../http-guards.ts';
import {
  guardStdout,
  type HttpServing,
  type McpOptions,
  serveHttp,
  serveRecording,
  serveStdio,
} from '../../mcp/index.ts';
import { atLeastZero, CONFIG, LAB, LEDGER, list, POLICY, wholeFrom } from '../flags.ts';
import { fail, say, UsageError, version } from '../output.ts';
import { openCallingRouter, type RouterFlags } from '../setup.ts';

interface McpFlags extends RouterFlags {
  approveAbove?: number;
  maxUsd?: number;
  maxInFlight?: number;
  wait?: number;
  http?: boolean;
  port: number;
  host: string;
  allowHost?: string[];
  tokenEnv: string;
  replay?: string;
}

export function command(): Command {
  return new Command('mcp')
    .description('Serves the router to MCP clients, over standard input and output.')
    .option(...POLICY)
    .option(...CONFIG)
    .option(...LAB)
    .option(...LEDGER)
    .option('--approve-above <usd>', 'calls that may cost more need the approval of a person', atLeastZero)
    .option('--max-usd <usd>', 'most that all calls of this server may cost together', atLeastZero)
    .option('--max-in-flight <number>', 'most calls under way at once; default 32', wholeFrom(1, 10_000))
    .option('--wait <seconds>', 'a tool answers within this time, if only "running"; default 45', seconds)
    .option('--http', 'serve over HTTP instead, with the tool call_model')
    .option('--port <number>', 'with --http: port to listen on, 0 for a free one', wholeFrom(0, 65_535), 7331)
    .option('--host <address>', 'with --http: address to listen on', '127.0.0.1')
    .option('--allow-host <a,b>', 'with --http: further names by which clients call this server', list)
    .option('--token-env <variable>', 'with --http: variable that holds the token', 'XROUTER_MCP_TOKEN')
    .option('--replay <file>', 'with --http: call_model from a recording of "export verl"; nothing is spent')
    .action(async (flags: McpFlags) => {
      const stdout = guardStdout();
      try {
        const token = flags.http ? tokenOf(flags) : undefined;
        if (flags.replay !== undefined) {
          if (!token) throw new UsageError('--replay goes with --http.');
          await untilInterrupted(await openRecording(flags.replay, flags, token), token, flags);
          process.exit();
        }
        const { router, close } = await openCallingRouter(flags);
        try {
          if (token) {
            const options = { ...optionsOf(flags), ...addressOf(flags), token: token.value };
            await untilInterrupted(await serveHttp(router, options), token, flags);
          } else await serveStdio(router, stdout, optionsOf(flags));
        } finally {
          await close();
        }
      } catch (error) {
        fail(error);
        if (error instanceof UsageError) process.exitCode = 2;
      }
      // An open standard input or an idle connection must not keep a server without a client.
      process.exit();
    });
}

function optionsOf({ approveAbove, maxUsd, maxInFlight, wait }: McpFlags): McpOptions {
  const waitMs = wait && wait * 1_000;
  return { version: version(), approveAboveUsd: approveAbove, maxUsd, maxInFlight, waitMs };
}

interface Token {
  value: string;
  generated: boolean;
}

/** The token of the environment, else a new one, which opens no more than this machine. */
function tokenOf({ tokenEnv, host }: McpFlags): Token {
  const value = process.env[tokenEnv];
  if (value) return { value, generated: false };
  if (!isLoopback(host)) {
    throw new UsageError(
      `--host ${host} is open to other machines. Set ${tokenEnv} to a token of your own first.`,
    );
  }
  return { value: randomBytes(32).toString('base64url'), generated: true };
}

function addressOf({ host, port, allowHost: allowedHosts }: McpFlags) {
  return { host, port, allowedHosts };
}

async function openRecording(path: string, flags: McpFlags, token: Token): Promise<HttpServing> {
  const { Recording } = await import('../../../src/learn/index.ts');
  const recording = await Recording.read(path);
  say(`${path} answers, not the providers: ${recording.size} calls of ${recording.models.size} models.`);
  return serveRecording(recording, { ...addressOf(flags), version: version(), token: token.value });
}

async function untilInterrupted(serving: HttpServing, token: Token, flags: McpFlags): Promise<void> {
  say(`MCP at ${serving.url}`);
  say(token.generated ? `token: ${token.value}` : `token: that of ${flags.tokenEnv}`);
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve);
    process.once('SIGTERM', resolve);
  });
  await serving.close();
}

function seconds(value: string): number {
  const number = atLeastZero(value);
  if (number === 0) throw new InvalidArgumentError('It must be more than 0.');
  return number;
}
