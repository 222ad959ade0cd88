import { compatibleOf, type FdtNode, isAvailable, propertyOf, u32 } from '../firmware/index.ts';
import {
  type Attachment,
  type Design,
  type device,
  EPROBE_DEFER,
  iommuDriverOf,
  type Kconfig,
} from '../linux/index.ts';
import { FormatError } from '../util/index.ts';
import { type Boot, type BootOptions, bootMachine } from './boot.ts';
import { endStateOf } from './end-state.ts';
import { findingsOf } from './findings.ts';
import { logByDevice, type Reasoning, reasonsFor } from './inspect-reasons.ts';
import type {
  DeviceOutcome,
  InspectedDevice,
  InspectedGroup,
  InspectedId,
  InspectedIommu,
  Inspection,
  IommuState,
} from './inspection.ts';
import type { Machine, MachineDevice } from './machine.ts';
import { deviceName } from './platform.ts';

/**
 * What each device of the machine gets. The model of the kernel boots once, one thing after the
 * other, and this is what its end state says.
 */
export function inspect(
  machine: Machine,
  design: Design,
  config: Kconfig,
  options: BootOptions = {},
): Inspection {
  const boot = bootMachine(machine, design, config, options);
  const iommus = iommusOf(machine, boot);
  const { firmware, model, compatible } = machine;
  const reasoning: Reasoning = { machine, boot, iommus, log: logByDevice(boot.k.log) };
  return {
    machine: { firmware, model, compatible },
    iommus: [...iommus.values()],
    devices: [...boot.devices].map(([of, dev]) => inspectDevice(reasoning, of, dev)),
    groups: groupsOf(boot),
    findings: findingsOf(machine, boot),
  };
}

/** Every node that is an IOMMU, enabled or not, in the order of the tree. */
function iommusOf(machine: Machine, boot: Boot): Map<FdtNode, InspectedIommu> {
  const found = new Map<FdtNode, InspectedIommu>();
  if (machine.fdt === null) return found;
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
        cells: cellsOf(node),
      });
    }
    for (const child of node.children) visit(child, available);
  };
  visit(machine.fdt.root, true);
  return found;
}

function stateOf(boot: Boot, driven: boolean, of: MachineDevice | undefined): IommuState {
  if (!driven) return 'no-driver';
  const dev = of === undefined ? undefined : boot.devices.get(of);
  const instance = dev === undefined ? undefined : boot.k.instances.get(dev);
  const registered = instance !== undefined && boot.k.iommu_device_list.value.includes(instance);
  return registered ? 'registered' : 'failed';
}

function cellsOf(node: FdtNode): number | null {
  const property = propertyOf(node, '#iommu-cells');
  if (property === undefined) return null;
  try {
    return u32(property);
  } catch (error) {
    if (error instanceof FormatError) return null;
    throw error;
  }
}

function inspectDevice(reasoning: Reasoning, of: MachineDevice, dev: device): InspectedDevice {
  const { boot } = reasoning;
  const end = endStateOf(dev);
  const outcome = outcomeOf(boot, dev);
  const errno = errnoOf(boot, dev, outcome);
  return {
    name: of.name,
    path: of.path,
    bus: of.bus,
    firmware_node: of.dma_node?.path ?? null,
    outcome,
    errno,
    iommus: end.grouped ? end.attachments.map(attachmentOf) : [],
    group: dev.iommu_group.value?.id ?? null,
    domain: end.domain,
    reasons: reasonsFor(reasoning, of, dev, outcome, errno),
  };
}

function outcomeOf({ k, attempts, absent }: Boot, dev: device): DeviceOutcome {
  if (absent.has(dev)) return 'deferred';
  const { grouped, domain, bound } = endStateOf(dev);
  if (grouped)
    return domain === null ? 'failed' : domain === 'identity' ? 'identity' : 'translated';
  const waiting = [k.deferred_probe_pending_list, k.deferred_probe_active_list];
  if (waiting.some((list) => list.value.includes(dev))) return 'deferred';
  return bound || !attempts.has(dev) ? 'direct' : 'failed';
}

function errnoOf({ attempts }: Boot, dev: device, outcome: DeviceOutcome): number | null {
  const attempt = attempts.get(dev);
  switch (outcome) {
    case 'deferred':
      return -EPROBE_DEFER;
    case 'direct':
      return attempt?.iommuErrno || null;
    case 'failed':
      return attempt === undefined || attempt.errno === 0 ? null : -Math.abs(attempt.errno);
    default:
      return null;
  }
}

function attachmentOf({ instance, ids }: Attachment): { iommu: string; ids: InspectedId[] } {
  const split = instance.ops?.driver === 'arm-smmu';
  return {
    iommu: instance.dev.name,
    ids: ids.map((id) => (split ? { id: id & 0xffff, mask: id >>> 16 } : { id, mask: 0 })),
  };
}

/** By number, which is the order in which they were made. */
function groupsOf({ devices }: Boot): InspectedGroup[] {
  const groups = new Map<number, { type: InspectedGroup['type']; devices: string[] }>();
  for (const [of, dev] of devices) {
    const group = dev.iommu_group.value;
    if (group === null) continue;
    const known = groups.get(group.id);
    if (known !== undefined) known.devices.push(of.name);
    else groups.set(group.id, { type: group.domain.value?.type ?? null, devices: [of.name] });
  }
  return [...groups].sort(([a], [b]) => a - b).map(([id, group]) => ({ id, ...group }));
}
