// The machine as a picture and as a table, in Chromium, held against what the command line says.

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import type { InspectDocument } from '../../src/report/index.ts';
import { escapeText } from '../../src/util/index.ts';
import { be32, blob, node, prop, text } from '../firmware/fdt-builder.ts';
import { tar } from '../input/archive-builder.ts';
import { unpack } from '../machine/capture/packed-captures.ts';
import { compatible, phandle, reg64 } from '../machine/trees.ts';
import { expectNoSidewaysScroll, violations, withBrowser } from './browser.ts';
import { largeMachine } from './machine/large.ts';

const { served, look } = withBrowser();
const folder = mkdtempSync(join(tmpdir(), 'fwspec-picture-'));

function captured(name: string): string {
  const path = join(folder, name);
  unpack(name, path);
  return path;
}

function file(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, bytes);
  return path;
}

/** With a bridge that joins what is below it, groups of several, and devices without an IOMMU. */
const switched = captured('x86-vtd-p2p-k7.3');

/** Open a machine; the picture is there. */
async function shown(
  operand: string,
  params = '',
  options: Parameters<typeof look>[2] = {},
): ReturnType<typeof look> {
  const looked = await look(await served(operand), `#machine?${params}`, options);
  await looked.page.locator('.machine-picture .part').first().waitFor();
  return looked;
}

function inspected(operand: string): InspectDocument {
  const args = ['dist/cli/main.js', 'inspect', operand, '--json', '--quiet'];
  // With findings of level error it ends with 1.
  try {
    return JSON.parse(execFileSync(process.execPath, args, { maxBuffer: 1 << 30 }).toString());
  } catch (error) {
    return JSON.parse(String((error as { stdout: Buffer }).stdout));
  }
}

/** What screen readers are told of each device in the picture. */
async function labels(page: Page): Promise<string[]> {
  return await page
    .locator('.machine-picture [role=treeitem]')
    .evaluateAll((parts) => parts.map((part) => part.getAttribute('aria-label') ?? ''));
}

/** The cells of all rows of the table, which has only those that are seen. */
async function rows(page: Page): Promise<string[][]> {
  return await page.locator('.table-scroll').evaluate(async (scroll) => {
    const found = new Map<number, string[]>();
    for (scroll.scrollTop = 0; ; scroll.scrollTop += scroll.clientHeight / 2) {
      const now = scroll.scrollTop;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      for (const row of scroll.querySelectorAll('tbody tr:not(.spacer)'))
        found.set(
          Number(row.getAttribute('aria-rowindex')),
          [...row.querySelectorAll('th, td')].map((cell) => cell.getAttribute('title') ?? ''),
        );
      if (now + scroll.clientHeight >= scroll.scrollHeight - 1) break;
    }
    return [...found].sort(([a], [b]) => a - b).map(([, cells]) => cells);
  });
}

const transformOf = (page: Page): Promise<string | null> =>
  page.locator('.machine-picture .world').getAttribute('transform');

const scaleOf = async (page: Page): Promise<number> =>
  Number(/scale\(([\d.]+)\)/.exec((await transformOf(page)) ?? '')?.[1]);

/** Two frames: what was asked for is there. */
const settled = (page: Page): Promise<unknown> =>
  page.evaluate(
    () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))),
  );

describe.each([
  ['a switch and a bridge, ACPI', () => switched],
  ['ACPI of Arm, two SMMUs', () => captured('a64-acpi-smmu2x-k7.3')],
  ['a devicetree with a partial map', () => captured('dtb-map-partial-k6.12')],
  ['an example', () => 'examples/arm64-virt-smmuv3'],
])('%s', (_what, operand) => {
  test('picture and table say what inspect says', async () => {
    const path = operand();
    const { devices, kernel } = inspected(path);
    const { page, complaints } = await shown(path, `kernel=${encodeURIComponent(kernel)}`);
    const told = await labels(page);
    const words = { identity: 'identity: passed through', direct: 'direct: no IOMMU in the way' };
    for (const { name, outcome, iommus, group } of devices) {
      const word = outcome in words ? words[outcome as keyof typeof words] : outcome;
      const [first] = iommus;
      const ids = first?.ids.length === 1 ? [`IDs 0x${first.ids[0]?.id.toString(16)}`] : [];
      const groups = group === null ? [] : [`group ${group}`];
      const begin = [name, word, ...iommus.map(({ iommu }) => `behind ${iommu}`)].join(', ');
      const label = told.filter((some) => some.split(', ')[0] === name);
      expect(label).toHaveLength(1);
      expect(`${label[0]}, `).toContain(`${begin}, `);
      for (const part of [...ids, ...groups]) expect(`${label[0]}, `).toContain(`${part}, `);
    }
    const table = await rows(page);
    const wanted = devices.map(({ name, outcome, iommus, group, domain }) => [
      name,
      outcome,
      iommus.map(({ iommu, ids }) => [iommu, ...ids.map(idText)].join(' ')).join(', '),
      group === null ? '' : String(group),
      domain ?? '',
    ]);
    const sorted = (all: string[][]): string[] => all.map((cells) => cells.join('|')).sort();
    expect(sorted(table.map((cells) => cells.slice(0, 5)))).toEqual(sorted(wanted));
    expect(complaints).toEqual([]);
  });
});

function idText({ id, mask }: { readonly id: number; readonly mask: number }): string {
  return mask === 0 ? `0x${id.toString(16)}` : `0x${id.toString(16)}/0x${mask.toString(16)}`;
}

describe('what is chosen', () => {
  test('in the picture is in the fragment and in the table, and the other way round', async () => {
    const { page } = await shown(switched);
    await page.getByRole('treeitem', { name: /^0000:01:01\.0,/ }).click();
    expect(page.url()).toContain('device=0000%3A01%3A01.0');
    await page.locator('tr.selected', { hasText: '0000:01:01.0' }).waitFor();
    await page.locator('table.devices a', { hasText: '0000:00:1f.2' }).click();
    await page.locator('.part.selected[aria-label^="0000:00:1f.2"]').waitFor();
    expect(page.url()).toContain('device=0000%3A00%3A1f.2');
    // Its group: those that are given away with it.
    expect(await page.locator('.part.mate[role=treeitem].device').count()).toBe(2);
    await page.goBack();
    await page.locator('.part.selected[aria-label^="0000:01:01.0"]').waitFor();
  });

  test('is so when a link to it is opened, however large the machine is', async () => {
    const { page } = await shown(switched, 'device=0000%3A03%3A04.0');
    await page.locator('.part.selected[aria-label^="0000:03:04.0"]').waitFor();
    await page.locator('tr.selected', { hasText: '0000:03:04.0' }).waitFor();
  });

  test('is where a finding leads', async () => {
    const { page } = await shown(switched);
    await page.locator('.findings li.warning .whom a').first().click();
    await page.locator('.part.selected').first().waitFor();
    expect(page.url()).toContain('device=0000%3A00%3A04.0');
    expect(await page.locator('.part.selected .mark').count()).toBe(1);
  });
});

/** How wide and how high the machine is drawn, and whether all of it is in the window. */
async function drawn(page: Page): Promise<{ readonly aspect: number; readonly isInside: boolean }> {
  return await page.locator('.machine-picture').evaluate((picture) => {
    const outer = picture.getBoundingClientRect();
    const parts = [...picture.querySelectorAll('.part')].map((of) => of.getBoundingClientRect());
    const [left, top] = [parts.map((of) => of.left), parts.map((of) => of.top)].map((all) =>
      Math.min(...all),
    );
    const [right, bottom] = [parts.map((of) => of.right), parts.map((of) => of.bottom)].map((all) =>
      Math.max(...all),
    );
    const [l = 0, t = 0, r = 0, b = 0] = [left, top, right, bottom];
    const isInside =
      l >= outer.left - 2 && r <= outer.right + 2 && t >= outer.top - 2 && b <= outer.bottom + 2;
    return { aspect: (r - l) / (b - t), isInside };
  });
}

describe('a window that gets another shape', () => {
  test('has the machine laid out for it', async () => {
    const { page } = await shown(switched, '', { width: 1280, height: 800 });
    const wide = await drawn(page);
    await page.setViewportSize({ width: 400, height: 1400 });
    await expect.poll(async () => (await drawn(page)).aspect).toBeLessThan(wide.aspect / 1.2);
    expect((await drawn(page)).isInside).toBe(true);
    await page.setViewportSize({ width: 1280, height: 800 });
    await expect.poll(async () => (await drawn(page)).aspect).toBeCloseTo(wide.aspect, 2);
  });

  test('shows the chosen device again', async () => {
    const { page } = await shown(switched, 'device=0000%3A03%3A04.0', { width: 1280, height: 800 });
    await page.setViewportSize({ width: 400, height: 1400 });
    const chosen = page.locator('.machine-picture .selected');
    await expect
      .poll(async () => {
        const [outer, inner] = await Promise.all(
          [page.locator('.machine-picture'), chosen].map((of) => of.boundingBox()),
        );
        if (outer === null || inner === null || outer === undefined || inner === undefined)
          return false;
        return inner.x >= outer.x && inner.x + inner.width <= outer.x + outer.width + 1;
      })
      .toBe(true);
  });
});

test('the wheel, buttons and keys zoom, and a drag moves', async () => {
  const { page } = await shown(switched);
  const first = await scaleOf(page);
  await page.getByRole('button', { name: 'Closer' }).click();
  await settled(page);
  const closer = await scaleOf(page);
  expect(closer).toBeGreaterThan(first);
  await page.locator('.machine-picture').hover();
  await page.mouse.wheel(0, -300);
  await settled(page);
  expect(await scaleOf(page)).toBeGreaterThan(closer);
  const before = await transformOf(page);
  await page.mouse.down();
  await page.mouse.move(300, 300, { steps: 4 });
  await page.mouse.up();
  await settled(page);
  expect(await transformOf(page)).not.toBe(before);
  expect(page.url()).not.toContain('device=');
  await page.getByRole('button', { name: 'All of the machine' }).click();
  await settled(page);
  expect(await scaleOf(page)).toBeCloseTo(first, 5);
});

test('two fingers zoom, about what is between them', async () => {
  const { page } = await shown(switched);
  const before = await scaleOf(page);
  await page.locator('.machine-picture').evaluate((picture) => {
    const { left, top } = picture.getBoundingClientRect();
    // No finger is down that could be captured.
    picture.setPointerCapture = () => {};
    const finger = (type: string, pointerId: number, x: number): boolean =>
      picture.dispatchEvent(
        new PointerEvent(type, { pointerId, clientX: left + x, clientY: top + 200, bubbles: true }),
      );
    finger('pointerdown', 11, 200);
    finger('pointerdown', 12, 300);
    for (let x = 300; x <= 400; x += 20) finger('pointermove', 12, x);
    for (const id of [11, 12]) finger('pointerup', id, 300);
  });
  await settled(page);
  expect(await scaleOf(page)).toBeCloseTo(2 * before, 3);
});

test('keys alone lead into the picture, through it, and out of it', async () => {
  const { page } = await shown(switched);
  const focused = (): Promise<string | null | undefined> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  await page.getByRole('button', { name: 'All of the machine' }).focus();
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('dmar0');
  await page.keyboard.press('ArrowDown');
  expect(await focused()).toBe('pci0000:00');
  await page.keyboard.press('ArrowDown');
  const one = await focused();
  expect(one).toMatch(/^0000:00:/);
  await page.keyboard.press('ArrowRight');
  expect(await focused()).not.toBe(one);
  await page.keyboard.press('ArrowLeft');
  expect(await focused()).toBe(one);
  const scale = await scaleOf(page);
  await page.keyboard.press('+');
  await settled(page);
  expect(await scaleOf(page)).toBeGreaterThan(scale);
  await page.keyboard.press('Enter');
  await page.locator('.part.selected').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('.part.selected').waitFor({ state: 'detached' });
  expect(page.url()).not.toContain('device=');
  await page.keyboard.press('Escape');
  expect(await focused()).toBe('Search for devices');
});

test('a search dims what is not found; Enter chooses, and goes on to the next', async () => {
  const { page } = await shown(switched);
  await page.keyboard.press('/');
  await page.keyboard.type('group 5');
  await page.getByText('1 of 3').waitFor();
  await settled(page);
  const bright = await page
    .locator('.part.device:not(.dimmed)')
    .evaluateAll((parts) => parts.map((part) => part.getAttribute('aria-label')?.split(',')[0]));
  expect(bright.sort()).toEqual(['0000:02:00.0', '0000:03:03.0', '0000:03:04.0']);
  expect(await rows(page)).toHaveLength(3);
  await page.keyboard.press('Enter');
  await page.locator('.part.selected[aria-label^="0000:02:00.0"]').waitFor();
  await page.keyboard.press('Enter');
  await page.locator('.part.selected[aria-label^="0000:03:03.0"]').waitFor();
  await page.getByLabel('Search for devices').fill('');
  await settled(page);
  expect(await page.locator('.part.dimmed').count()).toBe(0);
});

test('the table is sorted by each column, and shows the outcomes that are asked for', async () => {
  const { page } = await shown(switched);
  const sort = page.getByRole('button', { name: 'group', exact: true });
  await sort.click();
  expect((await rows(page)).map((cells) => cells[3]).join()).toBe('0,1,1,1,2,3,4,4,4,5,5,5,,');
  await sort.click();
  expect((await rows(page)).map((cells) => cells[3]).join()).toBe(',,5,5,5,4,4,4,3,2,1,1,1,0');
  // Whoever sorts by keys goes on from there.
  expect(await page.evaluate(() => document.activeElement?.textContent)).toContain('group');
  await page.getByRole('button', { name: /^direct/ }).click();
  expect((await rows(page)).map((cells) => cells[1])).toEqual(['direct', 'direct']);
  await page.getByText('2 of 14 devices').waitFor();
});

test('rows are copied as lines with tabs, and text that is marked chooses nothing', async () => {
  const { page } = await shown(switched);
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.getByRole('button', { name: /^direct/ }).click();
  await page.getByRole('button', { name: 'copy' }).click();
  await page.getByRole('button', { name: 'copied' }).waitFor();
  const lines = (await page.evaluate(() => navigator.clipboard.readText())).split('\n');
  expect(lines[0]?.split('\t').slice(0, 4)).toEqual([
    'device',
    'outcome',
    'IOMMU and IDs',
    'group',
  ]);
  expect(lines[1]?.split('\t').slice(0, 4)).toEqual(['QEMU0002:00', 'direct', '', '']);
  expect(lines).toHaveLength(4);
  const [row] = await page.locator('table.devices tbody tr').all();
  const box = await row?.boundingBox();
  const [x, y] = [box?.x ?? 0, (box?.y ?? 0) + 14];
  await page.mouse.move(x + 175, y);
  await page.mouse.down();
  await page.mouse.move(x + 6, y, { steps: 5 });
  await page.mouse.up();
  expect(await page.evaluate(() => String(getSelection()))).toBe('QEMU0002:00\tdirect');
  expect(page.url()).not.toContain('device=');
  await page.evaluate(() => getSelection()?.empty());
  await page.mouse.click(x + 150, y);
  await page.locator('tr.selected', { hasText: 'QEMU0002:00' }).waitFor();
});

describe('at', () => {
  test.each([
    [400, false],
    [400, true],
    [1280, false],
    [1280, true],
  ])(
    '%d pixels, dark %s, axe and the browser have nothing to complain about',
    async (width, dark) => {
      const { page, complaints } = await shown(switched, 'device=0000%3A03%3A04.0', {
        width,
        dark,
      });
      await page.locator('.part.selected').waitFor();
      expect(await violations(page)).toEqual([]);
      await expectNoSidewaysScroll(page);
      expect(complaints).toEqual([]);
    },
  );
});

test('names from firmware are text, cannot turn what is around them, and are cut off', async () => {
  // As bytes: an override of the direction in UTF-8, an escape sequence.
  const control = '\u00e2\u0080\u00ae\u001b[31m';
  const evil = `<img src=x onerror=alert(1)>${control}`;
  const tree = blob(
    node(
      '',
      [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('model', text(evil))],
      [
        node('iommu', [
          compatible('arm,smmu-v3'),
          reg64(0x1000),
          prop('#iommu-cells', be32(1)),
          phandle(1),
        ]),
        node(`<b>bold${control}`, [
          compatible(`${evil}${'long'.repeat(200)}`),
          prop('iommus', be32(1, 8)),
        ]),
        node(`n${'a'.repeat(200)}`, [compatible('x')]),
      ],
    ),
  );
  const { page, complaints } = await shown(file('evil.dtb', tree));
  await page.getByRole('button', { name: 'Closer' }).click();
  await settled(page);
  const said = await page.locator('main').evaluate((main) => {
    const attributes = [...main.querySelectorAll('*')].flatMap((element) =>
      [...element.attributes].map(({ value }) => value),
    );
    const texts = [...main.querySelectorAll('*')].map((element) => element.textContent ?? '');
    return [...texts, ...attributes];
  });
  expect(said.join()).toContain('<b>bold');
  for (const some of said) expect(escapeText(some)).toBe(some);
  expect(await page.locator('main img, main b:not(.counts b)').count()).toBe(0);
  for (const width of await page.locator('.machine-picture .device').evaluateAll((parts) =>
    parts.flatMap((part) => {
      const box = part.querySelector('.ground')?.getBoundingClientRect();
      return [...part.querySelectorAll('text:not(.ids)')].map(
        (label) => label.getBoundingClientRect().right - (box?.right ?? 0),
      );
    }),
  ))
    expect(width).toBeLessThanOrEqual(1);
  await expectNoSidewaysScroll(page);
  expect(complaints).toEqual([]);
});

describe.each([1000, 5000])('a machine of %d devices', (count) => {
  const operand = (): string =>
    file(
      `large-${count}.tar`,
      tar(...[...largeMachine(count)].map(([name, bytes]) => ({ name: `m/${name}`, bytes }))),
    );

  test('is drawn without an element for each part that is too small or out of the window', async () => {
    const begin = performance.now();
    const { page, complaints } = await shown(operand());
    const first = performance.now() - begin;
    const elements = await page.locator('.machine-picture *').count();
    expect(elements).toBeLessThan(count * 2);
    expect(await page.locator('table.devices tr').count()).toBeLessThan(100);
    expect(await page.locator('table.devices').getAttribute('aria-rowcount')).toBe(
      String(count + 1),
    );
    // Printed and not judged: how long a frame takes depends on what else the machine does.
    const frames: string[] = [];
    for (const clicks of [0, 3, 3]) {
      for (let i = 0; i < clicks; i++) await page.getByRole('button', { name: 'Closer' }).click();
      const times = await dragged(page);
      frames.push(`${at(times, 0.5)} / ${at(times, 0.95)}`);
    }
    // What is out of the window is not in the document.
    expect(await page.locator('.machine-picture *').count()).toBeLessThan(1500);
    await page.keyboard.press('/');
    await page.keyboard.type('0000:05:00.2');
    await page.locator('.part.device:not(.dimmed)[aria-label^="0000:05:00.2,"]').waitFor();
    console.log(
      `${count} devices: first picture after ${first.toFixed(0)} ms, ${elements} elements; ` +
        `a frame of a drag, median / 95 %, at three scales, in ms: ${frames.join(', ')}`,
    );
    expect(complaints).toEqual([]);
  });
});

/** How long each frame took while the picture was dragged in circles. */
async function dragged(page: Page): Promise<number[]> {
  const box = await page.locator('.machine-picture').boundingBox();
  const [x, y] = [(box?.x ?? 0) + (box?.width ?? 0) / 2, (box?.y ?? 0) + (box?.height ?? 0) / 2];
  await page.mouse.move(x, y);
  await page.mouse.down();
  const times = page.evaluate(async () => {
    const found: number[] = [];
    let last = await new Promise(requestAnimationFrame);
    for (let i = 0; i < 120; i++) {
      const now = await new Promise<number>(requestAnimationFrame);
      found.push(now - Number(last));
      last = now;
    }
    return found.sort((a, b) => a - b);
  });
  for (let i = 0; i < 60; i++)
    await page.mouse.move(x + Math.sin(i / 8) * 300, y + Math.cos(i / 8) * 200);
  const result = await times;
  await page.mouse.up();
  return result;
}

function at(sorted: readonly number[], part: number): string {
  return (sorted[Math.floor((sorted.length - 1) * part)] ?? 0).toFixed(1);
}
