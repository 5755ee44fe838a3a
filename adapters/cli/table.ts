/** Plain tables for a terminal. */
import { formatUsd } from '../../src/index.ts';
import { wrap } from './terminal.ts';

/**
 * Columns padded to their widest cell; the first is a name, the others are numbers and stand right. Where that is
 * wider than the terminal each row is a paragraph.
 */
export function table(head: string[], rows: string[][], width = Number.POSITIVE_INFINITY): string {
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  if (widths.reduce((sum, one) => sum + one + GAP.length, -GAP.length) > width)
    return stacked(head, rows, width);
  const line = (cells: string[]) =>
    cells
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!)))
      .join(GAP)
      .trimEnd();
  return [line(head), line(widths.map((one) => '-'.repeat(one))), ...rows.map(line)].join('\n');
}

const GAP = '  ';

/** A column without a title belongs to the one before. */
function stacked(head: string[], rows: string[][], width: number): string {
  const paragraphs = rows.map(([name = '', ...cells]) => {
    let text = '';
    cells.forEach((cell, i) => {
      const title = head[i + 1]!;
      if (cell !== '') text += title === '' ? ` ${cell}` : `${text === '' ? '' : ', '}${title} ${cell}`;
    });
    return `${name}\n${wrap(`  ${text}`, width, '  ')}`.trimEnd();
  });
  return (head[0] ? [`${head[0]}:`, ...paragraphs] : paragraphs).join('\n');
}

export function usd(amount: number | undefined): string {
  return amount === undefined ? 'unknown' : formatUsd(amount);
}

export function percent(share: number | undefined): string {
  return share === undefined ? '' : `${(share * 100).toFixed(1)} %`;
}
