// What Linux makes of DMAR when it starts: the units, and the devices in the scope of each. The
// table does not change, and no other task is there yet: nothing here is a scheduling point.

import type {
  Dmar,
  DmarAtsr,
  DmarDrhd,
  DmarRmrr,
  DmarSatc,
  DmarScope,
  DmarStructure,
} from '../../../../firmware/acpi/index.ts';
import { hex } from '../../../../util/index.ts';
import type { DmarRegisters } from '../../../hardware.ts';
import type { acpi_device } from '../../../include/linux/fwnode.ts';
import { type pci_bus, type pci_dev, pci_is_root_bus } from '../../../include/linux/pci.ts';

/** A device in a scope, under the requester ID that it has there. @linux include/linux/dmar.h dmar_dev_scope */
export interface dmar_dev_scope {
  readonly dev: pci_dev | acpi_device;
  readonly bus: number;
  readonly devfn: number;
  /** What names it. */
  readonly scope: DmarScope;
}

/** @linux include/linux/dmar.h dmar_drhd_unit */
export interface dmar_drhd_unit {
  readonly hdr: DmarDrhd;
  /** Of the name: 0 in `dmar0`. */
  readonly seq_id: number;
  /** Null where nobody has looked: then it can do what is needed. */
  readonly registers: DmarRegisters | null;
  /** Every PCI device of the segment that no other unit has. */
  readonly include_all: boolean;
  /** Those that exist, in the order in which they were found. */
  readonly devices: dmar_dev_scope[];
  ignored: boolean;
}

/** The units in the order in which a device is looked for, or why Linux gives up on all of them. */
export type DmarUnits = readonly dmar_drhd_unit[] | string;

const INCLUDE_PCI_ALL = 1;
/** In every kernel since v6.0. @linux include/linux/dmar.h DMAR_UNITS_SUPPORTED */
export const DMAR_UNITS_SUPPORTED = 1024;
const ALL_ONES = 0xffff_ffff_ffff_ffffn;
const PAGE_SIZE = 0x1000n;
const PAGE_SHIFT = 12;

/** Each unit once, in the order of their names: one that is repeated counts as it is first. @linux drivers/iommu/intel/dmar.c dmar_find_dmaru */
export function drhdsOf({ structures }: Pick<Dmar, 'structures'>): DmarDrhd[] {
  const found: DmarDrhd[] = [];
  for (const one of structures) {
    if (one.type !== 'drhd') continue;
    const { segment, base_address } = one;
    const known = found.some(
      (other) => other.segment === segment && other.base_address === base_address,
    );
    if (!known) found.push(one);
  }
  return found;
}

/** Why the unit is none; null when nothing speaks against it. @linux drivers/iommu/intel/dmar.c dmar_validate_one_drhd */
export function dmar_validate_one_drhd(
  { base_address, offset }: DmarDrhd,
  registers: DmarRegisters | null,
): string | null {
  if (base_address === 0n) return `the unit at ${hex(offset)} has its registers at address 0`;
  const answers = registers?.cap !== ALL_ONES || registers.ecap !== ALL_ONES;
  return answers ? null : `the registers of the unit at ${hex(offset)} read all ones`;
}

/**
 * One unit that cannot be set up takes all others with it.
 *
 * @param registersOf what is known of a unit's registers, by its number
 * @linux drivers/iommu/intel/dmar.c parse_dmar_table
 */
export function parse_dmar_table(
  dmar: Dmar,
  registersOf: (seq_id: number) => DmarRegisters | null,
): DmarUnits {
  const width = dmar.host_address_width;
  if (width < PAGE_SHIFT) return `a host address width of ${width} bits is none`;
  const drhds = drhdsOf(dmar);
  if (drhds.length === 0) return 'it lists no unit';
  const explicit: dmar_drhd_unit[] = [];
  const others: dmar_drhd_unit[] = [];
  for (const [seq_id, hdr] of drhds.entries()) {
    const registers = registersOf(seq_id);
    const before = drhds.slice(0, seq_id);
    const problem =
      dmar_validate_one_drhd(hdr, registers) ?? noNumber(hdr, seq_id) ?? map_iommu(hdr, before);
    if (problem !== null) return problem;
    const include_all = (hdr.flags & INCLUDE_PCI_ALL) !== 0;
    const ignored = registers !== null && !translates(registers);
    const unit = { hdr, seq_id, registers, include_all, devices: [], ignored };
    if (include_all) others.push(unit);
    else explicit.unshift(unit);
  }
  return [...explicit, ...others];
}

/** Numbers of units end somewhere. @linux drivers/iommu/intel/dmar.c alloc_iommu */
function noNumber({ offset }: DmarDrhd, seq_id: number): string | null {
  if (seq_id < DMAR_UNITS_SUPPORTED) return null;
  return `the unit at ${hex(offset)} is one more than the ${DMAR_UNITS_SUPPORTED} that Linux has numbers for`;
}

/** Registers are one unit's alone. @linux drivers/iommu/intel/dmar.c map_iommu */
function map_iommu({ base_address, offset }: DmarDrhd, before: readonly DmarDrhd[]): string | null {
  const overlaps = (one: DmarDrhd) =>
    one.base_address < base_address + PAGE_SIZE && base_address < one.base_address + PAGE_SIZE;
  const other = before.find(overlaps);
  if (other === undefined) return null;
  return `the registers of the unit at ${hex(offset)} are those of the unit at ${hex(other.offset)}`;
}

/** It has some address width for second-stage tables, or needs none. @linux drivers/iommu/intel/dmar.c alloc_iommu */
function translates({ cap, ecap }: DmarRegisters): boolean {
  const widths = (cap >> 8n) & 0x1fn;
  const scalable = ((ecap >> 43n) & 1n) === 1n;
  const secondStage = ((ecap >> 46n) & 1n) === 1n;
  return widths !== 0n || (scalable && !secondStage);
}

// ---- scopes --------------------------------------------------------------------------------------

/** A PCI function, and the way from its root bus to it. @linux include/linux/dmar.h dmar_pci_notify_info */
interface PathTo {
  readonly dev: pci_dev;
  /** The root bus. */
  readonly bus: number;
  readonly path: readonly pci_dev[];
}

/** @linux drivers/iommu/intel/dmar.c dmar_alloc_pci_notify_info */
function pathTo(dev: pci_dev): PathTo {
  const path: pci_dev[] = [];
  for (let at: pci_dev | null = dev; at !== null; at = at.bus.self) path.unshift(at);
  let root: pci_bus = dev.bus;
  while (!pci_is_root_bus(root) && root.parent !== null) root = root.parent;
  return { dev, bus: root.number, path };
}

function isStep({ devfn }: pci_dev, step: DmarScope['path'][number] | undefined): boolean {
  return step !== undefined && devfn >> 3 === step.device && (devfn & 7) === step.function;
}

/**
 * The steps lead from a root bus to the function. A single step may begin on any bus: firmware is
 * known to leave out the bridges.
 *
 * @linux drivers/iommu/intel/dmar.c dmar_match_pci_path
 */
function dmar_match_pci_path(info: PathTo, { start_bus, path }: DmarScope): boolean {
  const whole = info.bus === start_bus && info.path.length === path.length;
  if (whole && info.path.every((dev, i) => isStep(dev, path[i]))) return true;
  return path.length === 1 && info.dev.bus.number === start_bus && isStep(info.dev, path[0]);
}

const PCI_HEADER_TYPE_NORMAL = 0;
const PCI_BASE_CLASS_BRIDGE = 6;

/** An endpoint has the header of one. A bridge may have it, too, if its class is of bridges. */
function fitsType({ type }: DmarScope, { hdr_type, class_code }: pci_dev): boolean {
  const normal = hdr_type === PCI_HEADER_TYPE_NORMAL;
  if (type === 'pci-endpoint') return normal;
  return !normal || class_code >> 16 === PCI_BASE_CLASS_BRIDGE;
}

/** A structure that is about devices. */
interface Scoped {
  readonly segment: number;
  readonly scopes: readonly DmarScope[];
}

/** The scope that names the function, or what is wrong about it. @linux drivers/iommu/intel/dmar.c dmar_insert_dev_scope */
function dmar_insert_dev_scope(
  info: PathTo,
  { segment, scopes }: Scoped,
): DmarScope | string | null {
  if (segment !== info.dev.segment) return null;
  for (const scope of scopes) {
    if (scope.type !== 'pci-endpoint' && scope.type !== 'pci-bridge') continue;
    if (!dmar_match_pci_path(info, scope)) continue;
    if (fitsType(scope, info.dev)) return scope;
    return `the scope at ${hex(scope.offset)} has the type of ${kindOf(scope)}, which the function is not`;
  }
  return null;
}

function kindOf({ type }: DmarScope): string {
  return type === 'pci-endpoint' ? 'an endpoint' : 'a bridge';
}

/** Whether a scope of the structure names the function. */
export function isInScope(of: Scoped, dev: pci_dev): boolean {
  const found = dmar_insert_dev_scope(pathTo(dev), of);
  return found !== null && typeof found !== 'string';
}

/** The first unit that a function is in the scope of has it, and no other. @linux drivers/iommu/intel/dmar.c dmar_pci_bus_add_dev */
function dmar_pci_bus_add_dev(
  { structures }: Dmar,
  units: readonly dmar_drhd_unit[],
  dev: pci_dev,
): string | null {
  const info = pathTo(dev);
  for (const { hdr, include_all, devices } of units) {
    if (include_all) continue;
    const found = dmar_insert_dev_scope(info, hdr);
    if (typeof found === 'string') return found;
    if (found === null) continue;
    devices.push({ dev, bus: dev.bus.number, devfn: dev.devfn, scope: found });
    break;
  }
  return dmar_iommu_notify_scope_dev(structures, info);
}

/** Other structures are about devices, too, and must be right about them. @linux drivers/iommu/intel/iommu.c dmar_iommu_notify_scope_dev */
function dmar_iommu_notify_scope_dev(
  structures: readonly DmarStructure[],
  info: PathTo,
): string | null {
  for (const type of ['rmrr', 'atsr', 'satc']) {
    for (const one of structures.toReversed()) {
      if (one.type !== type || !isScoped(one)) continue;
      const found = dmar_insert_dev_scope(info, one);
      if (typeof found === 'string') return found;
      if (found !== null && type !== 'rmrr') break;
    }
  }
  return null;
}

function isScoped(one: DmarStructure): one is DmarRmrr | DmarAtsr | DmarSatc {
  return one.type === 'rmrr' || one.type === 'satc' || (one.type === 'atsr' && !(one.flags & 1));
}

/** What of a machine scopes can name, in the order in which it was added. */
export interface Nameable {
  readonly functions: readonly pci_dev[];
  readonly objects: readonly acpi_device[];
}

/** One scope that is wrong about a device takes all units with it. @linux drivers/iommu/intel/dmar.c dmar_dev_scope_init */
export function dmar_dev_scope_init(
  dmar: Dmar,
  units: readonly dmar_drhd_unit[],
  { functions, objects }: Nameable,
): string | null {
  dmar_acpi_dev_scope_init(dmar, units, objects);
  let problem: string | null = null;
  for (const dev of functions) {
    if (dev.is_virtfn) continue;
    const found = dmar_pci_bus_add_dev(dmar, units, dev);
    const name = dev.dev?.name ?? '';
    problem ??= found === null ? null : `${name}: ${found}`;
  }
  return problem;
}

/** Objects of the ACPI namespace, which scopes know by number. @linux drivers/iommu/intel/dmar.c dmar_acpi_dev_scope_init */
function dmar_acpi_dev_scope_init(
  { structures }: Dmar,
  units: readonly dmar_drhd_unit[],
  objects: readonly acpi_device[],
): void {
  for (const andd of structures) {
    if (andd.type !== 'andd') continue;
    const path = wholePath(andd.device_name);
    const dev = objects.find((object) => object.path === path);
    if (dev === undefined) continue;
    const names = ({ type, enumeration_id }: DmarScope) =>
      type === 'namespace' && enumeration_id === andd.device_number;
    for (const { hdr, devices } of units) {
      const scope = hdr.scopes.find(names);
      if (scope === undefined) continue;
      const [step = { device: 0, function: 0 }] = scope.path;
      const devfn = (step.device << 3) | step.function;
      devices.push({ dev, bus: scope.start_bus, devfn, scope });
      break;
    }
  }
}

/** Segments of a path have four characters, if need be with underscores behind them. */
export function wholePath(path: string): string {
  const segments = path.replace(/^\\/, '').split('.');
  return `\\${segments.map((segment) => segment.padEnd(4, '_')).join('.')}`;
}
