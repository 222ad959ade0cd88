// What somebody gives the page: files, folders, archives, by choosing or by dropping.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { unpack } from '../machine/packed-captures.ts';
import { withBrowser } from './browser.ts';

const { served, look } = withBrowser();
const name = 'x86-vtd-switch-k7.3';
const folder = mkdtempSync(join(tmpdir(), 'drop-'));
const capture = join(folder, name);
unpack(name, capture);
const tar = join(folder, 'capture.tar');
execFileSync('tar', ['-cf', tar, '-C', folder, name]);

/** Devices in groups, as the page counts them. */
async function countedOn(page: Page): Promise<string> {
  return (await page.locator('.verdict').first().textContent()) ?? '';
}

const inspected = JSON.parse(
  execFileSync(process.execPath, ['dist/cli/main.js', 'inspect', capture, '--json'], {
    encoding: 'utf8',
  }),
) as { kernel: string; devices: object[]; groups: object[] };
const expected = `${inspected.devices.length} devices, ${inspected.groups.length} groups`;

async function chosen(label: string, files: Parameters<Page['setInputFiles']>[1]): Promise<Page> {
  const { page, complaints } = await look(await served());
  await page.getByLabel(label).setInputFiles(files);
  await page.locator('.verdict').first().waitFor();
  expect(complaints).toEqual([]);
  return page;
}

describe('a capture is what inspect says of it', () => {
  test('as a folder', async () => {
    const page = await chosen('Choose a folder', capture);
    expect(await countedOn(page)).toContain(expected);
    expect(await countedOn(page)).toContain(`Linux ${inspected.kernel}`);
  });

  test.each([
    ['a tar', 'capture.tar', readFileSync(tar)],
    ['a tar that gzip has packed', 'capture.tar.gz', gzipSync(readFileSync(tar))],
  ])('as %s', async (_what, file, buffer) => {
    const page = await chosen('Choose files', { name: file, mimeType: '', buffer });
    expect(await countedOn(page)).toContain(expected);
  });

  test('dropped on the page', async () => {
    const { page } = await look(await served());
    await page.getByText('Drop a machine here').waitFor();
    const bytes = [...readFileSync(tar)];
    const transfer = await page.evaluateHandle((content) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], 'capture.tar'));
      return data;
    }, bytes);
    await page.dispatchEvent('.drop', 'drop', { dataTransfer: transfer });
    await page.locator('.verdict').first().waitFor();
    expect(await countedOn(page)).toContain(expected);
  });
});

test('what was dropped is there when somebody comes back, and gone after a reload, which says so', async () => {
  const page = await chosen('Choose files', {
    name: 'a.tar',
    mimeType: '',
    buffer: readFileSync(tar),
  });
  await page.getByRole('link', { name: 'Races' }).click();
  await page.goBack();
  await page.locator('.verdict').first().waitFor();
  await page.reload();
  await page.getByRole('alert').filter({ hasText: 'Open them again' }).waitFor();
});

test('the text of lspci alone is PCI functions, and whose IOMMU there is can be chosen', async () => {
  const config = readFileSync(join(capture, 'pci/0000:03:00.0.bin'));
  const rows = Array.from({ length: config.length / 16 }, (_, i) => {
    const bytes = [...config.subarray(i * 16, i * 16 + 16)];
    const text = bytes.map((byte) => byte.toString(16).padStart(2, '0')).join(' ');
    return `${(i * 16).toString(16).padStart(2, '0')}: ${text}`;
  });
  const buffer = Buffer.from(['0000:03:00.0 Class 0108: 1b36:0010', ...rows, ''].join('\n'));
  const page = await chosen('Choose files', { name: 'lspci.txt', mimeType: '', buffer });
  await page.getByRole('heading', { name: 'PCI functions alone' }).waitFor();
  await page.getByLabel('Whose IOMMU is assumed').selectOption('amd');
  await page.waitForURL(/assume=amd/);
  await page.getByText('amd').first().waitFor();
});

test.each([
  ['nothing.bin', Buffer.alloc(0)],
  ['random.bin', Buffer.from('this is not firmware\n')],
  ['cut.dtb', readFileSync('examples/arm64-virt-smmuv3/machine.dtb').subarray(0, 3000)],
])('%s says the same as the terminal', async (file, buffer) => {
  const { page } = await look(await served());
  await page.getByLabel('Choose files').setInputFiles({ name: file, mimeType: '', buffer });
  const said = await page.getByRole('alert').filter({ hasText: file }).textContent();
  expect(said).toContain(file);
  expect(said?.length).toBeGreaterThan(file.length + 10);
});
