// The races on the page, as somebody uses them, held against what the command line says of the same.
import { readFileSync } from 'node:fs';
import type { Locator, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { scenarios } from '../../src/scenarios/index.ts';
import { fwspec } from '../cli/fwspec.ts';
import { expectNoSidewaysScroll, type Looked, violations, withBrowser } from './browser.ts';

const { served, look } = withBrowser();

const of = 'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1';
const token = `${of}/0:lyfqi+1:y2qie+0:ug237.2/qa0c5`;

function at(params: Readonly<Record<string, string>>): string {
  return `#race?${new URLSearchParams(params)}`;
}

async function opened(
  params: Readonly<Record<string, string>>,
  options: Parameters<typeof look>[2] = {},
): Promise<Looked> {
  const looked = await look(await served(), at(params), options);
  await looked.page.locator('.race:not([aria-busy])').waitFor();
  return looked;
}

/** What the lanes say, a line for each row, without how it is laid out. */
async function rowsOf(page: Page): Promise<string[]> {
  // Of two executions side by side the second is the one that is gone through.
  const texts = await page.locator('.lanes').last().locator('tbody tr').allInnerTexts();
  return texts.map(plain).filter((text) => text !== '');
}

/** Words with single spaces between them, without the number of a row. */
function plain(text: string): string {
  return text
    .replaceAll(/\s+/g, ' ')
    .trim()
    .replace(/^\d+ ?/, '');
}

const wide = { env: { COLUMNS: '400' } };

/** What an element says. */
async function textOf(locator: Locator): Promise<string> {
  return (await locator.textContent()) ?? '';
}

/** A line of the state: what a place holds. */
async function held(page: Page, name: string): Promise<string> {
  const whole = new RegExp(`^${name.replaceAll(/[^\w ]/g, '\\$&')}$`);
  const term = page.locator('.state dt').filter({ hasText: whole }).first();
  return plain(await textOf(term.locator('xpath=following-sibling::dd[1]')));
}

async function param(page: Page, name: string): Promise<string | null> {
  return new URLSearchParams(new URL(page.url()).hash.split('?')[1]).get(name);
}

test('a search finds what the command line finds, and a bug of it is a link', async () => {
  const { page, complaints } = await look(await served(), '#race');
  await page.getByLabel('Scenario').selectOption('cover-letter');
  await page.getByLabel('Kernel').selectOption('v6.7-rc1');
  await page.getByRole('button', { name: 'Explore' }).click();
  await page.locator('.causes > li').first().waitFor();
  const { stdout } = await fwspec(['explore', 'cover-letter', '--json']);
  const { causes, executions, bugs } = JSON.parse(stdout);
  const said = await textOf(page.locator('.results .verdict'));
  expect(said).toContain(`in all ${executions} executions`);
  expect(await page.locator('.causes > li > .title').allInnerTexts()).toEqual(
    causes.map(({ title }: { title: string }) => title),
  );
  const links = await page
    .locator('.causes a, .data-races a')
    .evaluateAll((all) => all.map((one) => one.getAttribute('href') ?? ''));
  const tokens = links.map((href) => new URLSearchParams(href.split('?')[1]).get('token'));
  const told = [
    ...causes.flatMap((cause: { tokens: string[] }) => cause.tokens),
    ...bugs.flatMap((bug: { kind: string; token: string }) =>
      bug.kind === 'data-race' ? [bug.token] : [],
    ),
  ];
  expect(tokens).toEqual(told);
  await page.locator('.causes a').first().click();
  await page.locator('.lanes table').waitFor();
  expect(await param(page, 'token')).toBe(token);
  expect(complaints).toEqual([]);
});

test('every scenario says who meets whom, and can be chosen there', async () => {
  const { page, complaints } = await opened({});
  await page.getByLabel('Kernel').selectOption('v6.15');
  const names = await page.locator('.guide dt').allInnerTexts();
  expect(names).toEqual(scenarios.map(({ name }) => name));
  expect(await page.locator('.guide dd').allInnerTexts()).toEqual(
    scenarios.map(({ about }) => about),
  );
  await page.locator('.guide').getByRole('link', { name: 'two-iommus' }).click();
  expect(await page.getByLabel('Scenario').inputValue()).toBe('two-iommus');
  expect(await textOf(page.locator('.about'))).toContain('two-iommus: a client driver binds');
  expect(await page.getByLabel('Kernel').inputValue()).toBe('v6.15');
  expect(await page.locator('.running').isVisible()).toBe(false);
  expect(complaints).toEqual([]);
});

describe('a witness', () => {
  test('has the steps that replay prints, the ones that matter and all', async () => {
    const { page } = await opened({ token });
    const lanesOf = (text: string): string[] =>
      text
        .split('\n')
        .filter((line) => /^ +\d+ {2}/.test(line))
        .map(plain);
    const { stdout: matter } = await fwspec(['replay', token, '--color', 'never'], wide);
    expect(await rowsOf(page)).toEqual(lanesOf(matter));
    await page.getByLabel('every step').check();
    await page.waitForFunction(() => document.querySelectorAll('.lanes tbody tr').length > 50);
    const { stdout: every } = await fwspec(['replay', token, '--full'], wide);
    expect(await rowsOf(page)).toEqual(lanesOf(every));
  });

  test('is stepped through by buttons, keys, rows and the slider, and the state is that of the step', async () => {
    const { page, complaints } = await opened({ token });
    expect(await held(page, 'dev->iommu')).toBe('NULL');
    expect(await held(page, 'CPU0')).toContain('has crashed');
    await page.keyboard.press('Home');
    await page.getByText('step 0 of 8').waitFor();
    expect(await held(page, 'dev->iommu')).toBe('NULL');
    await page.keyboard.press('ArrowRight');
    await page.getByText('step 1 of 8').waitFor();
    expect(await held(page, 'dev->iommu')).toBe('A was NULL');
    await page.getByRole('button', { name: 'Forward' }).click();
    await page.getByText('step 2 of 8').waitFor();
    expect(await held(page, 'dev->iommu')).toBe('A');
    expect(await held(page, 'iommu_probe_device_lock')).toContain('held by CPU1');
    await page.getByRole('row', { name: /\[1\] dev->iommu = NULL/ }).click();
    await page.getByText('step 5 of 8').waitFor();
    expect(await held(page, 'dev->iommu')).toBe('NULL was A');
    await page.getByRole('slider').focus();
    await page.keyboard.press('ArrowRight');
    await page.getByText('step 6 of 8').waitFor();
    expect(await held(page, 'A (dev_iommu)')).toBe('freed by dev_iommu_free() was allocated');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    await page.getByText('step 4 of 8').waitFor();
    expect(await held(page, 'A (dev_iommu)')).toBe('allocated');
    expect(await held(page, 'dev->iommu')).toBe('A');
    expect(complaints).toEqual([]);
  });

  test('a link opened cold shows the same', async () => {
    const { page } = await opened({ token });
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByRole('button', { name: 'Back' }).click();
    await page.getByText('step 6 of 8').waitFor();
    const before = await textOf(page.locator('main'));
    const { page: cold } = await look(page.url());
    await cold.getByText('step 6 of 8').waitFor();
    expect(await textOf(cold.locator('main'))).toBe(before);
  });

  test('has a twin that passes and has the two that decide the other way round', async () => {
    const { page } = await opened({ token });
    await page.getByRole('button', { name: /^Flip/ }).click();
    await page.getByText('Passes: nothing goes wrong').waitFor();
    const rows = await rowsOf(page);
    const [first, second] = [1, 2].map((n) => rows.findIndex((row) => row.includes(`[${n}]`)));
    expect(second).toBeGreaterThan(-1);
    expect(first).toBeGreaterThan(second ?? 0);
    const differs = rows.indexOf('From here on it is another execution');
    expect(differs).toBeLessThanOrEqual(second ?? 0);
    const command = await textOf(page.locator('.keep pre'));
    const { code, stdout } = await fwspec(['replay', command.split(' ').at(-1) ?? '']);
    expect([code, stdout.includes('nothing goes wrong')]).toEqual([0, true]);
    await page.keyboard.press('f');
    await page.getByText('Goes wrong:').waitFor();
  });

  test('and its twin stand side by side where there is room, rows of the same steps at one height', async () => {
    const { page, complaints } = await opened({ token, twin: '1' });
    const tops = (): Promise<(readonly (readonly [string, number])[])[]> =>
      page.locator('.lanes').evaluateAll((all) =>
        all.map((one) => {
          const rows = [...one.querySelectorAll('tbody tr')];
          const end = rows.findIndex((row) => row.className === 'differs');
          return rows.slice(0, end + 1).flatMap((row) => {
            const text = row.querySelector('th, td + td')?.textContent ?? '';
            const cell = row.querySelector('th')?.getBoundingClientRect();
            return cell === undefined && row.className !== 'differs'
              ? []
              : [[text, Math.round(row.getBoundingClientRect().bottom)] as const];
          });
        }),
      );
    for (const width of [1280, 1700]) {
      await page.setViewportSize({ width, height: 800 });
      await expect.poll(async () => (await tops()).length).toBe(2);
      await expect
        .poll(async () => {
          const [failing, twin] = await tops();
          return JSON.stringify(failing) === JSON.stringify(twin);
        })
        .toBe(true);
      const [failing] = await tops();
      expect(failing?.at(-1)?.[0]).toBe('From here on it is another execution');
      expect(failing?.length).toBeGreaterThan(3);
      await expectNoSidewaysScroll(page);
    }
    expect(await page.locator('.lanes').allInnerTexts()).toEqual([
      expect.stringMatching(/^As it fails.*NULL pointer dereference/s),
      expect.stringMatching(/^The twin/),
    ]);
    await page.setViewportSize({ width: 1000, height: 800 });
    await expect.poll(() => page.locator('.lanes').count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  test('has the arrows of its picture: that of the two that decide, and those to the row that one is at', async () => {
    const { page } = await opened({ token });
    const { stdout } = await fwspec(['replay', token, '--format', 'svg']);
    const inPicture = stdout.match(/<polyline class="edge"/g)?.length;
    const arrows = new Set<string>();
    const drawn = (): Promise<string[]> =>
      page
        .locator('.arrows path')
        .evaluateAll((all) => all.map(({ dataset }) => `${dataset.from} ${dataset.to}`));
    await page.keyboard.press('Home');
    await page.getByText('step 0 of 8').waitFor();
    const [pair, ...others] = await drawn();
    expect(others).toEqual([]);
    for (let step = 1; step <= 8; step++) {
      await page.keyboard.press('ArrowRight');
      await page.getByText(`step ${step} of 8`).waitFor();
      const now = await drawn();
      expect(now).toContain(pair);
      for (const arrow of now) arrows.add(arrow);
      // The same in words, for who cannot see them.
      const told = await textOf(page.locator('.after'));
      const here = now.filter((arrow) => arrow !== pair);
      if (here.length > 0) expect(told).toMatch(/^Comes after row \d+, CPU\d: /);
    }
    expect(arrows.size).toBe(inPicture);
    await page.keyboard.press('Home');
    await page.getByRole('row', { name: /dev_iommu_get dev->iommu is A/ }).hover();
    await expect.poll(async () => (await drawn()).length).toBe(2);
  });

  test.each([
    ['Picture (SVG)', 'svg'],
    ['Page (HTML)', 'html'],
    ['Mail (text)', 'mail'],
  ])('is saved as %s, the same as replay prints', async (label, format) => {
    const { page } = await opened({ token });
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: label }).click();
    const path = await (await download).path();
    const { stdout } = await fwspec(['replay', token, '--format', format]);
    expect(readFileSync(path, 'utf8')).toBe(stdout);
  });

  test('of a data race has no twin, and says so', async () => {
    const { stdout } = await fwspec(['explore', 'cover-letter', '--json']);
    const race = JSON.parse(stdout).bugs.find(({ kind }: { kind: string }) => kind === 'data-race');
    const { page } = await opened({ token: race.token });
    await page.getByText('Nothing to flip').waitFor();
    expect(await rowsOf(page)).not.toEqual([]);
  });
});

describe('played by hand', () => {
  test('the same bug is come to, by its name; undo leads back', async () => {
    const { page, complaints } = await opened({ token: `${of}//-` });
    const choose = async (label: string): Promise<void> => {
      const before = page.url();
      await page.getByRole('button', { name: label }).click();
      await page.waitForURL((url) => url.href !== before);
      await page.locator('.race:not([aria-busy])').waitFor();
    };
    const next = (task: number): Promise<string> => textOf(page.locator('.task p').nth(task));
    // CPU0 makes dev->iommu, and stops before it looks at it again.
    while (!(await next(0)).includes('write dev->iommu'))
      await choose('CPU0: to what others were seen to touch');
    await choose('CPU0: one step');
    expect(await held(page, 'dev->iommu')).toContain('A');
    await choose('CPU1: to its end');
    expect(await held(page, 'dev->iommu')).toBe('NULL');
    expect(await page.getByRole('alert').filter({ hasText: 'bug' }).count()).toBe(0);
    const before = await param(page, 'token');
    await choose('CPU0: to its end');
    const alert = page.getByRole('alert').filter({ hasText: 'You have come to a bug' });
    expect(await textOf(alert)).toContain('dev->iommu is NULL in iommu_fwspec_init()');
    expect(await textOf(alert)).toContain(
      "CPU1 frees dev->iommu between CPU0's dev_iommu_get() and its use",
    );
    const played = await param(page, 'token');
    expect((await fwspec(['replay', played ?? ''])).code).toBe(1);
    await page.keyboard.press('u');
    await alert.waitFor({ state: 'detached' });
    expect(await param(page, 'token')).toBe(before);
    await choose('CPU0: to its end');
    await alert.waitFor();
    await page.goBack();
    await alert.waitFor({ state: 'detached' });
    await page.goForward();
    await page.getByRole('link', { name: /Why it happens/ }).click();
    await page.getByText('Goes wrong:').waitFor();
    expect(complaints).toEqual([]);
  });

  test('who waits says for what, and cannot be chosen', async () => {
    const { page } = await opened({ token: `${of}//-` });
    const press = async (key: string): Promise<void> => {
      const before = page.url();
      await page.keyboard.press(key);
      await page.waitForURL((url) => url.href !== before);
      await page.locator('.race:not([aria-busy])').waitFor();
    };
    while (!(await textOf(page.locator('.task p').nth(0))).includes('iommu_device_list'))
      await press('Shift+Digit1');
    for (let i = 0; i < 60; i++) {
      if ((await textOf(page.locator('.task p').nth(1))).startsWith('waits')) break;
      await press('Digit2');
    }
    expect(await textOf(page.locator('.task p').nth(1))).toBe(
      'waits for iommu_device_lock, which CPU0 has',
    );
    expect(await held(page, 'iommu_device_lock')).toContain('held by CPU0; CPU1 waits');
    expect(await page.getByRole('button', { name: /^CPU1:/ }).count()).toBe(0);
  });
});

test('a search that is stopped ends at once, keeps what it found, and is never called clean', async () => {
  const { page } = await opened({ scenario: 'remove-add', kernel: 'v6.7-rc1', run: '1' });
  await page.getByText(/[1-9][\d,]* executions? of about/).waitFor();
  // While it searches, the page goes on drawing.
  const frames = await page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        const end = performance.now() + 1000;
        let drawn = 0;
        const draw = (): void => {
          drawn++;
          if (performance.now() < end) requestAnimationFrame(draw);
          else resolve(drawn);
        };
        draw();
      }),
  );
  expect(frames).toBeGreaterThan(10);
  // Whatever the worker is at: the answer is there when the click is over.
  const said = await page.evaluate(() => {
    const one = (selector: string): HTMLElement | null => document.querySelector(selector);
    one('.running button')?.click();
    return [one('.results .verdict')?.textContent, one('.running')?.hidden];
  });
  expect(said).toEqual([expect.stringMatching(/incomplete, there are more/), true]);
  const verdict = page.locator('.results .verdict');
  expect(await textOf(verdict)).not.toMatch(/Nothing goes wrong/);
  await page.locator('.causes').waitFor();
  expect(await textOf(verdict)).toMatch(/with \d+ causes?.*incomplete, there are more/);
  const executions = async (): Promise<number> =>
    Number(/in ([\d,]+) exec/.exec(await textOf(verdict))?.[1]?.replaceAll(',', ''));
  const before = await executions();
  await page.getByRole('button', { name: 'Go on' }).click();
  await page.getByText(/[1-9][\d,]* executions? of about/).waitFor();
  await page.waitForTimeout(300);
  await page.getByRole('button', { name: 'Stop' }).click();
  await page.locator('.running').waitFor({ state: 'hidden' });
  await expect.poll(executions, { timeout: 30_000 }).toBeGreaterThan(before);
});

describe('a link that is wrong', () => {
  test.each([
    ['a token of something else', 'f9/x'],
    ['one that was cut', 'f1/v6.7-rc1/cover-letter'],
    ['a kernel that is not there', token.replace('v6.7-rc1', 'v0.<b>1')],
    ['a schedule that does not fit', token.replace('0:lyfqi', '9:lyfqi')],
    ['a bug that is not there', `${token.slice(0, -5)}aaaaa`],
    ['a play that does not fit', `${of}/9:lyfqi/-`],
  ])('%s says what the terminal says', async (_name, wrong) => {
    const { page } = await opened({ token: wrong });
    const { code, stderr } = await fwspec(['replay', wrong]);
    expect(code).toBe(2);
    const alert = page.locator('.race > .error');
    expect(`fwspec: ${await textOf(alert)}`).toBe(stderr.trim());
    expect(await page.locator('.race b').count()).toBe(0);
  });

  test.each(['c1/x.c/-/0/0/0', 'l1/cover-letter/arm64/14/source/-/-/0/0/-'])(
    '%s, which needs a compiler, is for the terminal',
    async (wrong) => {
      const { page } = await opened({ token: wrong });
      const said = page.locator('.race > .error').filter({ hasText: 'fwspec replay TOKEN' });
      await said.waitFor();
      expect(await textOf(said)).toContain('a page has no compiler');
    },
  );

  test('a scenario that is not there says so, in the form', async () => {
    const { page } = await opened({ scenario: 'none<img>', kernel: 'v6.7', run: '1' });
    await page.getByRole('alert').filter({ hasText: 'none<img>' }).waitFor();
    expect(await page.locator('img').count()).toBe(0);
  });
});

test('names from firmware are text, wherever they are shown', async () => {
  const name = encodeURIComponent('<img src=x onerror=alert(1)>\u202e');
  const { page, complaints } = await opened({ token: `${of.replace('iommu=', `${name}=`)}//-` });
  await page.locator('.task').first().waitFor();
  const choose = page.getByRole('button', { name: 'CPU0: to its end' });
  await choose.click();
  await page.locator('.lanes tbody tr').first().waitFor();
  const text = await textOf(page.locator('main'));
  expect(text).toContain('<img src=x onerror=alert(1)>');
  expect(text).not.toContain('\u202e');
  expect(await page.locator('img').count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('a device of a machine is explored in its own shape, and so is the device of a witness', async () => {
  const machine =
    '#machine?from=example%2Farm64-virt-smmuv3&device=0000%3A00%3A02.0&kernel=v6.7-rc1';
  const { page, complaints } = await look(await served(), machine);
  await page.getByRole('link', { name: 'Its races' }).click();
  await page.locator('.about', { hasText: 'Of 0000:00:02.0' }).waitFor();
  const shape = 'pci, 2 functions in one group, ID 0x10 at 9050000.smmuv3';
  for (const _from of ['the machine', 'a witness of it']) {
    await page.getByRole('button', { name: 'Explore' }).click();
    const title = page.locator('.results h2');
    await title.waitFor({ timeout: 60_000 });
    expect(await textOf(title)).toBe(`cover-letter, kernel v6.7-rc1, ${shape}`);
    await page.locator('.causes a').first().click();
    await page.getByRole('link', { name: 'Explore the scenario' }).click();
    await page.locator('.about', { hasText: `Of ${shape}` }).waitFor();
  }
  expect(complaints).toEqual([]);
});

test('who comes back from a device that there is not explores the one that there is', async () => {
  const { page } = await look(await served('examples/arm64-virt-smmuv3'));
  const url = page.url();
  const hash = (device: string): string => `#race?from=given&device=${encodeURIComponent(device)}`;
  const about = page.locator('.about');
  await page.goto(url + hash('0000:00:02.0'));
  await about.filter({ hasText: 'Of 0000:00:02.0' }).waitFor();
  await page.goto(url + hash('none'));
  await page.getByRole('alert').filter({ hasText: 'none' }).waitFor();
  await page.goBack();
  await page.getByRole('alert').waitFor({ state: 'hidden' });
  expect(await about.textContent()).toContain('Of 0000:00:02.0');
  // There is no driver to choose: the IOMMU is that of the machine.
  expect(await page.getByLabel('IOMMU driver').count()).toBe(0);
});

test('who takes a link by the keyboard goes on in what it leads to', async () => {
  const { page } = await opened({ token });
  const focused = (): Promise<string | undefined> =>
    page.evaluate(() => document.activeElement?.tagName);
  await page.getByRole('link', { name: 'Play it yourself' }).press('Enter');
  await page.getByRole('list', { name: 'Tasks' }).waitFor();
  expect(await focused()).toBe('MAIN');
  const machine = '#machine?from=example%2Farm64-virt-smmuv3&device=0000%3A00%3A02.0';
  await page.goto((page.url().split('#')[0] ?? '') + machine);
  await page.getByRole('link', { name: 'Its races' }).press('Enter');
  await page.locator('.about', { hasText: 'Of 0000:00:02.0' }).waitFor();
  expect(await focused()).toBe('MAIN');
});

test('who uses the keyboard keeps the focus where it was', async () => {
  const { page } = await opened({ token: `${of}//-` });
  const focused = (): Promise<string | null> =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-label') ?? null);
  const button = page.getByRole('button', { name: 'CPU0: one step' });
  for (let i = 0; i < 3; i++) {
    const before = page.url();
    await button.press('Enter');
    await page.waitForURL((url) => url.href !== before);
    await page.locator('.race:not([aria-busy])').waitFor();
    expect(await focused()).toBe('CPU0: one step');
  }
});

describe('what somebody looks at', () => {
  const views: readonly (readonly [string, Readonly<Record<string, string>>, string])[] = [
    ['the search', {}, '.ask button'],
    ['what it found', { scenario: 'cover-letter', kernel: 'v6.7-rc1', run: '1' }, '.causes li'],
    ['a witness', { token }, '.lanes table'],
    ['its twin', { token, twin: '1' }, '.lanes table'],
    ['a play', { token: `${of}/0:lyfqi+1:y2qie/-` }, '.tasks li'],
  ];
  test.each(
    views.flatMap(([name, params, wait]) =>
      (
        [
          [400, true],
          [1280, false],
        ] as const
      ).map(([width, dark]) => ({ name, params, wait, width, dark })),
    ),
  )(
    '$name at $width pixels, dark $dark: axe has nothing against it, and only boxes scroll',
    async ({ params, wait, width, dark }) => {
      const { page, complaints } = await opened(params, { width, dark });
      await page.locator(wait).first().waitFor();
      expect(await violations(page)).toEqual([]);
      await expectNoSidewaysScroll(page);
      expect(complaints).toEqual([]);
    },
  );
});
