/** How text fits a terminal: its width, and what it can show. */

/** Columns of a terminal; `undefined` where nobody watches, and lines are as long as they are. */
export function columnsOf(stream: NodeJS.WriteStream): number | undefined {
  return stream.isTTY ? stream.columns || undefined : undefined;
}

/** Lines of at most `width` characters where words allow it; those after the first begin with `indent`. */
export function wrap(text: string, width: number, indent = ''): string {
  const lines: string[] = [];
  let rest = text;
  while (rest.length > width) {
    const start = rest.search(/\S/);
    const before = rest.lastIndexOf(' ', width);
    const at = before > start ? before : rest.indexOf(' ', start);
    if (at <= start) break;
    lines.push(rest.slice(0, at).trimEnd());
    rest = indent + rest.slice(at).trimStart();
  }
  return [...lines, rest].join('\n');
}

/** `1 row`, `2 rows`. */
export function counted(count: number, one: string, several = `${one}s`): string {
  return `${count} ${count === 1 ? one : several}`;
}

/** Names come from other people's files and servers: no control characters reach the terminal. */
export function printable(text: string): string {
  return text.replace(/(?![\n\t])\p{C}/gu, '�');
}

/** A model's answer: nothing in it steers a terminal. In a pipe it is what it is. */
export function answerFor(stream: Pick<NodeJS.WriteStream, 'isTTY'>, text: string): string {
  return stream.isTTY ? text.replace(/\r(?!\n)|[^\P{Cc}\r\n\t]/gu, '�') : text;
}

const PLAIN: Record<string, string> = { '±': '+-', '…': '.', '�': '?', '’': "'" };

/** What we write ourselves, for a terminal that says it does not show Unicode. */
export function shown(text: string, env: NodeJS.ProcessEnv = process.env): string {
  const locale = env.LC_ALL || env.LC_CTYPE || env.LANG || 'UTF-8';
  return /utf-?8/i.test(locale) ? text : text.replace(/[±…�’]/g, (character) => PLAIN[character]!);
}
