// What somebody gives the page: files, folders, archives, by choosing or by dropping.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { unpack } from '../machine/capture/packed-captures.ts';
import { opened, violations, withBrowser } from './browser.ts';

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

/** Drop a file of the repository anywhere, as a file of that name. */
async function dropOn(page: Page, file: string): Promise<void> {
  const transfer = await page.evaluateHandle(
    ([name, content]) => {
      const data = new DataTransfer();
      data.items.add(new File([new Uint8Array(content)], name));
      return data;
    },
    [file, [...readFileSync(`test/fixtures/dtb/${file}`)]] as const,
  );
  await page.dispatchEvent('body', 'drop', { dataTransfer: transfer });
}

describe('what is dropped later', () => {
  const first = 'a64-dt-smmu-rp.dtb';
  const second = 'a64-dt-none.dtb';
  const iommus = { [first]: '1 IOMMU', [second]: '0 IOMMUs' } as const;

  test('is shown instead of what was dropped before, with nothing chosen', async () => {
    const { page } = await look(await served());
    await page.getByText('Drop a machine here').waitFor();
    await dropOn(page, first);
    const verdict = page.locator('.verdict').first();
    await verdict.filter({ hasText: iommus[first] }).waitFor();
    await dropOn(page, second);
    await verdict.filter({ hasText: iommus[second] }).waitFor();
    // A device that is called the same has another chain there.
    const title = page.getByRole('heading', { name: 'timer' });
    const chain = page.locator('.links li').first();
    await page.goto(`${page.url()}&device=timer`);
    await title.waitFor();
    const without = await chain.textContent();
    await dropOn(page, first);
    await verdict.filter({ hasText: iommus[first] }).waitFor();
    await title.waitFor({ state: 'hidden' });
    await page.goto(`${page.url()}&device=timer`);
    await title.waitFor();
    await expect.poll(() => chain.textContent()).not.toBe(without);
  });

  test('is taken by a page that was opened at a machine', async () => {
    const { page } = await look(await served(), '#machine?from=example%2Fvtd-switch');
    const verdict = page.locator('.verdict').first();
    await verdict.waitFor();
    await page.waitForLoadState('networkidle');
    await dropOn(page, second);
    await verdict.filter({ hasText: iommus[second] }).waitFor();
  });
});

test('of two machines, the one that was opened last is shown, whichever is there first', async () => {
  const { page } = await look(await served());
  let isThere = (): void => {};
  const late = new Promise<void>((resolve) => {
    isThere = resolve;
  });
  await page.route('**/examples/vtd-switch/*.bin', async (route) => {
    await late;
    await route.continue();
  });
  const hash = (name: string): string => `#machine?from=example%2F${name}`;
  await page.goto(page.url() + hash('vtd-switch'));
  await page.waitForRequest('**/examples/vtd-switch/*.bin');
  const url = page.url().split('#')[0] ?? '';
  await page.goto(url + hash('arm64-virt-smmuv3'));
  await page.getByRole('heading', { name: /Devicetree/ }).waitFor();
  isThere();
  await page.waitForLoadState('networkidle');
  await page.goto(`${url}${hash('arm64-virt-smmuv3')}&kernel=v6.1`);
  await page.locator('.verdict').first().filter({ hasText: 'v6.1' }).waitFor();
  expect(await page.getByRole('heading', { level: 2 }).first().textContent()).toContain(
    'Devicetree',
  );
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

test('a capture of another kernel is shown as the terminal does, with a link to its own', async () => {
  const older = join(folder, 'x86-vtd-switch-k6.12');
  unpack('x86-vtd-switch-k6.12', older);
  const page = await chosen('Choose a folder', older);
  expect(await countedOn(page)).toContain('Linux v7.3');
  await page.getByRole('link', { name: 'show it as v6.12' }).click();
  await page.getByText('Linux v6.12:').waitFor();
});

describe('of several devicetrees', () => {
  const tree = (name: string): Buffer => readFileSync(`test/fixtures/dtb/${name}.dtb`);
  const pair = Buffer.concat([tree('a64-dt-none'), tree('a64-dt-smmu-rp')]);

  test('in one file each can be chosen, and the link has its number', async () => {
    const buffer = pair;
    const page = await chosen('Choose files', { name: 'two.dtb', mimeType: '', buffer });
    expect(await countedOn(page)).toContain('0 IOMMUs');
    const choice = page.locator('label', { hasText: /^Devicetree/ }).locator('select');
    await choice.waitFor();
    expect(await choice.locator('option').allTextContents()).toEqual([
      '1: linux,dummy-virt',
      '2: linux,dummy-virt',
    ]);
    await choice.selectOption('2');
    await page.locator('.verdict', { hasText: '1 IOMMU.' }).waitFor();
    expect(new URL(page.url()).hash).toContain('tree=2');
    expect(await violations(page)).toEqual([]);
  });

  test('in something else, which is no machine, those that are in it are named', async () => {
    const buffer = Buffer.concat([Buffer.from('a kernel, and behind it: '), pair]);
    const { page } = await look(await served());
    await page.getByLabel('Choose files').setInputFiles({ name: 'Image', mimeType: '', buffer });
    await page.getByRole('alert').filter({ hasText: 'Image' }).waitFor();
    await page.getByRole('link', { name: 'Devicetree 2: linux,dummy-virt' }).click();
    await page.locator('.verdict', { hasText: '1 IOMMU.' }).waitFor();
    // A number that is in no list.
    await page.goto(page.url().replace('tree=2', 'tree=3'));
    await page.getByRole('alert').filter({ hasText: '3 trees' }).waitFor();
    await page.goto(page.url().replace('tree=3', 'tree=%3Cb%3E'));
    await page.getByRole('alert').filter({ hasText: 'not "<b>"' }).waitFor();
  });

  test('the one that fwspec page was asked for is shown', async () => {
    const file = join(folder, 'two.dtb');
    writeFileSync(file, pair);
    const shown = await opened(`${file}#2`, '--kconfig', 'ARM_SMMU_V3=n');
    expect(new URLSearchParams(shown.split('?')[1]).get('tree')).toBe('2');
    expect(new URLSearchParams(shown.split('?')[1]).get('kconfig')).toBe('ARM_SMMU_V3=n');
    const { page } = await look(await served(`${file}#2`), '#machine?from=given&tree=2');
    await page.locator('.verdict', { hasText: '1 IOMMU.' }).waitFor();
  });
});

describe('options of the kernel', () => {
  test('are those that inspect takes, and what is none says so', async () => {
    const machine = 'test/fixtures/dtb/a64-dt-smmu-rp.dtb';
    const { page } = await look(await served(machine), '#machine?from=given');
    const field = page.getByLabel('Kernel options');
    const counts = async (): Promise<string> =>
      ((await page.locator('.counts').textContent()) ?? '').replace(/\s+/g, ' ');
    await field.fill('ARM_SMMU_V3=n');
    const before = await counts();
    await field.press('Enter');
    await expect.poll(counts).not.toBe(before);
    const { devices } = JSON.parse(
      execFileSync(
        process.execPath,
        ['dist/cli/main.js', 'inspect', machine, '--kconfig', 'ARM_SMMU_V3=n', '--json'],
        { encoding: 'utf8' },
      ),
    ) as { devices: { outcome: string }[] };
    const of = (outcome: string): number => devices.filter((dev) => dev.outcome === outcome).length;
    for (const outcome of new Set(devices.map((dev) => dev.outcome)))
      expect(await counts()).toContain(`${of(outcome)} ${outcome}`);
    await page.goto(page.url().replace('ARM_SMMU_V3%3Dn', 'SMMU%3Dy'));
    await page.getByRole('alert').filter({ hasText: 'no option CONFIG_SMMU' }).waitFor();
  });
});
