// What src/scenarios/known/ says against docs/findings.md, which is made from it, and against the model: a sample
// of what it claims. All of it: findings-page.slow.test.ts.
import { expect, test } from 'vitest';
import type { ShapeBus } from '../../../src/machine/index.ts';
import {
  anchorOf,
  findingsPage,
  knownOf,
  type ShapeFirmware,
} from '../../../src/scenarios/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { explored, subject } from '../races/explored.ts';
import { cellsOf, claims, findings, page, usualDriver, verdictsPage } from './findings.ts';

const sample = [
  ['v7.3', 'cover-letter', 'arm-smmu-v3'],
  ['v7.3', 'bind-iort', 'arm-smmu-v3'],
  ['v7.3', 'two-iommus', 'msm_iommu'],
  ['v7.3', 'two-iommus', 'arm-smmu-v3', 'iort'],
  ['v7.3', 'cover-letter', 'arm-smmu-v3', null, 'amba'],
  ['v6.16', 'cover-letter', 'arm-smmu-v3', null, 'pci'],
  ['v6.12', 'reload', 'arm-smmu-v3'],
  ['v6.12', 'refused-client', 'arm-smmu-v3'],
  ['v6.1', 'failed-registration', 'arm-smmu-v3'],
  ['v6.1', 'remove-device', 'arm-smmu-v3'],
  ['v6.12', 'cover-letter', 'arm-smmu-v3'],
  ['v6.12', 'cover-letter', 'arm-smmu'],
  ['v6.12', 'remove-device', 'arm-smmu-v3'],
  ['v6.12', 'unload', 'arm-smmu-v3'],
  ['fwspec-v2', 'partial-fwspec', 'arm-smmu-v3'],
  ['fwspec-v2', 'bind-iort', 'arm-smmu-v3'],
  ['fwspec-v2', 'rebind', 'qcom_iommu'],
  ['fwspec-v2', 'cover-letter', 'sprd-iommu'],
  ['fwspec-v2+fixes', 'cover-letter', 'apple-dart'],
  ['probe-xlate', 'cover-letter', 'apple-dart'],
] as const;

test.each(sample)(
  'on %s %s behind an %s has the bugs that the findings name',
  {
    timeout: 60_000,
  },
  (
    kernel,
    scenario,
    driver,
    firmware: ShapeFirmware | null = null,
    bus: ShapeBus | null = null,
  ) => {
    const claim = claims().find(
      (of) =>
        of.kernel === kernel &&
        of.scenario === scenario &&
        of.driver === driver &&
        of.firmware === firmware &&
        of.bus === bus &&
        of.bridge === null &&
        of.shape === null,
    );
    const found = explored(subject(scenario, kernel, driver, firmware, bus)).bugs.map(
      ({ id }) => id,
    );
    expect(found).toEqual(expect.arrayContaining([...(claim?.bugs ?? ['a claim'])]));
  },
);

test('the page is what the findings say', () => {
  expect(page).toBe(findingsPage());
});

test('what was put under a finding and not followed by itself is told so, and nothing else is', () => {
  const lines = page.split('\n').filter((line) => line.startsWith('- on '));
  const rows = findings.flatMap(({ name, found }) => found.map((row) => ({ name, ...row })));
  expect(lines).toHaveLength(rows.length);
  const told = /; same cause as "(.*)"; not followed by itself$/;
  expect(lines.map((line) => told.exec(line)?.[1])).toEqual(
    rows.map(({ name, followed }) => (followed === false ? name : undefined)),
  );
  // A finding stands on a witness that somebody has followed.
  for (const { name, found } of findings)
    expect({
      name,
      alone: found.length > 0 && found.every((row) => row.followed === false),
    }).toEqual({
      name,
      alone: false,
    });
});

test('every finding has a heading of its own', () => {
  const anchors = findings.map(({ name }) => anchorOf(name));
  expect(anchors).toEqual([...new Set(anchors)]);
});

test('every finding begins with its verdict', () => {
  const words = { real: 'Real', narrow: 'Narrow', 'model-only': 'Model only' };
  for (const { name, status, text } of findings)
    expect({ name, begins: text[0]?.startsWith(`**${words[status]}`) }).toEqual({
      name,
      begins: true,
    });
});

test('a finding shows on kernels that the model has', () => {
  for (const { on } of findings.flatMap(({ found }) => found)) on.map(designOf);
  for (const { kernels } of findings) kernels.map((kernel) => kernel && designOf(kernel));
});

/** Bugs of the table that nobody has judged, as `kernel scenario bug`. May it stay empty. */
const unjudged: readonly string[] = [];

const table = verdictsPage();
const listed = (kernel: string, scenario: string): readonly string[] =>
  table.get(`${kernel} ${scenario}`) ?? [];

test('every bug of the table of verdicts is judged, or counted as one that is not', () => {
  expect(table.size).toBeGreaterThan(100);
  const open = [...table].flatMap(([cell, bugs]) => {
    const [kernel = '', scenario = ''] = cell.split(' ');
    const driver = usualDriver(scenario);
    return bugs
      .filter(
        (id) => knownOf(kernel, [id], '', { scenario, drivers: [driver], shapes: [] }) === null,
      )
      .map((id) => `${cell} ${id}`);
  });
  expect(open).toEqual(unjudged);
});

test('what is said of the usual driver is in the table', () => {
  const wrong = findings.flatMap(({ name, found }) =>
    found
      .filter(
        (row) =>
          row.with === undefined &&
          row.firmware === undefined &&
          row.bus === undefined &&
          row.bridge === undefined &&
          row.shape === undefined,
      )
      .flatMap((row) => cellsOf(row).map((cell) => ({ ...cell, bugs: row.bugs })))
      .flatMap(({ kernel, scenario, bugs }) =>
        bugs
          .filter((id) => !listed(kernel, scenario).includes(id))
          .map((id) => `${name}: ${kernel} ${scenario} ${id}`),
      ),
  );
  expect(wrong).toEqual([]);
});

test('a bug of a cell has one finding, or findings that name its causes', () => {
  const first = new Map<string, string>();
  const twice = findings.flatMap(({ name, found }) =>
    found
      .filter(({ causes }) => causes === undefined)
      .flatMap((row) =>
        cellsOf(row).flatMap(({ kernel, scenario, driver, firmware, bus, bridge, shape }) =>
          row.bugs.map(
            (id) => `${kernel} ${scenario} ${driver} ${firmware} ${bus} ${bridge} ${shape} ${id}`,
          ),
        ),
      )
      .filter((key) => {
        const other = first.get(key);
        first.set(key, name);
        return other !== undefined;
      }),
  );
  expect(twice).toEqual([]);
});
