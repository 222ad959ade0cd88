// Any machine that tables and PCI functions can describe: `inspect` says something, and no nonsense.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readAcpi } from '../../../src/firmware/index.ts';
import {
  type Inspection,
  inspect,
  kconfigFor,
  machineFromAcpi,
} from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { FormatError, UsageError } from '../../../src/util/index.ts';
import {
  block,
  dmarOf,
  dmarStructure,
  drhd,
  edited,
  iort,
  iortNode,
  itsGroup,
  ivrsOf,
  le8,
  le16,
  le32,
  le64,
  named,
  pmcg,
  rmr,
  rootComplex,
  smmu,
  smmuV3,
  summed,
  table,
  zeros,
} from '../../firmware/acpi-builder.ts';
import { joined } from '../../firmware/fdt-builder.ts';
import { filesOf, pciOf } from '../capture/packed-captures.ts';
import { configSpace } from '../pci/config-space.ts';

const kernels = ['v6.7-rc1', 'v6.12', 'v7.3'];
type Pci = ReadonlyMap<string, Uint8Array>;

/** What is said of the machine, null where it is refused. */
function inspected(tables: readonly Uint8Array[], pci: Pci, kernel: string): Inspection | null {
  try {
    const acpi = readAcpi(tables.map((bytes, i) => ({ name: `${i}`, bytes })));
    const machine = machineFromAcpi(acpi, pci);
    const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
    return inspect(machine, designOf(kernel), config);
  } catch (error) {
    if (error instanceof FormatError || error instanceof UsageError) return null;
    throw error;
  }
}

function expectSense(tables: readonly Uint8Array[], pci: Pci, kernel: string): void {
  const inspection = inspected(tables, pci, kernel);
  expect(inspected(tables, pci, kernel)).toEqual(inspection);
  if (inspection === null) return;
  const { devices, groups, findings } = inspection;
  const names = devices.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  // Groups are a partition of the devices that have one, and both lists say the same.
  const members = groups.flatMap((group) => group.devices);
  expect(new Set(members).size).toBe(members.length);
  for (const { name, group } of devices) {
    const own = groups.find((of) => of.devices.includes(name));
    expect(own?.id ?? null).toBe(group);
  }
  expect(members.filter((name) => !names.includes(name))).toEqual([]);
  for (const { offset, message, help } of findings) {
    expect(offset).not.toBe(Number.NaN);
    expect([message, help]).not.toContain('');
  }
}

/** Some parts; before or behind them one that does something, unless there are none. */
function mostly(parts: fc.Arbitrary<Uint8Array>, good: Uint8Array): fc.Arbitrary<Uint8Array[]> {
  return fc
    .tuple(fc.array(parts, { maxLength: 5 }), fc.constantFrom('before', 'before', 'behind', 'not'))
    .map(([all, where]) =>
      where === 'not' ? all : where === 'before' ? [good, ...all] : [...all, good],
    );
}

/** Slots of three buses, some of them bridges to the next. */
const functions: fc.Arbitrary<Pci> = fc
  .uniqueArray(
    fc.record({
      bus: fc.nat(2),
      device: fc.nat(4),
      fn: fc.constantFrom(0, 0, 0, 1, 3),
      type: fc.constantFrom(undefined, 0, 1, 4, 5, 6, 7, 8, 9),
      secondary: fc.constantFrom(undefined, undefined, 1, 2, 3),
      multifunction: fc.boolean(),
      acs: fc.constantFrom(undefined, [0x5f, 0] as const, [0x5f, 0x1d] as const, [4, 0] as const),
      ids: fc.constantFrom(
        [0x1af4, 0x1041] as const,
        [0x1b4b, 0x9123] as const,
        [0x8086, 0x244e] as const,
      ),
    }),
    { maxLength: 14, selector: ({ bus, device, fn }) => `${bus}:${device}.${fn}` },
  )
  .map((all) => {
    const spaces = all.map(({ bus, device, fn, type, secondary, acs, ...of }) => [
      `0000:0${bus}:0${device}.${fn}`,
      configSpace({
        ...of,
        ...(type === undefined ? {} : { type }),
        ...(secondary === undefined ? {} : { secondary, primary: bus }),
        ...(acs === undefined ? {} : { acs }),
      }),
    ]);
    // What the good parts of tables are about.
    const first: [string, Uint8Array] = ['0000:00:01.0', configSpace({ type: 9 })];
    return new Map([...(spaces as [string, Uint8Array][]), first]);
  });

const id = fc.constantFrom(0, 1, 8, 9, 0x10, 0x18, 0xff, 0x100, 0x200, 0xffff, 0x8000_0000);
const reference = fc.constantFrom(0, 0x30, 0x30, 0x48, 0x74, 0x98, 0xac, 0x100);
const mappings = fc.array(
  fc.record({
    from: id,
    count: fc.constantFrom(1, 1, 8, 9, 0x100, 0x10000, 0xffff_ffff),
    to: id,
    reference,
    flags: fc.constantFrom(0, 0, 0, 1),
  }),
  { maxLength: 4 },
);

const iortNodes: fc.Arbitrary<Uint8Array> = fc
  .tuple(fc.nat(8), mappings, fc.nat(1), reference)
  .map(([type, maps, number, other]) => {
    const options = { mappings: maps };
    switch (type) {
      case 0:
        return itsGroup(number);
      case 1:
        return named(`\\_SB_.DEV${number}`, options);
      case 2:
      case 3:
        return rootComplex(number, options);
      case 4:
        return smmuV3(options);
      case 5:
        return edited(smmu(), 18, le8(number));
      case 6:
        return pmcg(other);
      case 7:
        return rmr(maps);
      default:
        return iortNode(99, zeros(4), options);
    }
  });

const everything = { from: 0, count: 0x10000, to: 0, reference: 0x30, flags: 0 };
const iorts = mostly(iortNodes, rootComplex(0, { mappings: [everything] })).map((nodes) =>
  iort(smmuV3(), ...nodes),
);

const bdf = fc.constantFrom(0, 8, 0x10, 0x18, 0xff, 0x100, 0x1ff, 0xffff);
const viotNodes = fc
  .tuple(fc.nat(3), fc.tuple(bdf, bdf), fc.tuple(fc.nat(1), fc.nat(1)), reference)
  .map(([type, [from, to], segments, output]) => {
    switch (type) {
      case 0:
        return joined([le8(3, 0), le16(16, 0, from), zeros(8)]);
      case 1:
        return joined([le8(4, 0), le16(16), zeros(4), le64(0xa000_0000)]);
      case 2:
        return joined([le8(2, 0), le16(24), le32(to), le64(0xa000_0000), le16(output), zeros(6)]);
      default:
        return joined([
          le8(1, 0),
          le16(24),
          le32(from),
          le16(...segments, from, to, output),
          zeros(6),
        ]);
    }
  });
const bus0 = joined([le8(1, 0), le16(24), le32(0), le16(0, 0, 0, 0xffff, 0x30), zeros(6)]);
const viots = mostly(viotNodes, bus0).map((nodes) =>
  table(
    'VIOT',
    le16(nodes.length + 1, 48),
    zeros(8),
    joined([le8(3, 0), le16(16, 0, 8), zeros(8)]),
    ...nodes,
  ),
);

const scopes = fc
  .tuple(
    fc.constantFrom(1, 2, 3, 5),
    fc.nat(2),
    fc.array(fc.tuple(fc.nat(4), fc.nat(1)), { maxLength: 3 }),
  )
  .map(([type, bus, path]) =>
    joined([le8(type, 6 + 2 * path.length, 0, 0, 1, bus), le8(...path.flat())]),
  );
const structures = fc
  .tuple(fc.nat(4), fc.nat(2), fc.nat(1), fc.array(scopes, { maxLength: 4 }))
  .map(([type, number, segment, list]) => {
    const rest = joined(list);
    const body =
      type === 1
        ? joined([le16(0, segment), le64(0x1000 * number, 0x1fff), rest])
        : type === 0 || type === 4
          ? joined([le8(number & 1, 0), le16(segment), le64(0xfed9_0000 + 0x1000 * number), rest])
          : joined([le8(0, 0), le16(segment), rest]);
    return dmarStructure(type === 4 ? 0 : type === 3 ? 5 : type, body);
  });
const others = drhd(1, 0xfed9_8000);
const dmars = mostly(structures, others).map((all) => dmarOf(...all));

const entries = fc
  .tuple(fc.constantFrom(1, 2, 2, 3, 4, 66, 67, 70, 71, 72), bdf, bdf)
  .map(([type, device, source]) => {
    const head = joined([le8(type), le16(device), le8(0)]);
    return type < 64 ? head : joined([head, le8(1), le16(source), le8(1)]);
  });
const blocks = fc
  .tuple(fc.constantFrom(0x10, 0x11, 0x40, 0x20, 0x22), bdf, fc.array(entries, { maxLength: 6 }))
  .map(([type, device, list]) => {
    const unit = joined([le16(device, 0x40), le64(0xfd20_0000), le16(0, 0), le32(0)]);
    const memory = joined([le16(device, 0xff), zeros(8), le64(0x8000_0000, 0x1000)]);
    const longer = type === 0x10 ? zeros(0) : le64(0, 0);
    const body = type >= 0x20 && type < 0x40 ? memory : joined([unit, longer, ...list]);
    return block(type, 0, body);
  });
const everyDevice = joined([
  joined([le8(0x11, 0), le16(44, 8, 0x40), le64(0xfd20_0000), le16(0, 0), le32(0)]),
  joined([le64(0, 0), le8(1, 0, 0, 0)]),
]);
const ivrses = mostly(blocks, everyDevice).map((all) => ivrsOf(...all));

describe('any functions behind any', () => {
  test.each<[string, fc.Arbitrary<Uint8Array>]>([
    ['IORT', iorts],
    ['VIOT', viots],
    ['DMAR', dmars],
    ['IVRS', ivrses],
  ])('%s', (_what, tables) => {
    fc.assert(
      fc.property(tables, functions, fc.constantFrom(...kernels), (bytes, pci, kernel) => {
        expectSense([bytes], pci, kernel);
      }),
      { numRuns: 60 },
    );
  });

  test('two tables at once', () => {
    fc.assert(
      fc.property(iorts, viots, functions, (first, second, pci) => {
        expectSense([first, second], pci, 'v7.3');
      }),
      { numRuns: 25 },
    );
  });
});

describe('a real machine whose table is damaged', () => {
  test.each([
    ['iort-named-k6.12', 'IORT'],
    ['a64-acpi-viommu-plain-k6.12', 'VIOT'],
    ['x86-dmar-explicit-k7.3', 'DMAR'],
    ['x86-amdvi-rp-k7.3', 'IVRS'],
  ])('%s: %s', (name, signature) => {
    const files = filesOf(name);
    const tables = [...files].filter(([path]) => path.startsWith('acpi/'));
    const good = files.get(`acpi/${signature}.bin`) ?? new Uint8Array();
    const others = tables.filter(([path]) => !path.includes(signature)).map(([, bytes]) => bytes);
    const change = fc.tuple(fc.integer({ min: 36, max: good.length - 1 }), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = good.slice();
        for (const [at, byte] of changes) bytes[at] = byte;
        expectSense([...others, summed(bytes)], pciOf(files), 'v7.3');
      }),
      { numRuns: 20 },
    );
  });
});
