/** Debian's Chromium without a window, driven by the DevTools protocol over a WebSocket of its own. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CHROMIUM = '/usr/bin/chromium';
export const hasBrowser = existsSync(CHROMIUM);

const FLAGS = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--disable-dev-shm-usage',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--hide-scrollbars',
  '--remote-debugging-port=0',
];

export interface Look {
  width: number;
  scheme: 'light' | 'dark';
  media?: 'screen' | 'print';
}

export interface Page {
  /** Problems the page reported: exceptions, console errors, refused content; and every request but the page's own. */
  problems: string[];
  requests: string[];
  evaluate<T>(expression: string): Promise<T>;
  /** The whole page as PNG. */
  screenshot(): Promise<Buffer>;
  close(): Promise<void>;
}

export interface Browser {
  open(url: string, look: Look): Promise<Page>;
  close(): Promise<void>;
}

interface Message {
  id?: number;
  method?: string;
  sessionId?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: { message: string };
}

export async function startBrowser(): Promise<Browser> {
  const profile = mkdtempSync(join(tmpdir(), 'chromium-'));
  const child = spawn(CHROMIUM, [...FLAGS, `--user-data-dir=${profile}`, 'about:blank'], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const exited = new Promise<void>((done) => child.once('exit', () => done()));
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (data) => {
      text += data;
      const found = /DevTools listening on (ws:\S+)/.exec(text);
      if (found) resolve(found[1]!);
    });
    exited.then(() => reject(new Error(`Chromium ended: ${text}`)));
  });
  const socket = new WebSocket(url);
  await new Promise((done, failed) => {
    socket.onopen = done;
    socket.onerror = failed;
  });
  const waiting = new Map<number, (message: Message) => void>();
  const listeners = new Set<(message: Message) => void>();
  socket.onmessage = ({ data }) => {
    const message: Message = JSON.parse(String(data));
    if (message.id !== undefined) waiting.get(message.id)?.(message);
    else for (const listener of listeners) listener(message);
  };
  let next = 0;
  const send = (method: string, params: object = {}, sessionId?: string) =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      const id = ++next;
      waiting.set(id, ({ result, error }) => {
        waiting.delete(id);
        if (error) reject(new Error(`${method}: ${error.message}`));
        else resolve(result ?? {});
      });
      socket.send(JSON.stringify({ id, method, params, sessionId }));
    });

  return {
    async open(address, look) {
      const { targetId } = await send('Target.createTarget', { url: 'about:blank' });
      const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
      const ask = (method: string, params?: object) => send(method, params, sessionId as string);
      const problems: string[] = [];
      const requests: string[] = [];
      let loaded = () => {};
      const listener = ({ method, params = {}, sessionId: from }: Message) => {
        if (from !== sessionId) return;
        if (method === 'Page.loadEventFired') loaded();
        if (method === 'Runtime.exceptionThrown') problems.push(JSON.stringify(params.exceptionDetails));
        if (method === 'Log.entryAdded') problems.push((params.entry as { text: string }).text);
        if (method === 'Runtime.consoleAPICalled') problems.push(JSON.stringify(params.args));
        if (method === 'Network.requestWillBeSent') {
          const { url: to } = params.request as { url: string };
          if (to !== address && !to.startsWith('data:')) requests.push(to);
        }
      };
      listeners.add(listener);
      for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await ask(`${domain}.enable`);
      const { width, scheme, media = 'screen' } = look;
      const mobile = width < 600;
      await ask('Emulation.setDeviceMetricsOverride', { width, height: 900, deviceScaleFactor: 1, mobile });
      await ask('Emulation.setEmulatedMedia', {
        media,
        features: [{ name: 'prefers-color-scheme', value: scheme }],
      });
      const load = new Promise<void>((done) => {
        loaded = done;
      });
      await ask('Page.navigate', { url: address });
      await load;
      return {
        problems,
        requests,
        async evaluate<T>(expression: string) {
          const { result, exceptionDetails } = (await ask('Runtime.evaluate', {
            expression,
            returnByValue: true,
            awaitPromise: true,
          })) as { result: { value: T }; exceptionDetails?: object };
          if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
          return result.value;
        },
        async screenshot() {
          const { data } = await ask('Page.captureScreenshot', { captureBeyondViewport: true });
          return Buffer.from(data as string, 'base64');
        },
        async close() {
          listeners.delete(listener);
          await send('Target.closeTarget', { targetId });
        },
      };
    },
    async close() {
      // It may be gone before it answers.
      send('Browser.close').catch(() => {});
      await exited;
      socket.close();
      rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
    },
  };
}

/** In a page: the least contrast of a text with what is behind it (WCAG 2), and which text it is. */
export const LEAST_CONTRAST = `(() => {
  const light = (color) => {
    const [r, g, b] = color.match(/[\\d.]+/g).slice(0, 3).map((x) => x / 255)
      .map((x) => x <= 0.04045 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (!/, 0\\)$/.test(color)) return color;
    }
  };
  let least = [99];
  for (const node of document.querySelectorAll('p, li, dt, dd, small, th, td, h1, h2, h3, h4, summary, button, span, time, caption, figcaption, pre, strong, svg text')) {
    if (!node.textContent.trim() || node.getBoundingClientRect().width === 0) continue;
    const style = getComputedStyle(node);
    const [a, b] = [light(node.closest('svg') ? style.fill : style.color), light(behind(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < least[0]) least = [contrast, node.outerHTML.slice(0, 200)];
  }
  return least;
})()`;
