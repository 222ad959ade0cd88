import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseFdt } from '../../src/firmware/fdt/index.ts';
import { machineFromDevicetree } from '../../src/machine/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { be32, blob, type Node, type Prop, text } from '../firmware/fdt-builder.ts';
import { filesOf } from './capture/packed-captures.ts';

/** Nothing but a refusal may come of it. */
function attempt(bytes: Uint8Array, pci: ReadonlyMap<string, Uint8Array>): void {
  try {
    const { devices } = machineFromDevicetree(parseFdt(bytes), pci);
    expect(new Set(devices.map(({ path }) => path)).size).toBe(devices.length);
    expect(new Set(devices.map(({ bus, name }) => `${bus} ${name}`)).size).toBe(devices.length);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
  }
}

const smallCells = fc
  .array(fc.oneof(fc.nat(5), fc.nat(0xffff), fc.constant(0xffff_ffff)), { maxLength: 10 })
  .map((values) => be32(...values));

const propOf: fc.Arbitrary<Prop> = fc.oneof(
  fc.record({
    name: fc.constant('compatible'),
    value: fc
      .constantFrom('simple-bus', 'arm,primecell', 'a,device', 'ramoops', 'simple-framebuffer')
      .map((name) => text(name)),
  }),
  fc.constant({ name: 'device_type', value: text('pci') }),
  fc.constant({ name: 'status', value: text('okay') }),
  fc.record({
    name: fc.constantFrom(
      ...['reg', 'ranges', '#address-cells', '#size-cells', 'iommu-map', 'bus-range'],
      ...['linux,pci-domain', 'mask', 'phandle', '#iommu-cells', 'model', 'status'],
    ),
    value: fc.oneof(smallCells, fc.uint8Array({ maxLength: 24 })),
  }),
);

function treeOf(depth: number): fc.Arbitrary<Node> {
  const children: fc.Arbitrary<Node[]> =
    depth === 0
      ? fc.constant([])
      : fc.uniqueArray(treeOf(depth - 1), { maxLength: 4, selector: ({ name }) => name });
  return fc.record({
    name: fc.constantFrom('a', 'a@1', 'b@2', 'firmware', 'chosen', 'soc', 'pcie@3', 'isa'),
    props: fc.uniqueArray(propOf, { maxLength: 6, selector: ({ name }) => name }),
    children,
  });
}

const headers = fc.dictionary(
  fc
    .tuple(fc.nat(1), fc.nat(5), fc.nat(2))
    .map(([segment, bus, device]) => `000${segment}:0${bus}:0${device}.0`),
  fc.tuple(fc.nat(2), fc.nat(6)).map(([layout, secondary]) => {
    const bytes = new Uint8Array(64);
    bytes[0x0e] = layout;
    bytes[0x19] = secondary;
    return bytes;
  }),
  { maxKeys: 12 },
);

test('any tree is a machine with unique devices, or is refused', () => {
  fc.assert(
    fc.property(treeOf(4), headers, (tree, pci) => {
      attempt(blob({ ...tree, name: '' }), new Map(Object.entries(pci)));
    }),
    { numRuns: 300 },
  );
});

test('a damaged capture is a machine with unique devices, or is refused', () => {
  const files = filesOf('a64-dt-viommu-k6.12');
  const dtb = files.get('machine.dtb') ?? new Uint8Array();
  const config = files.get('pci/0000:00:04.0.bin') ?? new Uint8Array();
  const damage = fc.array(fc.tuple(fc.nat(dtb.length - 1), fc.nat(255)), { maxLength: 20 });
  fc.assert(
    fc.property(damage, damage, (dtbDamage, configDamage) => {
      const tree = dtb.slice();
      for (const [offset, byte] of dtbDamage) tree[offset] = byte;
      const space = config.slice();
      for (const [offset, byte] of configDamage) space[offset % space.length] = byte;
      attempt(tree, new Map([['0000:00:04.0', space]]));
    }),
    { numRuns: 200 },
  );
});
