// Why a device gets what it gets, the bytes behind it, and what another kernel would do.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { unpack } from '../machine/capture/packed-captures.ts';
import { expectNoSidewaysScroll, violations, withBrowser } from './browser.ts';

const { served, look } = withBrowser();
const machine = 'examples/arm64-virt-smmuv3';
const shared = join(mkdtempSync(join(tmpdir(), 'why-')), 'shared');
unpack('x86-vtd-p2p-k7.3', shared);
const device = '0000:01:00.0';

function fwspec<T>(...args: readonly string[]): T {
  const text = execFileSync(process.execPath, ['dist/cli/main.js', ...args, '--json'], {
    encoding: 'utf8',
  });
  return JSON.parse(text) as T;
}

interface Explained {
  readonly steps: readonly {
    readonly what: string;
    readonly text: string;
    readonly table: string | null;
    readonly offset: number | null;
    readonly size: number;
    readonly bytes: string | null;
  }[];
}

describe('why', () => {
  test.each([
    [400, false],
    [1280, true],
  ])('at %d pixels, dark %s, is what explain says, link by link', async (width, dark) => {
    const hash = `#machine?device=${encodeURIComponent(device)}`;
    const { page, complaints } = await look(await served(machine), hash, { width, dark });
    await page.getByRole('heading', { name: device }).waitFor();
    const { steps } = fwspec<Explained>('explain', machine, device);
    const links = page.locator('.links li');
    expect(await links.locator('> b').allTextContents()).toEqual(steps.map(({ what }) => what));
    expect(await links.locator('> span').allTextContents()).toEqual(steps.map(({ text }) => text));
    expect(await violations(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    expect(complaints).toEqual([]);
  });

  test('the bytes of a link stand out, and are those of the file', async () => {
    const hash = `#machine?device=${encodeURIComponent(device)}`;
    const { page } = await look(await served(machine), hash);
    const { steps } = fwspec<Explained>('explain', machine, device);
    const map = steps.find(({ table, bytes }) => table === 'devicetree' && bytes !== null);
    if (map?.offset == null) throw new Error('no link with bytes of the devicetree');
    await page.locator('.links li').nth(steps.indexOf(map)).getByRole('button').click();
    await page.locator('.hex mark').first().waitFor();
    const shown = (await page.locator('.hex mark').allTextContents()).join(' ');
    const blob = readFileSync(`${machine}/machine.dtb`);
    const bytes = blob.subarray(map.offset, map.offset + map.size);
    expect(shown).toBe([...bytes].map((byte) => byte.toString(16).padStart(2, '0')).join(' '));
    expect(await violations(page)).toEqual([]);
    // The address is a link to the same.
    const again = await look(page.url().split('#')[0] ?? '', new URL(page.url()).hash);
    await again.page.locator('.hex mark').first().waitFor();
    expect((await again.page.locator('.hex mark').allTextContents()).join(' ')).toBe(shown);
  });

  test('a byte that somebody clicks says what it is and who reads it', async () => {
    const { page } = await look(await served(machine), '#machine');
    const { steps } = fwspec<Explained>('explain', machine, device);
    const map = steps.find(({ what, offset }) => what === 'map' && offset !== null);
    if (map?.offset == null) throw new Error('no link with a map');
    await page.getByLabel('Source of the bytes').selectOption('devicetree');
    await page.locator('.hex mark').first().waitFor();
    await page.locator('.hex').evaluate(
      (hex, top) => {
        hex.scrollTop = top;
      },
      Math.floor(map.offset / 16) * 22,
    );
    await page.locator(`.hex [data-at="${map.offset}"]`).click();
    const said = page.locator('.readings');
    await said.getByText('iommu-map').first().waitFor();
    await said.getByRole('button', { name: device }).first().click();
    await page.getByRole('heading', { name: device }).waitFor();
    // Nothing decides by the magic number of the blob.
    await page.locator('.hex').evaluate((hex) => {
      hex.scrollTop = 0;
    });
    await page.locator('.hex [data-at="0"]').click();
    await said.getByText('Nothing that decides').waitFor();
    // Further by Shift, and by the keyboard.
    await page.locator('.hex [data-at="5"]').click({ modifiers: ['Shift'] });
    await said.getByText('0x0, 6 bytes').waitFor();
    await page.locator('.hex').press('ArrowDown');
    await said.getByText('0x15, 1 byte').waitFor();
  });

  test.each([
    [400, true],
    [1280, false],
  ])(
    'at %d pixels, dark %s, says what can be passed through alone, as groups does',
    async (width, dark) => {
      interface Grouped {
        readonly passthrough: readonly Record<
          'reasons' | 'changes' | 'remarks',
          readonly string[]
        >[];
        readonly groups: readonly { readonly devices: readonly { readonly name: string }[] }[];
      }
      const url = await served(shared);
      for (const [asked, alone] of [
        ['0000:01:02.0', false],
        ['0000:00:1f.2', false],
        ['0000:00:06.0', true],
        ['QEMU0002:00', false],
      ] as const) {
        const hash = `#machine?device=${encodeURIComponent(asked)}`;
        const { page, complaints } = await look(url, hash, { width, dark });
        const said = page.getByRole('region', { name: 'Passing through' });
        await said.waitFor();
        const { passthrough, groups } = fwspec<Grouped>(
          'groups',
          shared,
          asked,
          '--kernel',
          'v7.3',
        );
        const [answer] = passthrough;
        const items =
          answer === undefined ? [] : [...answer.reasons, ...answer.changes, ...answer.remarks];
        const shown = await said.getByRole('listitem').allTextContents();
        for (const item of items) expect(shown).toContain(item);
        expect(await said.locator('b').textContent()).toBe(alone ? 'yes' : 'no');
        const own = groups.find(({ devices }) => devices.some(({ name }) => name === asked));
        const others = (own?.devices ?? [])
          .map(({ name }) => name)
          .filter((name) => name !== asked);
        expect(await said.getByRole('button').allTextContents()).toEqual(others);
        expect(await violations(page)).toEqual([]);
        await expectNoSidewaysScroll(page);
        expect(complaints).toEqual([]);
      }
    },
  );

  test('a device that is not there says so, as the terminal does', async () => {
    const { page } = await look(await served(machine), '#machine?device=0000%3A77%3A00.0');
    await page.getByRole('alert').filter({ hasText: '0000:77:00.0' }).waitFor();
    // However long somebody has made it.
    await page.goto(page.url().replace('0000%3A77', 'x'.repeat(5000)));
    await page.getByRole('alert').filter({ hasText: 'xxxxx' }).waitFor();
    await expectNoSidewaysScroll(page);
  });
});

describe('what if', () => {
  test.each([400, 1280])('at %d pixels, says which devices come out differently', async (width) => {
    const { page, complaints } = await look(await served(machine), '#machine', { width });
    await page.getByLabel('What if: another command line').fill('iommu.passthrough=1');
    await page.getByLabel('What if: another command line').press('Enter');
    await page.locator('.changes table').waitFor();
    interface Inspected {
      readonly devices: readonly { readonly name: string; readonly outcome: string }[];
    }
    const [was, is] = [[], ['--cmdline', 'iommu.passthrough=1']].map((more) =>
      fwspec<Inspected>('inspect', machine, ...more),
    );
    const moved = (was?.devices ?? [])
      .filter(({ outcome }, i) => outcome !== is?.devices[i]?.outcome)
      .map(({ name }) => name);
    expect(moved.length).toBeGreaterThan(2);
    expect(await page.locator('.changes th button').allTextContents()).toEqual(moved);
    expect(page.url()).toContain('beside-cmdline=iommu.passthrough%3D1');
    expect(await violations(page)).toEqual([]);
    await expectNoSidewaysScroll(page);
    expect(complaints).toEqual([]);
  });

  test('another kernel is the one that the machine is shown with', async () => {
    const { page } = await look(await served(machine), '#machine');
    await page.getByLabel('Kernel', { exact: true }).selectOption('v6.1');
    await page.getByText('Linux v6.1:').waitFor();
    expect(page.url()).toContain('kernel=v6.1');
  });
});

test('devices that come out differently are marked where they are, in the picture and in the table', async () => {
  const { page } = await look(await served(machine), '#machine');
  await page.getByLabel('What if: another command line').fill('iommu.passthrough=1');
  await page.getByLabel('What if: another command line').press('Enter');
  await page.locator('.changes table').waitFor();
  const moved = await page.locator('.changes th button').allTextContents();
  const marked = await page.locator('tr.changed th a').allTextContents();
  expect(marked.sort()).toEqual(moved.sort());
  const boxes = await page
    .locator('.part.changed')
    .evaluateAll((parts) =>
      parts.map((part) => part.getAttribute('aria-label')?.split(',')[0] ?? ''),
    );
  expect(boxes.sort()).toEqual(moved.sort());
});

test('a finding leads to its bytes', async () => {
  const { page } = await look(await served(), '#machine?from=example%2Fmap-overlap');
  const finding = page.locator('.findings .error, .findings .warning').first();
  await finding.locator('a').first().click();
  await page.locator('.hex mark').first().waitFor();
  await page.locator('.readings').getByText('iommu-map').first().waitFor();
});

test.each([
  ['a kernel that is none', 'kernel=v99', 'v99'],
  ['an IOMMU that nobody assumes', 'assume=bogus', 'bogus'],
])('%s in a link says so, and leads out', async (_what, query, said) => {
  const { page } = await look(await served(machine), `#machine?from=given&${query}`);
  await page.getByRole('alert').filter({ hasText: said }).waitFor();
  await page.getByRole('link', { name: 'The machine as it is' }).click();
  await page.getByRole('heading', { name: /Devicetree/ }).waitFor();
});

test('closing why keeps the focus in the page, and its title says what is shown', async () => {
  const { page } = await look(
    await served(machine),
    `#machine?device=${encodeURIComponent(device)}`,
  );
  await page.getByRole('button', { name: 'Close', exact: true }).press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  await page.goBack();
  await page.getByRole('heading', { name: device }).waitFor();
  expect(await page.title()).toContain(device);
});
