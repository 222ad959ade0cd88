// The IOMMUs of a machine, and what became of each.

import {
  compatibleOf,
  type FdtNode,
  type IortNode,
  isAvailable,
  propertyOf,
  u32Of,
  type ViotIommu,
  type ViotNode,
} from '../../firmware/index.ts';
import {
  drhdsOf,
  type fwnode_handle,
  type IommuTable,
  intelIommuIsDisabled,
  type iommu_device,
  iommuDriverOf,
  iommuDriverOfTable,
  iommuDriverOfUnits,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Boot } from '../boot/boot.ts';
import { deviceName } from '../firmware/platform.ts';
import type { InspectedIommu, IommuState } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';

/** Every IOMMU that firmware describes, enabled or not, in its order. */
export function iommusOf(machine: Machine, boot: Boot): Map<fwnode_handle, InspectedIommu> {
  if (machine.firmware === 'none') return new Map();
  return machine.fdt === null
    ? new Map([...iommusOfTables(machine, boot), ...unitsOf(machine, boot)])
    : iommusOfTree(machine, machine.fdt, boot);
}

function iommusOfTree(
  machine: Machine,
  { root }: NonNullable<Machine['fdt']>,
  boot: Boot,
): Map<fwnode_handle, InspectedIommu> {
  const found = new Map<fwnode_handle, InspectedIommu>();
  const byNode = new Map<FdtNode, MachineDevice>();
  for (const of of machine.devices) if (of.of_node !== null) byNode.set(of.of_node, of);
  const visit = (node: FdtNode, enabled: boolean): void => {
    const available = enabled && isAvailable(node);
    const driver = iommuDriverOf(node, boot.k);
    if (driver !== null || propertyOf(node, '#iommu-cells') !== undefined) {
      const of = byNode.get(node);
      found.set(node, {
        name: of?.name ?? deviceName(node),
        path: node.path,
        compatible: compatibleOf(node),
        driver: driver?.name ?? null,
        state: available ? stateOf(boot, driver !== null, of) : 'disabled',
        cells: u32Of(node, '#iommu-cells'),
      });
    }
    for (const child of node.children) visit(child, available);
  };
  visit(root, true);
  return found;
}

function iommusOfTables(machine: Machine, boot: Boot): Map<fwnode_handle, InspectedIommu> {
  const found = new Map<fwnode_handle, InspectedIommu>();
  const { iort = null, viot = null, fwnodes } = machine.acpi ?? {};
  const byFwnode = new Map<fwnode_handle | null, MachineDevice>();
  for (const of of machine.devices) {
    const fwnode = of.acpi?.fwnode ?? null;
    if (!byFwnode.has(fwnode)) byFwnode.set(fwnode, of);
  }
  for (const node of [...(iort?.nodes ?? []), ...(viot?.nodes ?? [])]) {
    if (!isIommu(node)) continue;
    const driver = iommuDriverOfTable(node, boot.k);
    const fwnode = fwnodes?.get(node);
    const of = fwnode === undefined ? undefined : byFwnode.get(fwnode);
    const table = node.type.startsWith('smmu') ? 'IORT' : 'VIOT';
    found.set(fwnode ?? { kind: 'static', path: '' }, {
      name: of?.name ?? node.type,
      path: `${table} node at ${hex(node.offset)}`,
      compatible: [node.type],
      driver: driver?.name ?? null,
      state: stateOf(boot, driver !== null, of),
      cells: null,
    });
  }
  return found;
}

/** What no node stands for: each has a key of its own that leads nowhere. */
function unitsOf({ units, acpi }: Machine, { k }: Boot): [fwnode_handle, InspectedIommu][] {
  if (units === undefined) return [];
  const driver = iommuDriverOfUnits(units.table, k);
  const table = units.table.toUpperCase();
  const described = structuresOf(units.table, acpi);
  const instances = new Map(k.units?.instances.map((of) => [of.dev.name, of]));
  return [...units.scopes.keys()].map(({ name }, i) => {
    const instance = instances.get(name);
    const state = stateOfInstance(k, driver !== null, instance);
    const offset = described[i]?.offset;
    return [
      { kind: 'static', path: name },
      {
        name,
        path: offset === undefined ? table : `${table} structure at ${hex(offset)}`,
        compatible: [],
        driver: driver?.name ?? null,
        state: state === 'failed' && isLeftAlone(k, i) ? 'disabled' : state,
        cells: null,
      },
    ];
  });
}

/** Where a table describes its units; of an IVRS that Linux gives up on, that is not known. */
function structuresOf(table: IommuTable, acpi: Machine['acpi']): readonly { offset: number }[] {
  if (table === 'dmar' && acpi?.dmar) return drhdsOf(acpi.dmar);
  const ivrs = table === 'ivrs' ? acpi?.ivrs : null;
  return typeof ivrs === 'object' && ivrs !== null ? ivrs.units : [];
}

/** Whether nobody wants a unit, as opposed to Linux failing to use it. */
function isLeftAlone({ config, dmar, units }: Boot['k'], seq_id: number): boolean {
  if (units?.driver.name === 'amd-iommu') return config.no_iommu || config.amd_iommu_disabled;
  if (typeof dmar === 'string') return config.no_iommu || intelIommuIsDisabled(config);
  return dmar?.find((unit) => unit.seq_id === seq_id)?.ignored === true;
}

function isIommu(node: IortNode | ViotNode): node is IortNode | ViotIommu {
  return ['smmu', 'smmu-v3', 'virtio-iommu-pci', 'virtio-iommu-mmio'].includes(node.type);
}

function stateOf(boot: Boot, driven: boolean, of: MachineDevice | undefined): IommuState {
  const dev = of === undefined ? undefined : boot.devices.get(of);
  return stateOfInstance(boot.k, driven, dev && boot.k.instances.get(dev));
}

function stateOfInstance(
  { iommu_device_list }: Boot['k'],
  driven: boolean,
  instance: iommu_device | undefined,
): IommuState {
  if (!driven) return 'no-driver';
  const registered = instance !== undefined && iommu_device_list.value.includes(instance);
  return registered ? 'registered' : 'failed';
}
