import {
  type Attachment,
  type Design,
  type device,
  ENODEV,
  EPROBE_DEFER,
  type Kconfig,
} from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import { type Boot, type BootOptions, bootMachine, fateOf } from '../boot/boot.ts';
import { endStateOf, isWaiting } from '../boot/end-state.ts';
import { findingsOf } from '../findings/findings.ts';
import { groupFindings } from '../findings/grouped.ts';
import type {
  DeviceOutcome,
  InspectedDevice,
  InspectedGroup,
  InspectedId,
  Inspection,
} from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { assumesOf, type Booted } from './assumes.ts';
import { Deferral } from './deferral-reasons.ts';
import { iommusOf } from './iommus.ts';
import { logByDevice, type Reasoning, reasonsFor } from './reasons.ts';
import { machineRule, tablesRule } from './unmodelled.ts';

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
  return inspectBoot(machine, bootMachine(machine, design, config, options));
}

/** What the end state of a boot says. */
export function inspectBoot(machine: Machine, boot: Boot): Inspection {
  const iommus = iommusOf(machine, boot);
  const { firmware, model, compatible } = machine;
  const deferral = new Deferral(boot, (later, of) =>
    outcomeOf(later, present(later.devices.get(of), of.name)),
  );
  const assumedOfAll = [...machineRule(machine), ...boot.assumes];
  const reasoning: Reasoning & Booted = {
    assumedOfAll,
    assumedOfTables: tablesRule(machine),
    machine,
    boot,
    iommus,
    deferral,
    log: logByDevice(boot.k.log),
  };
  return {
    machine: { firmware, model, compatible },
    iommus: [...iommus.values()],
    devices: [...boot.devices].map(([of, dev]) => inspectDevice(reasoning, of, dev)),
    groups: boot.crash === null ? groupsOf(boot) : [],
    findings: groupFindings(findingsOf(machine, boot)),
    notes: [
      ...machine.notes,
      ...(machine.foreignOptions ?? []).map(
        (word) => `${word}: no release of Linux has this option, and it is not applied`,
      ),
    ],
  };
}

/** Of a path in sysfs, with its end; the kernel opens none that is as long as this. */
const PATH_MAX = 4096;

/**
 * A path that somebody can open, or its two ends. Below buses without addresses each name has those
 * above it in it, and a path all of them again: it grows with the cube of the depth.
 */
function openable(path: string): string {
  const longest = PATH_MAX - '/sys/'.length - 1;
  if (path.length <= longest) return path;
  const half = longest / 2 - 2;
  return `${path.slice(0, half)}...${path.slice(-half)}`;
}

function inspectDevice(
  reasoning: Reasoning & Booted,
  of: MachineDevice,
  dev: device,
): InspectedDevice {
  const { boot } = reasoning;
  const { name, bus } = of;
  const path = openable(of.path);
  const firmware_node = of.dma_node?.path ?? of.acpi?.dma_companion?.path ?? null;
  if (boot.crash !== null) {
    const reasons = [`the kernel ${fateOf(boot)} while it boots`];
    return { name, path, bus, firmware_node, ...crashed, reasons };
  }
  const end = endStateOf(dev);
  const outcome = outcomeOf(boot, dev);
  const errno = errnoOf(boot, dev, outcome);
  const assumes = assumesOf(reasoning, of, dev);
  // Written out: an object that is put together of others takes several times the memory.
  const group = dev.iommu_group.value?.id ?? null;
  const { domain } = end;
  const iommus = end.grouped ? end.attachments.map(attachmentOf) : [];
  const reasons = reasonsFor(reasoning, of, dev, outcome, errno);
  if (assumes.length === 0)
    return { name, path, bus, firmware_node, outcome, errno, iommus, group, domain, reasons };
  // biome-ignore format: beside the other
  return { name, path, bus, firmware_node, outcome, errno, iommus, group, domain, reasons, assumes };
}

/** No device gets anything from a kernel that does not come up. */
const crashed: Pick<InspectedDevice, 'outcome' | 'errno' | 'iommus' | 'group' | 'domain'> = {
  outcome: 'failed',
  errno: null,
  iommus: [],
  group: null,
  domain: null,
};

function outcomeOf({ k, attempts, refused, absent }: Boot, dev: device): DeviceOutcome {
  if (absent.has(dev)) return 'absent';
  const { domain, dma_ops, bound } = endStateOf(dev);
  if (domain !== null) return domain === 'identity' ? 'identity' : 'translated';
  if (dma_ops === 'arm_iommu_ops') return 'translated';
  if (isWaiting(k, dev)) return 'deferred';
  const unwanted = refused.has(dev) && Math.abs(attempts.get(dev)?.errno ?? 0) === ENODEV;
  return bound || unwanted || !attempts.has(dev) ? 'direct' : 'failed';
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

/** The IOMMU and the IDs as people know them: those of an SMMUv2 have a mask in them. */
export function attachmentOf({ instance, ids }: Attachment): { iommu: string; ids: InspectedId[] } {
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
