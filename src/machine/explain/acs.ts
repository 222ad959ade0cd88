// Whether PCI functions are isolated from each other, as it was when a group was chosen.

import {
  ACS_ISOLATION,
  type device,
  pci_acs_enabled,
  type pci_dev,
  pci_dev_specific_acs_enabled,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { MachineDevice } from '../machine.ts';
import { atConfig, type Place } from './explanation.ts';
import { kindOf, nameOf } from './pci.ts';

/** One function's ACS at that time. */
interface Isolation {
  readonly isolates: boolean;
  readonly multifunction: boolean;
  /** Its control register, null without the capability. */
  readonly control: number | null;
  /** A quirk answers in place of the register. */
  readonly quirk: boolean;
}

export type Isolations = ReadonlyMap<pci_dev, Isolation>;

/** Everything that the choice of a group can ask about a function: its slot, and those above it. */
export function isolationsAround(dev: device): Isolations {
  const found = new Map<pci_dev, Isolation>();
  for (let at: pci_dev | null = dev.pci; at !== null; at = at.bus.self) {
    for (const pdev of at.bus.devices) {
      if (pdev.devfn >> 3 !== at.devfn >> 3) continue;
      found.set(pdev, {
        isolates: pci_acs_enabled(pdev, ACS_ISOLATION),
        multifunction: pdev.multifunction,
        control: pdev.acs?.control ?? null,
        quirk: pci_dev_specific_acs_enabled(pdev, ACS_ISOLATION) !== null,
      });
    }
  }
  return found;
}

/** The first function from here upwards that does not isolate what is below it. */
export function firstGap(isolations: Isolations, from: pci_dev | null): pci_dev | null {
  for (let at = from; at !== null; at = at.bus.self)
    if (isolations.get(at)?.isolates !== true) return at;
  return null;
}

const bits: readonly (readonly [mask: number, name: string])[] = [
  [0x01, 'SV'],
  [0x04, 'RR'],
  [0x08, 'CR'],
  [0x10, 'UF'],
];

function names(mask: number): string {
  return bits.flatMap(([bit, name]) => ((mask & bit) === 0 ? [] : [name])).join(' ');
}

/** Why a function isolates or does not. */
export function isolationText(isolations: Isolations, pdev: pci_dev): string {
  const at = isolations.get(pdev);
  const name = nameOf(pdev);
  if (at === undefined) return `${name} is not known to isolate`;
  const verb = at.isolates ? 'isolates' : 'does not isolate';
  if (at.quirk) return `${name} ${verb}: a quirk for its vendor and device ID says so`;
  if (!at.isolates && isConventional(pdev)) {
    const kind = kindOf(pdev, pdev.subordinate !== null);
    return `${name} does not isolate: ${kind} cannot`;
  }
  if (at.isolates && !isPort(pdev) && !at.multifunction) return `${name} is alone in its slot`;
  if (pdev.acs === null || at.control === null) return `${name} ${verb}: it has no ACS capability`;
  const wanted = ACS_ISOLATION & pdev.acs.capability;
  const missing = wanted & ~at.control;
  const control = `its ACS control is ${hex(at.control)}`;
  if (!at.isolates) return `${name} does not isolate: ${control}, which lacks ${names(missing)}`;
  return `${name} isolates: ${control}, ${names(wanted)}`;
}

function isConventional({ pcie_type }: pci_dev): boolean {
  return pcie_type === null || [7, 8, 10].includes(pcie_type);
}

function isPort({ pcie_type }: pci_dev): boolean {
  return pcie_type === 4 || pcie_type === 6;
}

/** Where the register is, or the lack of it. */
export function atAcs(devices: ReadonlyMap<device, MachineDevice>, pdev: pci_dev): Place | null {
  const of = pdev.dev === null ? undefined : devices.get(pdev.dev);
  const acs = of?.pci?.config?.acs ?? null;
  if (of === undefined || of.pci?.config == null) return null;
  if (acs !== null) return atConfig(of.name, 'ACS control', acs.offset + 6, 2);
  const express = of.pci.config.pci_express;
  return express === null
    ? atConfig(of.name, 'header type', 0x0e, 1)
    : atConfig(of.name, 'PCI Express capabilities', express.offset + 2, 2);
}
