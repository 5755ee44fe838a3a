/** HTML and SVG as text that cannot be injected into: what is put into a template is escaped unless it is markup. */

export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

type Part = Markup | string | number | undefined | false | readonly Part[];

/** Names of models and tasks are other people's text: every plain string is escaped. */
export function markup(strings: TemplateStringsArray, ...parts: Part[]): Markup {
  let text = strings[0]!;
  parts.forEach((part, at) => {
    text += render(part) + strings[at + 1]!;
  });
  return new Markup(text);
}

function render(part: Part): string {
  if (part === undefined || part === false) return '';
  if (part instanceof Markup) return part.text;
  if (typeof part === 'number') return Number.isInteger(part) ? String(part) : part.toFixed(2);
  if (typeof part === 'string') return escapeText(part);
  return part.map(render).join('');
}

/** For text and for attributes in double quotes. Control characters, which no page may hold, are replaced. */
function escapeText(text: string): string {
  return text
    .replace(/[^\P{C}\n\t]/gu, '�')
    .replace(/&/g, '&amp;')
    .replace(/</g, '&lt;')
    .replace(/>/g, '&gt;')
    .replace(/"/g, '&quot;');
}
