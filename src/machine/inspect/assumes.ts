// What the answer about a device rests on.

import { propertyOf, specifiers } from '../../firmware/index.ts';
import {
  asksByStreamId,
  type device,
  type fwnode_handle,
  type IommuHardware,
  type iommu_device,
  isManagementComplex,
  mapIommuId,
  namedComponentOf,
} from '../../linux/index.ts';
import { groupBy } from '../../util/index.ts';
import { type Assumption, assume } from '../assumptions.ts';
import type { Boot } from '../boot/boot.ts';
import { endStateOf } from '../boot/end-state.ts';
import { mappedIdsOf } from '../boot/mapped-ids.ts';
import { acpiTargets } from '../firmware/acpi/targets.ts';
import type { InspectedIommu } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { driverRule, pamuRule, pciRule, revisionRule } from './unmodelled.ts';

/** A machine that has booted. */
export interface Booted {
  readonly machine: Machine;
  readonly boot: Boot;
  readonly iommus: ReadonlyMap<fwnode_handle, InspectedIommu>;
  /** What is assumed for every device that has to do with an IOMMU. */
  readonly assumedOfAll: readonly string[];
  /** What is assumed for every device: none of its IOMMUs may be known. */
  readonly assumedOfTables: readonly string[];
}

/** What the rules look at. */
interface Answer extends Booted {
  readonly of: MachineDevice;
  readonly dev: device;
  /** The IOMMUs that it is behind; without any, those that firmware names for it. */
  readonly instances: readonly iommu_device[];
  /** What firmware names for it without the model having a driver for it. */
  readonly undriven: readonly InspectedIommu[];
}

const rules: readonly ((answer: Answer) => readonly string[])[] = [
  ({ of }) => of.assumes ?? [],
  ({ assumedOfTables }) => assumedOfTables,
  windowRule,
  functionRule,
  makerRule,
  complexRule,
  slotRule,
  ({ undriven }) => undriven.map(({ name }) => assume('iommu-driver', name)),
  ({ instances, machine }) => instances.flatMap((instance) => registersRule(instance, machine)),
  ({ instances }) => instances.flatMap(driverRule),
  ({ machine, dev }) => revisionRule(machine, dev),
  ({ machine, dev }) => pamuRule(machine, dev),
  ({ instances, of, dev }) => (instances.length === 0 ? [] : pciRule(of, dev)),
  ({ instances, undriven, assumedOfAll }) =>
    instances.length + undriven.length === 0 ? [] : assumedOfAll,
];

/** Everything that is assumed for the answer about a device, each once. */
export function assumesOf(booted: Booted, of: MachineDevice, dev: device): string[] {
  const { boot, iommus } = booted;
  const attached = endStateOf(dev).attachments.map(({ instance }) => instance);
  const named = attached.length > 0 ? [] : namedFor(booted, of, dev);
  const instances = [...attached, ...instancesAt(boot, new Set(named))];
  const undriven = named.flatMap((node) => {
    const iommu = iommus.get(node);
    return iommu?.state === 'no-driver' ? [iommu] : [];
  });
  const { machine, assumedOfAll, assumedOfTables } = booted;
  // biome-ignore format: written out, it is made in one piece
  const answer = { machine, boot, iommus, assumedOfAll, assumedOfTables, of, dev, instances, undriven };
  return [...new Set(rules.flatMap((rule) => rule(answer)))];
}

const byFwnode = new WeakMap<Boot, ReadonlyMap<fwnode_handle | null, readonly iommu_device[]>>();

/** The instances at nodes. */
function instancesAt(boot: Boot, nodes: ReadonlySet<fwnode_handle>): iommu_device[] {
  let known = byFwnode.get(boot);
  if (known === undefined) {
    known = groupBy(boot.k.instances.values(), ({ dev }) => dev.fwnode);
    byFwnode.set(boot, known);
  }
  return [...nodes].flatMap((node) => known.get(node) ?? []);
}

/** The IOMMUs that firmware names for a device. */
function namedFor({ boot: { k }, machine }: Booted, of: MachineDevice, dev: device) {
  const np = of.dma_node;
  if (np === null || k.fdt === null) {
    const targets = machine.acpi === undefined ? [] : acpiTargets(k, dev);
    return typeof targets === 'string' ? [] : targets.map(({ fwnode }) => fwnode);
  }
  const ids = mappedIdsOf(of, dev);
  if (ids === null) {
    const property = propertyOf(np, 'iommus');
    const entries = property === undefined ? [] : specifiers(k.fdt, property, '#iommu-cells');
    return entries.flatMap((entry): fwnode_handle[] => (entry.ok ? [entry.node] : []));
  }
  return ids.flatMap(({ id }): fwnode_handle[] => {
    const mapped = mapIommuId(k, dev, np, id);
    return 'error' in mapped || mapped.target === null ? [] : [mapped.target];
  });
}

/** On Arm Linux looks for what a device, or what it is below, says of addresses. */
function windowRule({ machine: { architecture }, of: { acpi } }: Answer): string[] {
  const { dma } = acpi?.dma_companion ?? {};
  return architecture === 'arm64' && dma !== undefined ? [assume('acpi-dma', dma)] : [];
}

/** What is not known of the function itself, which decides its IDs and its group. */
function functionRule({ of, instances }: Answer): string[] {
  if (of.assumed) return [assume('pci-functions')];
  return of.pci?.config === null && instances.length > 0 ? [assume('pci-config')] : [];
}

/** What decides whether a driver makes the device, of those that have to do with an IOMMU. */
function makerRule({ of: { made }, instances, undriven }: Answer): string[] {
  if (made === undefined || instances.length + undriven.length === 0) return [];
  const about = `${made.driver} of ${made.by.name}`;
  return [assume(made.through === null ? 'maker' : 'dsp-service', about)];
}

/** Single mappings are used without its ID. */
function complexRule({ boot: { k }, dev }: Answer): string[] {
  if (!isManagementComplex(dev)) return [];
  const node = namedComponentOf(k, dev);
  const asked = node !== null && asksByStreamId(k, dev, node);
  return asked ? [assume('mc-stream-id')] : [];
}

/** What is in a slot of virtio-mmio only its registers say, or a driver that is bound to it. */
function slotRule({ instances, boot }: Answer): string[] {
  const slots = boot.guessed ? instances.filter(isVirtioSlot) : [];
  return slots.map(({ dev }) => assume('virtio-slot', dev.name));
}

/** A virtio-iommu that is no PCI function. */
function isVirtioSlot({ ops, dev }: iommu_device): boolean {
  return ops?.driver === 'virtio-iommu' && dev.pci === null;
}

/** What of each kind of IOMMU only its registers say, or the hypervisor that emulates it, by driver. */
const unknown: Readonly<Record<string, readonly [Assumption, readonly (keyof IommuHardware)[]]>> = {
  'arm-smmu': ['smmu-registers', ['streamMappingEntries', 'contextBanks']],
  'arm-smmu-v3': ['smmu-registers', ['streamIdBits']],
  'virtio-iommu': ['virtio-endpoints', ['endpoints']],
  'intel-iommu': ['dmar-registers', ['registers']],
  'amd-iommu': ['amd-registers', ['extendedFeatures']],
};

function registersRule(
  { ops, dev, hardware }: iommu_device,
  { emulation = {} }: Machine,
): string[] {
  const emulated: Readonly<Record<string, IommuHardware>> = emulation;
  const driver = ops?.driver ?? '';
  const known = unknown[driver];
  if (known === undefined) return [];
  const [name, fields] = known;
  if (fields.some((field) => hardware[field] === undefined)) return [assume(name, dev.name)];
  return emulated[driver] === undefined ? [] : [assume('hypervisor', dev.name)];
}
