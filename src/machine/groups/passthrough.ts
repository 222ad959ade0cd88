// Whether a device can be given to a guest by itself, why not, and what would change that.

import { ACS_ISOLATION, type Kconfig, pci_acs_enabled, type pci_dev } from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import type { Explainer } from '../explain/explain.ts';
import type { Membership } from '../explain/group.ts';
import { nameOf } from '../explain/pci.ts';
import type { InspectedDevice } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import type { GroupMember, GroupView } from './groups.ts';
import { remarksOn } from './remarks.ts';
import { type Reserved, reservedFor } from './reserved.ts';

/** May quote names from firmware, so escape before printing. */
export interface Passthrough {
  readonly device: string;
  readonly group: number | null;
  /** It can be given away, and nothing else has to go with it. */
  readonly alone: boolean;
  readonly reasons: readonly string[];
  /** Members of its group that would have to go with it, or have no driver. */
  readonly with: readonly string[];
  /** Bridges in its group, which stay with their driver. */
  readonly bridges: readonly string[];
  readonly changes: readonly string[];
  /** What else there is to know before one tries. */
  readonly remarks: readonly string[];
}

export function passthroughOf(
  machine: Machine,
  explainer: Explainer,
  config: Kconfig,
  groups: readonly GroupView[],
  of: MachineDevice,
): Passthrough {
  const { inspection } = explainer;
  const found = present(inspection.devices[machine.devices.indexOf(of)], of.name);
  const members = groups.find(({ id }) => id === found.group)?.devices ?? [];
  const others = members.filter(({ name, bridge }) => name !== of.name && !bridge);
  const bridges = members.filter(({ name, bridge }) => name !== of.name && bridge);
  const reserved = reservedFor(machine, of, found);
  const obstacles = obstaclesOf(machine, of, found, members, reserved);
  const changes = new Set([
    ...unmanaged(config, found, obstacles),
    ...(others.length === 0 ? [] : separations(explainer, machine, of, members)),
  ]);
  return {
    device: of.name,
    group: found.group,
    alone: obstacles.length === 0 && others.length === 0,
    reasons: [...obstacles, ...sharing(of, members, others)],
    with: others.map(({ name }) => name),
    bridges: bridges.map(({ name }) => name),
    changes: [...changes],
    remarks: remarksOn(machine, of, found, reserved),
  };
}

/** What stands in the way, whoever else is in the group. */
function obstaclesOf(
  machine: Machine,
  of: MachineDevice,
  { group, reasons }: InspectedDevice,
  members: readonly GroupMember[],
  reserved: readonly Reserved[],
): string[] {
  const obstacles: string[] = [];
  const own = members.find(({ name }) => name === of.name);
  if (own?.bridge === true)
    obstacles.push('it is a bridge, and vfio-pci takes none: give away what is below it');
  if (machine.devices.some(({ pci }) => pci?.physfn === of))
    obstacles.push('it has virtual functions now, which would have to go first');
  if (group === null) {
    const why = reasons.length === 0 ? '' : `: ${reasons.join('; ')}`;
    obstacles.push(`no IOMMU is in its way, and it has no group${why}`);
  }
  for (const { text, since, relaxable } of reserved) {
    if (relaxable) continue;
    const by = since === null ? 'Linux' : `Linux from ${since} on`;
    obstacles.push(
      `firmware wants memory mapped for it at all times (${text}): ${by} gives it to nobody`,
    );
  }
  return obstacles;
}

/** Who else is in the group, and by which rule. */
function sharing(
  of: MachineDevice,
  members: readonly GroupMember[],
  others: readonly GroupMember[],
): string[] {
  if (others.length === 0) return [];
  const names = others.map(({ name }) => name).join(', ');
  const tied = members.filter(({ tie }) => tie !== 'new');
  const own = tied.find(({ name }) => name === of.name);
  const why =
    own ?? tied.find(({ name }) => others.some((other) => other.name === name)) ?? tied[0];
  const rule = why === undefined ? '' : `: the group of ${why.name} is ${why.reason}`;
  return [`${names} ${others.length === 1 ? 'is' : 'are'} in its group, too${rule}`];
}

/** What could put an IOMMU in the way, or take an obstacle out of it. */
function unmanaged(
  { no_iommu, dmar_disabled, amd_iommu_disabled }: Kconfig,
  { group }: InspectedDevice,
  obstacles: readonly string[],
): string[] {
  if (group !== null)
    return obstacles.some((text) => text.startsWith('firmware wants'))
      ? [
          'an option in the setup of the machine, or newer firmware, that does not reserve memory for it',
        ]
      : [];
  if (no_iommu) return ['a kernel command line without iommu=off'];
  if (amd_iommu_disabled) return ['a kernel command line without amd_iommu=off'];
  if (dmar_disabled === true) return ['a kernel command line without intel_iommu=off'];
  return ['what fwspec explain marks as the test that decided'];
}

/** What would put the device into a group of its own, by what ties the members together. */
function separations(
  explainer: Explainer,
  machine: Machine,
  of: MachineDevice,
  members: readonly GroupMember[],
): string[] {
  const names = new Set(members.map(({ name }) => name));
  const memberships = machine.devices
    .filter(({ name }) => names.has(name))
    .flatMap(
      (member) => explainer.memberships.of(present(explainer.boot.devices.get(member), '')) ?? [],
    );
  const own = explainer.memberships.of(present(explainer.boot.devices.get(of), of.name));
  // Of the first member, what the others are tied to it by.
  const ties = own === null || own.tie === 'new' ? memberships : [own, ...memberships];
  return ties.flatMap((membership) => separation(explainer, membership));
}

function separation(explainer: Explainer, { tie, gap, partner }: Membership): string[] {
  switch (tie) {
    case 'new':
    case 'driver':
      return [];
    case 'one-group':
      return ['nothing: the driver of this IOMMU has one group for all devices'];
    case 'same-id':
      return ['firmware that gives each device an ID of its own'];
    case 'alias':
      return [
        `a slot that is not below the bridge that gives its own ID (${partner?.name ?? 'above it'})`,
      ];
  }
  if (gap === undefined) return [];
  const { pdev, cause } = gap;
  if (cause === 'late')
    return ['a kernel that enables ACS before it chooses groups (see --kernel)'];
  if (cause === 'command-line') return ['a kernel command line whose pci= does not name the port'];
  if (cause === 'cut')
    return ['perhaps a dump as root (sudo lspci -xxxx): ACS is not seen in this one'];
  const quirk = `a quirk in Linux for ${idsText(pdev)}, if its vendor says that it isolates all the same`;
  if (pdev.subordinate === null) {
    const together = 'giving away all functions of the slot together, or a device in another slot';
    return cause === 'conventional' ? [together] : [together, quirk];
  }
  if (cause === 'conventional') return [`a slot that is not below ${nameOf(pdev)}`];
  const ports = isolatingPorts(explainer).filter((name) => name !== nameOf(pdev));
  const elsewhere =
    ports.length === 0
      ? 'a slot below a port that isolates, which this machine does not show'
      : `a slot below a port that isolates: ${ports.join(', ')}`;
  return [elsewhere, quirk];
}

/** Ports that keep what is below them apart, up to the root. */
function isolatingPorts({ boot }: Explainer): string[] {
  const names: string[] = [];
  for (const [of, { pci }] of boot.devices) {
    if (pci === null || ![4, 6].includes(pci.pcie_type ?? -1)) continue;
    let at: pci_dev | null = pci;
    while (at !== null && pci_acs_enabled(at, ACS_ISOLATION)) at = at.bus.self;
    if (at === null) names.push(of.name);
  }
  return names;
}

function idsText({ vendor, device }: pci_dev): string {
  return [vendor, device].map((id) => id.toString(16).padStart(4, '0')).join(':');
}
