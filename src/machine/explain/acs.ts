// Whether PCI functions are isolated from each other, as it was when a group was chosen. Linux adds
// to the ACS control that firmware left: what the bytes say and what Linux wrote are told apart.

import {
  ACS_ISOLATION,
  acsChanges,
  type device,
  type Kconfig,
  pci_acs_enabled,
  type pci_dev,
  pci_dev_specific_acs_enabled,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Recorder } from '../boot/record/recorder.ts';
import type { MachineDevice } from '../machine.ts';
import { atConfig, type Place } from './explanation.ts';
import { atHeader, atIds, atKind, isCut, kindOf, nameOf } from './pci.ts';

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

/** What a boot wrote to ACS, and because of what. */
export interface AcsBoot {
  readonly devices: ReadonlyMap<device, MachineDevice>;
  readonly config: Kconfig;
  /** Who asked for ACS, as a sentence; null when nobody did. */
  readonly askedBy: string | null;
}

/** A sentence about a function, and where the bytes are that it is about. */
export interface Told {
  readonly text: string;
  readonly place: Place | null;
}

/** What decides whether a function isolates. */
export type AcsCause =
  | 'unknown'
  | 'quirk'
  | 'conventional'
  | 'cut'
  | 'alone'
  | 'no-capability'
  /** The register does not do it when the group is chosen, and does later. */
  | 'late'
  /** The register, which the command line names. */
  | 'command-line'
  | 'control';

export interface ToldOfAcs extends Told {
  readonly cause: AcsCause;
}

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

/** The function of Linux that asked for ACS first. */
export function acsAskedBy(recorder: Recorder): string | null {
  let by = recorder.callsOf('pci_request_acs')[0]?.caller ?? null;
  while (by !== null && !by.name.includes('_')) by = by.caller;
  return by?.name ?? null;
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

/** Where the LPC bridge on a function's bus says where the registers of the PCH are. */
function atRcba({ devices }: AcsBoot, { bus }: pci_dev): Place | null {
  const lpc = bus.devices.find(({ devfn }) => devfn === 0xf8)?.dev;
  const of = lpc == null ? undefined : devices.get(lpc);
  return of === undefined ? null : atConfig(of.name, 'RCBA', 0xf0, 4);
}

/** Why a function isolates or does not, and where that is written. */
export function isolationOf(boot: AcsBoot, isolations: Isolations, pdev: pci_dev): ToldOfAcs {
  const at = isolations.get(pdev);
  const of = pdev.dev === null ? undefined : boot.devices.get(pdev.dev);
  const config = of?.pci?.config ?? null;
  const tell = (
    cause: AcsCause,
    text: string,
    place: (of: MachineDevice) => Place | null,
  ): ToldOfAcs => ({
    cause,
    text: `${nameOf(pdev)} ${text}`,
    place: of === undefined || config === null ? null : place(of),
  });
  if (at === undefined) return tell('unknown', 'is not known to isolate', () => null);
  const verb = at.isolates ? 'isolates' : 'does not isolate';
  if (at.quirk && !at.isolates && pdev.vendor === 0x8086 && (pdev.lpc_rcba ?? 1) % 2 === 0)
    return tell(
      'quirk',
      `${verb}: the LPC bridge beside it, 1f.0, says that its registers are not enabled`,
      () => atRcba(boot, pdev),
    );
  if (at.quirk)
    return tell('quirk', `${verb}: a quirk for its vendor and device ID says so`, atIds);
  if (!at.isolates && isConventional(pdev)) {
    if (isCut(config))
      return tell('cut', `${verb}: what is known of it ends before its capabilities`, atKind);
    const kind = kindOf(config, pdev.pcie_type, pdev.subordinate !== null);
    return tell('conventional', `${verb}: ${kind} cannot`, atKind);
  }
  if (at.isolates && !isPort(pdev) && !at.multifunction)
    return tell('alone', 'is alone in its slot', atHeader);
  if (pdev.acs === null || at.control === null)
    return tell('no-capability', `${verb}: it has no ACS capability`, atKind);
  return tell(
    causeOf(boot, pdev, at),
    `${verb}: ${controlText(boot, pdev, at, config?.acs?.control ?? at.control)}`,
    atAcs,
  );
}

function causeOf({ config }: AcsBoot, pdev: pci_dev, { isolates, control }: Isolation): AcsCause {
  if (isolates || pdev.acs === null || pdev.acs.control === control)
    return acsChanges(config, pdev).length > 0 ? 'command-line' : 'control';
  return 'late';
}

/** The register as the dump has it, what Linux writes to it, and whether that is enough. */
function controlText(
  boot: AcsBoot,
  pdev: pci_dev,
  { isolates, control }: Isolation,
  dumped: number,
): string {
  const written = control ?? dumped;
  const wanted = ACS_ISOLATION & (pdev.acs?.capability ?? 0);
  const enough = isolates ? names(wanted) : `which lacks ${names(wanted & ~written)}`;
  const later = laterText(pdev, wanted, written);
  if (dumped === written) return `its ACS control is ${hex(dumped)}, ${enough}${later}`;
  const causes = causesOf(boot, pdev, dumped, written).join(' and ');
  const why = causes === '' ? '' : `, because ${causes}`;
  return `its ACS control is ${hex(dumped)} in the dump, and Linux writes ${hex(written)}, ${enough}${why}${later}`;
}

/** Because of what Linux wrote another value to the register than firmware. */
function causesOf(
  { config, askedBy }: AcsBoot,
  pdev: pci_dev,
  firmware: number,
  control: number,
): string[] {
  const causes: string[] = [];
  if (askedBy !== null && (control & ~firmware & ACS_ISOLATION) !== 0) causes.push(askedBy);
  const usual = firmware | (askedBy === null ? 0 : ACS_ISOLATION & (pdev.acs?.capability ?? 0));
  if (control !== usual && acsChanges(config, pdev).length > 0)
    causes.push('pci= on the command line names it');
  return causes;
}

/** Linux may come to it when the group is chosen already. */
function laterText({ acs }: pci_dev, wanted: number, control: number): string {
  if (acs === null || acs.control === control) return '';
  const enough = (acs.control & wanted) === wanted ? '' : ', which is not enough either';
  return `; Linux writes ${hex(acs.control)} only after the group is chosen${enough}`;
}

function isConventional({ pcie_type }: pci_dev): boolean {
  return pcie_type === null || [7, 8, 10].includes(pcie_type);
}

function isPort({ pcie_type }: pci_dev): boolean {
  return pcie_type === 4 || pcie_type === 6;
}

/** Where the register is, or the lack of it. */
function atAcs(of: MachineDevice): Place | null {
  const acs = of.pci?.config?.acs ?? null;
  return acs === null ? atKind(of) : atConfig(of.name, 'ACS control', acs.control_offset, 2);
}
