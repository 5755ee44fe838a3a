/** `xrouter export`: what was learned from, in the form other software trains on. One file for each form. */
import { Command } from 'commander';
import { exportVerlCommand } from './export-verl.ts';

export function command(): Command {
  return new Command('export')
    .description('Writes data in the form other software trains on.')
    .addCommand(exportVerlCommand());
}
