/** The page as one document that needs nothing else. It is put together from the files beside it, unchanged. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import type { DashboardAnswer } from './index.ts';

/** Beside this file, or, seen from the bundled command, beside where this file was compiled to. */
const PLACES = ['./page/', '../adapters/openai/dashboard/page/'];

const STYLES = ['layout.css', 'parts.css'];
/** In the order in which they need each other. */
const SCRIPTS = ['dom.js', 'words.js', 'plots.js', 'spending.js', 'models.js', 'requests.js', 'main.js'];

/** @param keyed whether the server asks for a key, so that the page does before it asks the server */
export function makePage(version: string, keyed: boolean): DashboardAnswer {
  const folder = PLACES.map((place) => new URL(place, import.meta.url)).find((url) => existsSync(url));
  const read = (name: string) => readFileSync(new URL(name, folder), 'utf8');
  const style = STYLES.map(read).join('');
  const script = SCRIPTS.map((name) => inlined(read(name))).join('\n');
  const parts: Record<string, string> = {
    '/* style */': style,
    '/* script */': script,
    '<!-- version -->': version,
    '{keyed}': String(keyed),
  };
  // By a function: what is put in may hold signs that a plain replacement would take for its own.
  const body = read('page.html').replace(
    /\/\* style \*\/|\/\* script \*\/|<!-- version -->|\{keyed\}/g,
    (place) => parts[place]!,
  );
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'cache-control': 'no-cache',
    'content-security-policy': contentPolicy(style, script),
    'cross-origin-opener-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
  };
  return { status: 200, headers, body };
}

/** The files are modules, so that tools and tests read them as such; in the page they stand one after the other. */
function inlined(module: string): string {
  return module.replace(/^import [\s\S]*?;\n/gm, '').replace(/^export /gm, '');
}

/** Nothing may be loaded but the data; the one style sheet and the one script are named by their hashes. */
function contentPolicy(style: string, script: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    "connect-src 'self'",
    'img-src data:',
    `style-src ${hash(style)}`,
    `script-src ${hash(script)}`,
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');
}
