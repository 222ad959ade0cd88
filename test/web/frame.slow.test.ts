// The frame of the page: what it weighs, what it may, and where it works.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { expectNoSidewaysScroll, violations, withBrowser } from './browser.ts';

const { served, look } = withBrowser();
const built = fileURLToPath(new URL('../../dist/page', import.meta.url));
const machine = 'examples/arm64-virt-smmuv3';

/** A file of the page by its path. */
function fileOf(path: string): Buffer {
  return readFileSync(join(built, path));
}

/** Serve the page in two folders, as any server of files does. */
async function onFileServer(
  file: (path: string) => Buffer,
  use: (url: string) => Promise<void>,
): Promise<void> {
  const types = { html: 'text/html', js: 'text/javascript', css: 'text/css' } as const;
  const server = createServer(({ url = '' }, response) => {
    const [asked = ''] = url.split('?');
    const path = asked.replace(/^\/(some\/folder|other)\//, '').replace(/^$/, 'index.html');
    const type = types[path.split('.').at(-1) as keyof typeof types] ?? 'application/octet-stream';
    try {
      const content = file(path);
      response.writeHead(200, { 'Content-Type': type }).end(content);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const address = server.address();
    await use(`http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}/`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Wait until the browser has a copy of the page. */
async function offlineCopy(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const { active } = await navigator.serviceWorker.ready;
    while (active?.state !== 'activated') await new Promise((resolve) => setTimeout(resolve, 20));
  });
}

describe('the start page', () => {
  test.each([
    [400, false],
    [400, true],
    [1280, false],
    [1280, true],
  ])(
    'at %d pixels, dark %s, has nothing that axe or the browser complains about',
    async (width, dark) => {
      const { page, complaints } = await look(await served(), '', { width, dark });
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await violations(page)).toEqual([]);
      await expectNoSidewaysScroll(page);
      expect(complaints).toEqual([]);
    },
  );

  test('weighs less than 300 kB, compressed, before somebody touches anything', async () => {
    const { page } = await look(await served());
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(500);
    const names = (await page.evaluate(() => [
      location.href,
      ...performance.getEntriesByType('resource').map(({ name }) => name),
    ])) as string[];
    const folder = new URL('.', names[0] ?? '').pathname;
    const files = names.map((name) => new URL(name).pathname.slice(folder.length) || 'index.html');
    expect(files).toContain('index.html');
    expect(files.some((name) => name.endsWith('.js'))).toBe(true);
    const weight = files.reduce(
      (sum, name) => sum + gzipSync(readFileSync(join(built, name))).length,
      0,
    );
    expect(weight).toBeLessThan(300_000);
  });

  test('opens an example', async () => {
    const { page, complaints } = await look(await served());
    await page.getByRole('link', { name: /Devicetree, SMMUv3/ }).click();
    await page.getByRole('heading', { name: /Devicetree/ }).waitFor();
    expect(page.url()).toContain('#machine?from=example%2Farm64-virt-smmuv3');
    expect(complaints).toEqual([]);
  });
});

describe('what cannot be read', () => {
  test('says why, as the terminal does', async () => {
    const { page } = await look(await served());
    const name = 'bad‮<img src=x onerror=alert(1)>.dtb';
    const buffer = Buffer.from(readFileSync(join(machine, 'machine.dtb')).subarray(0, 100));
    await page.getByLabel('Choose files').setInputFiles({ name, mimeType: '', buffer });
    const said = await page.getByRole('alert').filter({ hasText: 'bad' }).textContent();
    expect(said).toContain('<img src=x onerror=alert(1)>.dtb');
    expect(said).not.toContain('‮');
    expect(said).toMatch(/expected .*found/);
    expect(await page.locator('img').count()).toBe(0);
  });

  test('a link to a machine that is not there says so', async () => {
    const { page } = await look(await served(), '#machine?from=example%2Fnone');
    await page.getByRole('alert').filter({ hasText: 'example/none' }).waitFor();
  });
});

describe('what it is served by', () => {
  test('shows the machine that it was given', async () => {
    const { page, complaints } = await look(await served(machine), '#machine');
    await page.getByRole('heading', { name: /Devicetree/ }).waitFor();
    expect(complaints).toEqual([]);
  });

  test('is not begun for what cannot be read', () => {
    const run = spawnSync(process.execPath, ['dist/cli/main.js', 'page', 'package.json'], {
      encoding: 'utf8',
      timeout: 20_000,
    });
    expect(run.status).toBe(2);
    expect(run.stdout).toBe('');
    expect(run.stderr).toMatch(/^fwspec: package.json: .*expected/);
  });

  test('answers nobody who does not know the folder, nor under another name, nor for another file', async () => {
    const url = new URL(await served());
    const status = async (path: string, init: RequestInit = {}): Promise<number> =>
      (await fetch(new URL(path, url), init)).status;
    expect(await status(url.pathname)).toBe(200);
    expect(await status('/')).toBe(404);
    expect(await status(`${url.pathname}../../package.json`)).toBe(404);
    expect(await status(`${url.pathname}%2e%2e/package.json`)).toBe(404);
    expect(await status(url.pathname, { method: 'POST' })).toBe(405);
    const { request } = await import('node:http');
    const other = await new Promise((resolve) => {
      request(url, { headers: { host: 'evil.example' } }, ({ statusCode }) =>
        resolve(statusCode),
      ).end();
    });
    expect(other).toBe(404);
  });

  test('may be any file server, in any folder', async () => {
    await onFileServer(fileOf, async (url) => {
      const { page, complaints } = await look(
        `${url}some/folder/`,
        '#machine?from=example%2Fvtd-switch',
      );
      await page.getByRole('heading', { name: /ACPI/ }).waitFor();
      expect(complaints).toEqual([]);
    });
  });

  test('may change to another version: who has the page open goes on, a reload takes the new one', async () => {
    let isNew = false;
    const replaced = (path: string): Buffer => {
      const file = fileOf(path);
      if (!isNew) return file;
      if (path.startsWith('assets/')) throw new Error('it is called differently now');
      const text = file.toString('utf8');
      if (path === 'offline.js')
        return Buffer.from(
          text
            .replace(/[0-9a-f]{16}"/, 'new"')
            .replace(/^const files = .*/m, 'const files = ["./"]'),
        );
      return Buffer.from(text.replace('<html', '<html data-version="new"'));
    };
    await onFileServer(replaced, async (url) => {
      const folders = [`${url}some/folder/`, `${url}other/`];
      const { page } = await look(folders[0] ?? '');
      for (const folder of folders) {
        await page.goto(folder);
        await page.getByRole('heading', { level: 1 }).click();
        await offlineCopy(page);
      }
      await page.goto(folders[0] ?? '');
      await page.getByRole('heading', { level: 1 }).waitFor();
      isNew = true;
      await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.ready;
        const changed = new Promise((resolve) => {
          navigator.serviceWorker.oncontrollerchange = resolve;
        });
        await registration.update();
        await changed;
      });
      await offlineCopy(page);
      await page.getByRole('link', { name: 'Races', exact: true }).click();
      await page.getByRole('button', { name: 'Explore' }).waitFor();
      await page.reload();
      expect(await page.locator('html').getAttribute('data-version')).toBe('new');
      // What is in another folder is not touched by it.
      await page.context().setOffline(true);
      await page.goto(folders[1] ?? '');
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.locator('html').getAttribute('data-version')).toBeNull();
    });
  });

  test('is not needed any more after the first touch', async () => {
    const { page } = await look(await served());
    await page.getByRole('heading', { level: 1 }).click();
    await offlineCopy(page);
    await page.context().setOffline(true);
    await page.reload();
    await page.getByRole('link', { name: /Intel VT-d/ }).click();
    await page.getByRole('heading', { name: /ACPI/ }).waitFor();
  });
});
