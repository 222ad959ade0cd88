// Tables that no kernel comes back from. Readers leave such tables out, and the model does so, too;
// Linux does not look whether there is an end.

import type {
  Acpi,
  Dmar,
  DmarScope,
  DmarStructure,
  IortIdMapping,
  IortNode,
} from '../../firmware/index.ts';
import {
  type device,
  dmaAliases,
  IORT_IOMMU_TYPE,
  iortLoopFrom,
  type kernel,
  namedComponentOf,
  rootComplexOf,
  wholePath,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Machine } from '../machine.ts';

/** A place in a table that a kernel ends at. */
export interface Killer {
  readonly table: 'DMAR' | 'IORT' | 'IVRS';
  readonly how: 'hang' | 'panic';
  readonly offset: number;
  readonly message: string;
}

/** What the kernel ends at while it boots, the first of each table. */
export function killersOf(
  machine: Machine,
  k: kernel,
  devices: Iterable<device>,
): readonly Killer[] {
  const { tables } = machine;
  if (tables === undefined) return [];
  const { config } = k;
  const { ivrs, dmar } = tables;
  const x86 = config.CONFIG_X86;
  const amd = x86 && config.CONFIG_AMD_IOMMU && !config.no_iommu && !config.amd_iommu_disabled;
  return [
    // Interrupt remapping reads DMAR, whatever `intel_iommu=` says.
    ...(dmar !== null && x86 && config.CONFIG_INTEL_IOMMU ? dmarKillers(dmar, machine) : []),
    ...(ivrs?.checksum_valid === true && amd ? ivrsKillers(ivrs.bytes) : []),
    ...(tables.iort !== null && config.CONFIG_ACPI_IORT ? iortKillers(k, devices) : []),
  ];
}

// ---- DMAR ----------------------------------------------------------------------------------------

/** Where scopes begin in structures that have some, and whether flags say that none follow. */
const scopesAt: Readonly<Record<number, number>> = { 0: 16, 1: 24, 2: 8, 5: 8 };
const allPorts = 1;

function dmarKillers(dmar: NonNullable<Acpi['dmar']>, machine: Machine): Killer[] {
  const endless = endlessScopes(dmar.bytes);
  return endless.length > 0 ? endless : crowdedScopes(dmar, machine);
}

/**
 * A unit has room for as many devices as it has scopes. Each object that an ANDD structure declares
 * takes one, also where several have the number of one scope.
 *
 * @linux drivers/iommu/intel/dmar.c dmar_acpi_insert_dev_scope
 */
function crowdedScopes({ structures }: Dmar, { devices }: Machine): Killer[] {
  const units = structures.filter((of) => of.type === 'drhd');
  const objects = new Set(
    devices.flatMap(({ acpi }) => (acpi?.fwnode?.kind === 'device' ? [acpi.fwnode.path] : [])),
  );
  const taken = new Map<DmarStructure, number>();
  for (const andd of structures) {
    if (andd.type !== 'andd' || !objects.has(wholePath(andd.device_name))) continue;
    const unit = units.find(({ scopes }) =>
      scopes.some(
        ({ type, enumeration_id }) => type === 'namespace' && enumeration_id === andd.device_number,
      ),
    );
    if (unit === undefined) continue;
    const count = (taken.get(unit) ?? 0) + 1;
    taken.set(unit, count);
    if (count <= unit.scopes.filter(({ type }) => counted.includes(type)).length) continue;
    const message = `one more object of number ${andd.device_number} than the unit at ${hex(unit.offset)} has scopes: Linux stops at a BUG`;
    return [{ table: 'DMAR', how: 'panic', offset: andd.offset, message }];
  }
  return [];
}

/** Scopes that are about a device of their own. */
const counted: readonly DmarScope['type'][] = ['pci-endpoint', 'pci-bridge', 'namespace'];

/** @linux drivers/iommu/intel/dmar.c dmar_alloc_dev_scope */
function endlessScopes(bytes: Uint8Array): Killer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 48; at + 4 <= bytes.length; ) {
    const type = view.getUint16(at, true);
    const end = at + view.getUint16(at + 2, true);
    if (end === at || end > bytes.length) return [];
    const skipped = type === 2 && ((bytes[at + 4] ?? 0) & allPorts) !== 0;
    const first = skipped ? undefined : scopesAt[type];
    for (let scope = at + (first ?? end); scope < end; ) {
      const length = bytes[scope + 1] ?? 0;
      if (length === 0) {
        const message = 'a device scope of length 0: Linux reads it for ever';
        return [{ table: 'DMAR', how: 'hang', offset: scope + 1, message }];
      }
      scope += length;
    }
    at = end;
  }
  return [];
}

// ---- IVRS ----------------------------------------------------------------------------------------

const newestBlock = 0x40;
const entriesAt: Readonly<Record<number, number>> = { 16: 24, 17: 40, 64: 40 };
const acpiEntry = 0xf0;

/** @linux drivers/iommu/amd/init.c get_highest_supported_ivhd_type, find_last_devid_from_ivhd */
function ivrsKillers(bytes: Uint8Array): Killer[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const blocks: { readonly at: number; readonly end: number; readonly type: number }[] = [];
  for (let at = 48; at + 6 <= bytes.length; ) {
    const length = view.getUint16(at + 2, true);
    if (length === 0) {
      const message = 'a block of length 0: Linux reads it for ever';
      return [{ table: 'IVRS', how: 'hang', offset: at + 2, message }];
    }
    blocks.push({ at, end: at + length, type: bytes[at] ?? 0 });
    at += length;
  }
  const [first] = blocks;
  if (first === undefined) return [];
  const devid = view.getUint16(first.at + 4, true);
  const newer = blocks.findIndex(({ type }) => type > newestBlock);
  const used = (newer < 0 ? blocks : blocks.slice(0, newer)).findLast(
    ({ at }) => view.getUint16(at + 4, true) === devid,
  );
  for (const { at, end, type } of blocks) {
    if (type !== (used ?? first).type) continue;
    const offset = endlessEntryIn(
      bytes,
      at + (entriesAt[type] ?? end),
      Math.min(end, bytes.length),
    );
    if (offset !== null) {
      const message = `an entry of type ${hex(bytes[offset] ?? 0)} has no length for Linux, which reads it for ever`;
      return [{ table: 'IVRS', how: 'hang', offset, message }];
    }
  }
  return [];
}

function endlessEntryIn(bytes: Uint8Array, first: number, end: number): number | null {
  for (let at = first; at < end; ) {
    const type = bytes[at] ?? 0;
    // It speaks of all devices, and nothing behind it is looked at.
    if (type === 1) return null;
    if (type >= 0x80 && type !== acpiEntry) return at;
    at += type === acpiEntry ? (bytes[at + 21] ?? 0) + 22 : 4 << (type >> 6);
  }
  return null;
}

// ---- IORT ----------------------------------------------------------------------------------------

/** What a device is asked for when it is added: first where its messages go, then its IOMMU. */
const wanted: readonly (readonly IortNode['type'][])[] = [['its-group'], IORT_IOMMU_TYPE];

function iortKillers(k: kernel, devices: Iterable<device>): Killer[] {
  if (leadsOnwards(k.acpi?.iort?.nodes ?? [])) return [];
  for (const dev of devices) {
    for (const types of wanted) {
      const map = loopOf(k, dev, types);
      if (map === null) continue;
      const message = `the mapping leads ${dev.name} round in a circle, which Linux follows for ever`;
      return [{ table: 'IORT', how: 'hang', offset: map.offset, message }];
    }
  }
  return [];
}

/** Every mapping leads from a device to an SMMU, or from either to an ITS: there is no circle. */
function leadsOnwards(nodes: readonly IortNode[]): boolean {
  const ranks = new Map(nodes.map((node) => [node.offset, rankOf(node)]));
  return nodes.every((node) =>
    node.mappings.every((map) => (ranks.get(map.output_reference) ?? 3) > rankOf(node)),
  );
}

function rankOf({ type }: IortNode): number {
  return type === 'its-group' ? 2 : IORT_IOMMU_TYPE.includes(type) ? 1 : 0;
}

function loopOf(k: kernel, dev: device, types: readonly IortNode['type'][]): IortIdMapping | null {
  if (dev.pci === null) {
    const node = namedComponentOf(k, dev);
    return node === null ? null : iortLoopFrom(k, node, null, types);
  }
  const node = rootComplexOf(k, dev.pci.segment);
  if (node === null) return null;
  for (const { alias } of dmaAliases(dev.pci)) {
    const map = iortLoopFrom(k, node, alias, types);
    if (map !== null) return map;
  }
  return null;
}
