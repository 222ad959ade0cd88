// The page in Chromium, served by `fwspec page` as people have it.
import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';

const root = fileURLToPath(new URL('../..', import.meta.url));
const require = createRequire(import.meta.url);

/** Where the browser is; Debian's has no other name. */
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

export interface PageOptions {
  readonly width?: number;
  readonly height?: number;
  readonly dark?: boolean;
}

/** A page that somebody looks at, and what it complained about. */
export interface Looked {
  readonly page: Page;
  /** Errors of scripts, of the console, and requests that failed or went elsewhere. */
  readonly complaints: readonly string[];
}

/** A browser for the tests of a file, and one server for each machine that they show. */
export function withBrowser(): {
  /** What `fwspec page OPERAND...` serves, without the fragment. */
  readonly served: (...args: readonly string[]) => Promise<string>;
  /** Open an address; `hash` is the fragment. */
  readonly look: (url: string, hash?: string, options?: PageOptions) => Promise<Looked>;
} {
  let browser: Browser | null = null;
  const stops: (() => void)[] = [];
  const known = new Map<string, Promise<string>>();
  beforeAll(async () => {
    // As root, in a container, there is no sandbox of the kernel's.
    browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  });
  afterEach(async () => {
    // Each has processes of its own.
    for (const context of browser?.contexts() ?? []) await context.close();
  });
  afterAll(async () => {
    for (const stop of stops) stop();
    await browser?.close();
  });
  return {
    served: (...args) => {
      const key = JSON.stringify(args);
      const url = known.get(key) ?? start(args, stops);
      known.set(key, url);
      return url;
    },
    look: async (url, hash = '', { width = 1280, height = 800, dark = false } = {}) => {
      if (browser === null) throw new Error('there is no browser');
      const context = await browser.newContext({
        viewport: { width, height },
        colorScheme: dark ? 'dark' : 'light',
        acceptDownloads: true,
      });
      const page = await context.newPage();
      page.setDefaultTimeout(30_000);
      const complaints: string[] = [];
      page.on('pageerror', (error) => complaints.push(`error: ${error.message}`));
      page.on('console', (message) => {
        if (message.type() === 'error') complaints.push(`console: ${message.text()}`);
      });
      page.on('requestfailed', (request) => complaints.push(`failed: ${request.url()}`));
      page.on('request', (request) => {
        const { origin, protocol } = new URL(request.url());
        if (/^https?:$/.test(protocol) && origin !== new URL(url).origin)
          complaints.push(`went elsewhere: ${request.url()}`);
      });
      await page.goto(url + hash);
      return { page, complaints };
    },
  };
}

/** The address that `fwspec page` prints, with the fragment. */
export async function opened(...args: readonly string[]): Promise<string> {
  const stops: (() => void)[] = [];
  const shown = await address(args, stops);
  for (const stop of stops) stop();
  return shown;
}

async function start(args: readonly string[], stops: (() => void)[]): Promise<string> {
  const whole = await address(args, stops);
  return whole.split('#')[0] ?? '';
}

function address(args: readonly string[], stops: (() => void)[]): Promise<string> {
  const child = spawn(process.execPath, [`${root}dist/cli/main.js`, 'page', ...args], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  stops.push(() => child.kill('SIGINT'));
  return new Promise((resolve, reject) => {
    let said = '';
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.stdout.on('data', (text: Buffer) => resolve(text.toString().trim()));
    child.on('exit', () => reject(new Error(`fwspec page ended: ${said}`)));
  });
}

/** What axe has against a page, in its words; empty when nothing. */
export async function violations(page: Page): Promise<string[]> {
  const { source } = require('axe-core') as { source: string };
  await page.evaluate(source);
  const found = (await page.evaluate('axe.run()')) as {
    violations: { id: string; help: string; nodes: { html: string }[] }[];
  };
  return found.violations.map(
    ({ id, help, nodes }) =>
      `${id}: ${help}: ${nodes
        .map(({ html }) => html.slice(0, 200))
        .slice(0, 3)
        .join(' | ')}`,
  );
}

/** The page itself is never wider than the window: what is wide scrolls in a box of its own. */
export async function expectNoSidewaysScroll(page: Page): Promise<void> {
  const [whole, window] = await page.evaluate(() => [
    document.documentElement.scrollWidth,
    innerWidth,
  ]);
  expect(whole).toBeLessThanOrEqual(window ?? 0);
}
