// The screen of `check`: what it says of firmware, of devices and of the kernel.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bug } from '../../src/explore/index.ts';
import { groupFindings } from '../../src/machine/findings/grouped.ts';
import type { Finding, InspectedDevice, Inspection } from '../../src/machine/index.ts';
import {
  checkFirmwareText,
  checkFullText,
  checkKernelText,
  checkSummary,
  type Judge,
  kernelVerdict,
  nextText,
  worstLanes,
} from '../../src/report/index.ts';
import { hostile } from './lanes/any-bug.ts';
import { smallBug } from './lanes/small-bug.ts';
import { causeOf, explorationOf, searchOf } from './small-check.ts';

const unjudged: Judge = () => null;
const race: Bug = { ...smallBug, kind: 'data-race', id: 'data-race:f:x', message: 'x' };
const other: Bug = { ...smallBug, id: 'null-deref:g:x', function: 'g', preemptions: 3 };

function finding(changes: Partial<Finding> = {}): Finding {
  return {
    rule: 'pci-no-acs-port',
    severity: 'warning',
    node: '0000:00:01.0',
    property: 'config',
    offset: 4,
    message: '0000:00:01.0 has no ACS',
    help: 'move it',
    ...changes,
  };
}

describe('findings that differ in their node only are one', () => {
  const twin = finding({ node: '0000:00:02.0', message: '0000:00:02.0 has no ACS', offset: 8 });

  test('with all nodes, in their order, as the first is told; a second one of a node stays apart', () => {
    const [one, ...rest] = groupFindings([finding(), twin, finding()]);
    expect(one).toEqual({ ...finding(), nodes: ['0000:00:01.0', '0000:00:02.0'] });
    expect(rest).toEqual([finding()]);
  });

  test('and one of a kind has no list', () => {
    expect(groupFindings([finding()])).toEqual([finding()]);
  });

  test.each<[what: string, change: Partial<Finding>]>([
    ['another rule', { rule: 'pci-legacy-bridge' }],
    ['another severity', { severity: 'error' }],
    ['another property', { property: 'iommus' }],
    ['another message', { message: '0000:00:02.0 has too much ACS' }],
    ['other help', { help: 'leave it' }],
  ])('but not with %s', (_what, change) => {
    expect(groupFindings([finding(), { ...twin, ...change }]).length).toBe(2);
  });

  test('and no node is lost or told twice', () => {
    const findings = fc.array(
      fc.record({ node: fc.constantFrom('/a', '/b', '/a/b'), rule: fc.constantFrom('x', 'y') }),
    );
    fc.assert(
      fc.property(findings, (list) => {
        const all = list.map((of) => finding({ ...of, message: `${of.node} is bad` }));
        const told = groupFindings(all).flatMap(({ rule, node, nodes = [node] }) =>
          nodes.map((of) => `${rule} ${of}`),
        );
        expect(told.toSorted()).toEqual(list.map(({ rule, node }) => `${rule} ${node}`).toSorted());
      }),
    );
  });
});

describe('the kernel has one verdict, whatever searches it is made of', () => {
  test('a bug that two searches find is told once, with the fewest preemptions', () => {
    const dear = causeOf('c', [{ ...smallBug, preemptions: 4 }]);
    const cheap = causeOf('c', [smallBug, other]);
    const searches = [
      searchOf(explorationOf([{ ...smallBug, preemptions: 4 }, race], { causes: [dear] })),
      searchOf(explorationOf([smallBug, other, race], { causes: [cheap], scenario: 'b' })),
    ];
    const { causes, dataRaces } = kernelVerdict(searches, [], null, unjudged);
    expect(causes.map(({ id, sites, preemptions }) => [id, sites, preemptions])).toEqual([
      ['c', [smallBug.id, other.id], 1],
    ]);
    expect(causes[0]?.search.exploration.scenario).toBe('b');
    expect(dataRaces.map(({ id }) => id)).toEqual([race.id]);
  });

  test('what Linux has comes before what only the model has, and easy before hard', () => {
    const status = { a: 'model-only', b: 'narrow', c: 'real', d: 'real' } as const;
    const judge: Judge = ({ id }) => {
      const known = status[id as keyof typeof status];
      return known === undefined
        ? null
        : { status: known, reported: '', kernels: ['v6.1', null], anchor: 'a', name: 'A race' };
    };
    const preemptions = { a: 0, unknown: 1, b: 2, c: 4, d: 3 };
    const causes = Object.entries(preemptions).map(([id, fewest]) =>
      causeOf(id, [{ ...smallBug, id, preemptions: fewest }]),
    );
    const bugs = causes.flatMap(({ witnesses }) => witnesses);
    const verdict = kernelVerdict([searchOf(explorationOf(bugs, { causes }))], [], null, judge);
    expect(verdict.causes.map(({ id }) => id)).toEqual(['d', 'c', 'b', 'unknown', 'a']);
  });

  test.each<[what: string, bugs: Bug[], complete: boolean, left: number, verdict: string]>([
    ['clean when all was looked at', [], true, 0, 'clean'],
    ['incomplete when a search was cut short', [], false, 0, 'incomplete'],
    ['incomplete when one was not begun', [], true, 1, 'incomplete'],
    ['bug for data races, too', [race], true, 0, 'bug'],
    ['bug however much is left', [smallBug], false, 1, 'bug'],
  ])('%s', (_what, bugs, complete, count, verdict) => {
    const left = Array.from({ length: count }, () => ({ scenario: 's', devices: ['dev'] }));
    const search = searchOf(explorationOf(bugs, { complete }));
    expect(kernelVerdict([search], left, null, unjudged).verdict).toBe(verdict);
  });
});

function screenOf(verdict: ReturnType<typeof kernelVerdict>, width = 80): string {
  return checkKernelText(verdict, worstLanes({ width }), { width }).join('\n');
}

describe('the screen of the kernel', () => {
  test('counts bugs and data races apart', () => {
    const search = searchOf(explorationOf([smallBug, race]));
    const text = screenOf(kernelVerdict([search], [], null, unjudged));
    expect(text).toContain(
      "kernel     1 problem possible while it boots (not your firmware's fault)",
    );
    expect(text).toContain('and 1 data race: --full');
    expect(checkSummary(kernelVerdict([search], [], null, unjudged))).toEqual([
      '1 shape, 1 of 1 exploration: 1 bug, 1 data race, every search complete',
    ]);
  });

  test('does not call that a problem which only the model has', () => {
    const judge: Judge = () => ({
      status: 'model-only',
      reported: '',
      kernels: ['v6.1', null],
      anchor: 'a',
      name: 'A race',
    });
    const text = screenOf(kernelVerdict([searchOf(explorationOf([smallBug]))], [], null, judge));
    expect(text).toContain('no problem known while it boots; 1 of the model only');
  });

  test('says what was not looked at', () => {
    const cut = searchOf(explorationOf([], { complete: false, scenario: 'hotplug' }), ['eth0']);
    const left = [{ scenario: 'rebind', devices: ['eth1'] }];
    const text = screenOf(kernelVerdict([cut], left, null, unjudged), 200);
    expect(text).toContain('no problem found so far');
    expect(text).toContain(
      'incomplete: 1 of 2 explorations cut short, 1 not begun (hotplug on eth0, rebind on eth1)',
    );
    expect(text).not.toContain('all ');
  });

  test('says why there was nothing to look at', () => {
    const text = screenOf(kernelVerdict([], [], 'there is no IOMMU', unjudged));
    expect(text).toBe('kernel     nothing to explore: there is no IOMMU');
  });

  test('shows the worst in few rows: what decides, and where it goes wrong', () => {
    const [, lanes = ''] = screenOf(
      kernelVerdict([searchOf(explorationOf([smallBug]))], [], null, unjudged),
    ).split('1 preemption\n');
    expect(lanes).toContain('*** NULL pointer dereference');
    expect(lanes).toContain('dev->iommu = NULL');
    expect(lanes).not.toContain('free A');
  });
});

test('what an exploration shares with those before it is not told again', () => {
  const first = searchOf(explorationOf([smallBug, race]));
  const second = searchOf(explorationOf([smallBug, other, race], { scenario: 'b' }), first.devices);
  const text = checkFullText(second, [first], { width: 200 }).join('\n');
  expect(text).toContain('null-deref in g()');
  expect(text).not.toContain(`token/${smallBug.id}`);
  expect(text).toContain('What it shares with those above is told there: 2 of its bugs');
});

const device: InspectedDevice = {
  name: 'eth0',
  path: 'devices/platform/eth0',
  bus: 'platform',
  firmware_node: '/eth0',
  outcome: 'direct',
  errno: null,
  iommus: [],
  group: null,
  domain: null,
  reasons: ['no IOMMU is described for it'],
};

function inspectionOf(changes: Partial<Inspection>): Inspection {
  return {
    machine: { firmware: 'devicetree', model: '', compatible: [] },
    iommus: [],
    devices: [device],
    groups: [],
    findings: [],
    notes: [],
    ...changes,
  };
}

function firmwareScreen(inspection: Inspection, machine = 'm.dtb', width = 80): string[] {
  return checkFirmwareText({ machine, kernel: 'v7.3', inspection, rules: 35 }, { width });
}

test.each([
  ['devicetree', 'devicetree'],
  ['acpi', 'acpi'],
  ['none', 'no firmware'],
] as const)('the first line says what kind of firmware there is: %s', (firmware, said) => {
  const machine = { firmware, model: '', compatible: [] };
  expect(firmwareScreen(inspectionOf({ machine }))[0]).toBe(`m.dtb   ${said}   Linux v7.3`);
});

describe('the screen of firmware', () => {
  test('is four lines where all is well', () => {
    const behind: InspectedDevice = {
      ...device,
      name: 'eth1',
      outcome: 'translated',
      iommus: [{ iommu: 'smmu', ids: [] }],
      group: 0,
      domain: 'DMA',
      reasons: [],
    };
    const groups = [{ id: 0, type: 'DMA', devices: ['eth1'] } as const];
    expect(firmwareScreen(inspectionOf({ devices: [device, behind], groups }))).toEqual([
      'm.dtb   devicetree   Linux v7.3',
      'firmware   ok: 35 rules, nothing found',
      'devices    1 behind smmu in 1 group',
      '           1 direct: no IOMMU is described for it (eth0)',
    ]);
  });

  test('has errors before warnings, and says how much there is besides', () => {
    const findings = [
      finding(),
      ...['a', 'b', 'c', 'd'].map((rule) => finding({ rule, severity: 'error' })),
    ];
    const text = firmwareScreen(inspectionOf({ findings })).join('\n');
    expect(text).toContain('firmware   4 errors, 1 warning');
    expect(text.indexOf('  error    a:')).toBeGreaterThan(0);
    expect(text).toContain('and 1 warning more: --full');
  });

  test.each<[what: string, change: Partial<Finding>, where: string]>([
    ['in a table', { node: 'IORT', property: null, offset: 0xc4 }, 'IORT at offset 0xc4'],
    ['in a table as a whole', { node: 'IORT', property: null, offset: null }, 'IORT'],
    ['in a node', { node: '/a', property: null, offset: 0xc4 }, '/a'],
    ['in a property', { node: '/a', property: 'iommus', offset: 0xc4 }, '/a iommus'],
  ])('says where what is wrong is %s', (_what, change, where) => {
    const text = firmwareScreen(inspectionOf({ findings: [finding(change)] })).join('\n');
    expect(text).toContain(`pci-no-acs-port: ${where}\n`);
  });

  test('a device that waits, or fails, is named', () => {
    const waits: InspectedDevice = { ...device, outcome: 'deferred', reasons: ['waits for 0x12'] };
    const text = firmwareScreen(inspectionOf({ devices: [waits, device] })).join('\n');
    expect(text).toContain('1 deferred: waits for 0x.. (eth0)');
  });

  test('no firmware controls a terminal, or makes lines wider than it', () => {
    fc.assert(
      fc.property(hostile, fc.integer({ min: 100, max: 140 }), (text, width) => {
        const named = { ...device, name: text, reasons: [text] };
        const findings = [finding({ node: text, message: text, property: text })];
        const lines = firmwareScreen(inspectionOf({ devices: [named], findings }), text, width);
        // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is looked for
        for (const line of lines) expect(line).not.toMatch(/[\x00-\x1f\x7f-\x9f\u202e\u2028]/);
        for (const line of lines) expect(line.length).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe('commands to run next', () => {
  test('go on in the next line where they are too long, an option with its value', () => {
    const words = [
      'fwspec',
      'explore',
      'cover-letter',
      '--machine',
      'a/long/path',
      '--kernel',
      'v7.3',
    ];
    expect(nextText([words], 50)).toEqual([
      'next       fwspec explore cover-letter \\',
      '               --machine a/long/path \\',
      '               --kernel v7.3',
    ]);
  });

  test('are quoted for a shell', () => {
    expect(nextText([['fwspec', 'explain', "it's here", 'a;b', '-']], 80)).toEqual([
      "next       fwspec explain 'it'\\''s here' 'a;b' -",
    ]);
  });
});
