/** `xrouter export`: outcomes in the form that training reads. One file for each form. */
import { Command } from 'commander';
import { episodesCommand } from './export-episodes.ts';
import { exportVerlCommand } from './export-verl.ts';

export function command(): Command {
  return new Command('export')
    .description('Writes outcomes in the form that training reads.')
    .addCommand(episodesCommand())
    .addCommand(exportVerlCommand());
}
