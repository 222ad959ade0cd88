// Rules about PCI functions: what keeps devices from being apart.

import { ACS_ISOLATION, aliasDevfnsByQuirk, pci_acs_enabled } from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import type { Boot } from '../../boot/boot.ts';
import type { Finding } from '../../inspection.ts';
import type { Machine, MachineDevice } from '../../machine.ts';
import { severityOf } from '../rules/rules.ts';
import { atsFindings } from './ats.ts';
import { portFindings } from './ports.ts';
import type { Report, Shown } from './shown.ts';

export function pciFindings(machine: Machine, boot: Boot): Finding[] {
  const { devices } = machine;
  const findings: Finding[] = [];
  const report: Report = (rule, { name }, offset, message, help, severity = severityOf(rule)) => {
    const property = 'config';
    findings.push({ rule, severity, node: name, property, offset, message, help });
  };
  const shown = devices.flatMap((of) => shownOf(of, boot));
  const joined = joinedBy(shown);
  for (const of of shown) {
    lists(of, report);
    busNumbers(of, report);
    isolation(of, joined, report);
    aliases(of, report);
  }
  portFindings(shown, machine.firmware !== 'none', report);
  atsFindings(machine, shown, report);
  slots(shown, report);
  secondaries(shown, report);
  strays(shown, report);
  return findings;
}

function shownOf(of: MachineDevice, boot: Boot): Shown[] {
  const { name, pci } = of;
  const pdev = boot.devices.get(of)?.pci ?? null;
  if (pci === null || pci.config === null || pdev === null) return [];
  return [{ name, of, pci, config: pci.config, pdev }];
}

function lists(of: Shown, report: Report): void {
  for (const { code, offset, message } of of.config.notes) {
    if (code === 'pci/short-dump')
      report(
        'pci-dump-short',
        of,
        offset,
        'its capabilities are behind the bytes that are known',
        'read all of it, as root: lspci -xxxx',
      );
    else if (code === 'pci/capability-unaligned')
      report('pci-cap-loop', of, offset, message, 'align the capability to four bytes', 'note');
    else
      report('pci-cap-loop', of, offset, message, 'what is behind it is not known; read it again');
  }
}

function busNumbers(of: Shown, report: Report): void {
  const { primary_bus: primary, secondary_bus: secondary, subordinate_bus: last } = of.config;
  if (primary === null || secondary === null || last === null) return;
  // Nobody has given it numbers.
  if (secondary === 0 && last === 0) return;
  const above = of.pci.bridge?.pci?.config ?? null;
  const help = 'give each bridge a range of buses inside that of the bridge above it';
  // Linux takes a primary bus of 0 for one that cannot be written, and knows better.
  if (secondary <= of.pci.bus && secondary <= last) {
    const message = `on bus ${hex(of.pci.bus)} it leads back to bus ${hex(secondary)}: Linux gives it new numbers, and what is below it has others than here`;
    report('pci-bus-numbers', of, 0x19, message, help);
  } else if (
    (primary !== 0 && primary !== of.pci.bus) ||
    secondary <= of.pci.bus ||
    last < secondary
  ) {
    const message = `on bus ${hex(of.pci.bus)} it says bus ${hex(primary)}, and leads to ${hex(secondary)} up to ${hex(last)}`;
    report('pci-bus-numbers', of, 0x18, message, help);
  } else if (above !== null && last > (above.subordinate_bus ?? 0xff)) {
    const message = `it leads up to bus ${hex(last)}, the bridge above it up to ${hex(above.subordinate_bus ?? 0xff)}`;
    report('pci-bus-numbers', of, 0x18, message, help);
  }
}

/** Buses that the host bridges of firmware do not have, and no bridge leads to. */
function strays(shown: readonly Shown[], report: Report): void {
  const seen = new Set<string>();
  for (const of of shown) {
    const { segment, bus, isStray } = of.pci;
    const key = `${segment}:${bus}`;
    if (isStray !== true || seen.has(key)) continue;
    seen.add(key);
    const message = `no bridge leads to bus ${hex(bus)}, where it is, and firmware has no host bridge for it`;
    const help = 'give the bridge above it the number of the bus';
    report('pci-bus-numbers', of, 0, message, help, 'warning');
  }
}

/** Two bridges of a segment to one bus, or on one bus with buses in common. */
function secondaries(shown: readonly Shown[], report: Report): void {
  const leads = new Map<string, Shown>();
  for (const of of shown) {
    const { secondary_bus } = of.config;
    // Of one that leads back to where it is, this is said already.
    if (secondary_bus === null || secondary_bus <= of.pci.bus) continue;
    const key = `${of.pci.segment}:${secondary_bus}`;
    const other = leads.get(key);
    if (other === undefined) leads.set(key, of);
    else {
      const message = `${other.name} leads to bus ${hex(secondary_bus)}, too`;
      report('pci-bus-numbers', of, 0x19, message, 'give each bridge buses of its own');
    }
  }
  for (const [first, second] of neighbours([...leads.values()])) {
    const last = first.config.subordinate_bus ?? 0;
    const next = second.config.secondary_bus ?? 0;
    if (last < next) continue;
    const message = `it leads up to bus ${hex(last)}, and ${second.name} beside it to ${hex(next)}`;
    report('pci-bus-numbers', first, 0x1a, message, 'give each bridge buses of its own');
  }
}

/** Bridges on one bus, each with the one whose buses come next. */
function neighbours(bridges: readonly Shown[]): [Shown, Shown][] {
  const byBus = new Map<string, Shown[]>();
  for (const of of bridges) {
    const key = `${of.pci.segment}:${of.pci.bus}`;
    byBus.set(key, [...(byBus.get(key) ?? []), of]);
  }
  return [...byBus.values()].flatMap((beside) => {
    const secondaryOf = ({ config }: Shown): number => config.secondary_bus ?? 0;
    beside.sort((a, b) => secondaryOf(a) - secondaryOf(b));
    return beside.slice(1).map((second, i): [Shown, Shown] => [beside[i] ?? second, second]);
  });
}

const rootPort = 4;
const downstreamPort = 6;
const endpointTypes = [0, 1, 9];

/** For each port the slots whose devices it puts together: those of its group, without one all below it. */
function joinedBy(shown: readonly Shown[]): (port: Shown) => number {
  const byGroup = new Map<object, Set<string>>();
  const byName = new Map<string, Set<string>>();
  for (const { pci, config, pdev } of shown) {
    if (config.header_type !== 0) continue;
    const slot = `${pci.segment}:${pci.bus}:${pci.devfn >> 3}`;
    const group = pdev.dev?.iommu_group.value ?? null;
    if (group !== null) entryOf(byGroup, group).add(slot);
    for (let { bridge } = pci; bridge !== null; bridge = bridge.pci?.bridge ?? null)
      entryOf(byName, bridge.name).add(slot);
  }
  return ({ name, pdev }) => {
    const group = pdev.dev?.iommu_group.value ?? null;
    return (group === null ? byName.get(name) : byGroup.get(group))?.size ?? 0;
  };
}

function entryOf<K>(slots: Map<K, Set<string>>, key: K): Set<string> {
  const known = slots.get(key) ?? new Set();
  slots.set(key, known);
  return known;
}

function isolation(of: Shown, joined: (port: Shown) => number, report: Report): void {
  const { config, pdev } = of;
  const type = pdev.pcie_type;
  // It may be PCI Express: nothing follows from what is not known.
  if (config.notes.some(({ code }) => code === 'pci/short-dump')) return;
  if (config.header_type === 1 && (type === null || type === 7 || type === 8)) {
    const message = 'a bridge of conventional PCI: what is below it is one group, known by one ID';
    report('pci-legacy-bridge', of, 0x0e, message, 'put devices that must be apart elsewhere');
    return;
  }
  if (type !== rootPort && type !== downstreamPort) return;
  if (config.acs !== null || pci_acs_enabled(pdev, ACS_ISOLATION)) return;
  const at = config.pci_express?.offset ?? 0;
  const message = 'a port without Access Control Services: what is below it is in its group';
  const help = 'put devices that must be apart behind another port';
  // Where one device is alone with its port, nothing is lost.
  const severity = joined(of) > 1 ? severityOf('pci-no-acs-port') : 'note';
  report('pci-no-acs-port', of, at, message, help, severity);
}

function aliases(of: Shown, report: Report): void {
  // What IVRS knows of, besides, no list of quirks has.
  const others = aliasDevfnsByQuirk(of.pdev).map((devfn) => hex((of.pdev.bus.number << 8) | devfn));
  if (others.length === 0) return;
  const message = `it is known to send DMA as ${others.join(' and ')}, too`;
  report('pci-alias-quirk', of, 0, message, 'its IOMMU must know these IDs');
}

/** Functions of one slot. Virtual ones are not in it. */
function slots(shown: readonly Shown[], report: Report): void {
  const bySlot = new Map<string, Shown[]>();
  for (const of of shown) {
    if (of.pci.physfn !== undefined) continue;
    const key = `${of.pci.segment}:${of.pci.bus}:${of.pci.devfn >> 3}`;
    bySlot.set(key, [...(bySlot.get(key) ?? []), of]);
  }
  for (const functions of bySlot.values()) {
    const [first, ...more] = functions;
    if (first === undefined || more.length === 0) continue;
    if ((first.pci.devfn & 7) === 0 && !first.config.multifunction) {
      const message = 'it has other functions beside it, and does not say so';
      report('pci-mf-bit', first, 0x0e, message, 'set bit 7 of the header type');
    }
    const together = functions.filter(isOpenEndpoint);
    const [one] = together;
    if (one === undefined || together.length < 2) continue;
    const names = together.map(({ name }) => name).join(', ');
    const message = `${names} have no Access Control Services: they are one group`;
    report('pci-mf-no-acs', one, 0x0e, message, 'they can be given to one user only');
  }
}

function isOpenEndpoint({ config, pdev }: Shown): boolean {
  const type = config.pci_express?.type ?? null;
  return type !== null && endpointTypes.includes(type) && !pci_acs_enabled(pdev, ACS_ISOLATION);
}
