/** `xrouter contract`: the texts a published router checkpoint was trained with, fetched and verified. */
import { Command } from 'commander';
import { pullContract, XROUTER_CONTRACT } from '../../../src/index.ts';
import { say } from '../output.ts';

interface PullOptions {
  out: string;
  code: string;
  tokenizer: string;
  systemSha256: string;
  promptSha256: string;
}

export function command(): Command {
  const contract = new Command('contract').description(
    'the contract folder of a published router checkpoint',
  );
  contract
    .command('pull')
    .description('fetch the published texts from their public homes, check their hashes, write the folder')
    .requiredOption('--out <dir>', 'folder to write')
    .option('--code <url>', 'source archive (.tar.gz)', XROUTER_CONTRACT.codeUrl)
    .option(
      '--tokenizer <url>',
      'tokenizer_config.json with the chat template',
      XROUTER_CONTRACT.tokenizerUrl,
    )
    .option('--system-sha256 <hex>', 'hash of the system prompt', XROUTER_CONTRACT.systemSha256)
    .option(
      '--prompt-sha256 <hex>',
      'hash of a prompt rendered from the folder',
      XROUTER_CONTRACT.promptSha256,
    )
    .action(async ({ out, code, tokenizer, ...hashes }: PullOptions) => {
      const models = await pullContract({ codeUrl: code, tokenizerUrl: tokenizer, ...hashes }, out);
      say(`${out}: system prompt, select tool, chat template and ${models} models, verified.`);
    });
  return contract;
}
