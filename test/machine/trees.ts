import { parseFdt } from '../../src/firmware/fdt/index.ts';
import { type Machine, machineFromDevicetree } from '../../src/machine/index.ts';
import { be32, blob, type Node, node, type Prop, prop, text } from '../firmware/fdt-builder.ts';

/** The machine of a tree with 64-bit addresses and those children of the root. */
export function machineOf(
  children: readonly Node[],
  pci: Readonly<Record<string, Uint8Array>> = {},
  rootProps: readonly Prop[] = [],
): Machine {
  const props = [
    prop('#address-cells', be32(2)),
    prop('#size-cells', be32(2)),
    prop('#interrupt-cells', be32(1)),
    ...rootProps,
  ];
  const fdt = parseFdt(blob(node('', props, children)));
  return machineFromDevicetree(fdt, new Map(Object.entries(pci)));
}

export function namesOf(machine: Machine): string[] {
  return machine.devices.map(({ name }) => name);
}

export function compatible(...names: readonly string[]): Prop {
  return prop('compatible', text(...names));
}

/** Interrupts of an SMMU: one of its own, and so many for contexts. */
export function interrupts(contexts = 1): Prop[] {
  const numbers = Array.from({ length: contexts + 1 }, (_, i) => i);
  return [prop('#global-interrupts', be32(1)), prop('interrupts', be32(...numbers))];
}

/** As large as the registers of an SMMUv3, where nothing else is asked for. */
export function reg64(address: number, size = 0x2_0000): Prop {
  return prop('reg', be32(Math.floor(address / 2 ** 32), address % 2 ** 32, 0, size));
}

export function phandle(value: number): Prop {
  return prop('phandle', be32(value));
}

/** A PCI host bridge at that address. */
export function host(address: number, props: readonly Prop[] = [], children: readonly Node[] = []) {
  return node(
    `pcie@${address.toString(16)}`,
    [
      compatible('pci-host-ecam-generic'),
      prop('device_type', text('pci')),
      reg64(address),
      ...props,
    ],
    children,
  );
}
