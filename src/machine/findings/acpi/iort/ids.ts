// Rules about the stream IDs that IORT gives to the devices of a machine.

import type { IortNode, IortRootComplex } from '../../../../firmware/index.ts';
import {
  dmaAliases,
  IORT_IOMMU_TYPE,
  iort_node_map_id,
  namedComponentOf,
  rootComplexOf,
} from '../../../../linux/index.ts';
import { few, groupBy, hex } from '../../../../util/index.ts';
import { isHostBridgeFunction } from '../../../boot/plan/client-drivers.ts';
import { acpiTargets } from '../../../firmware/acpi/targets.ts';
import type { Finding, Severity } from '../../../inspection.ts';
import type { JudgedTables } from '../tables.ts';
import { isSmmu } from './mappings.ts';
import { type Report, reported } from './report.ts';
import { type Stretch, stretchesOf } from './stretches.ts';

/** Owners of a stream ID, each with the offset of the node that maps its IDs. */
type Claims = Map<string, number>;

type Version = 'SMMUv2' | 'SMMUv3';

/** A stream ID has one owner: of the devices that are known, and of those that the table allows. */
export function iortIdFindings(judged: JudgedTables): Finding[] {
  const { iort } = judged.acpi;
  if (iort === null) return [];
  const versions = new Map<number, Version>();
  for (const { type, offset } of iort.nodes) {
    if (type === 'smmu' || type === 'smmu-v3')
      versions.set(offset, type === 'smmu' ? 'SMMUv2' : 'SMMUv3');
  }
  return reported((report) => {
    const said = devices(judged, versions, report);
    mappings(judged, versions, said, report);
    holes(judged, report);
  });
}

/** What bridges send in place of others is left out. Returns the pairs of nodes that share an ID. */
function devices(
  { acpi: { iort }, machine, boot }: JudgedTables,
  versions: ReadonlyMap<number, Version>,
  report: Report,
): Set<string> {
  const smmus = new Map(
    (iort?.nodes ?? [])
      .filter(({ offset }) => versions.has(offset))
      .map((node) => [machine.acpi?.fwnodes.get(node), node.offset]),
  );
  const claims = new Map<string, { readonly version: Version; readonly owners: Claims }>();
  for (const of of machine.devices) {
    const dev = boot.devices.get(of);
    if (dev === undefined || isHostBridgeFunction(of)) continue;
    const by =
      dev.pci === null ? namedComponentOf(boot.k, dev) : rootComplexOf(boot.k, dev.pci.segment);
    const targets = by === null ? 'none' : acpiTargets(boot.k, dev);
    if (by === null || typeof targets === 'string') continue;
    for (const { fwnode, id } of dev.pci === null ? targets : targets.slice(0, 1)) {
      const smmu = smmus.get(fwnode);
      const version = smmu === undefined ? undefined : versions.get(smmu);
      if (smmu === undefined || version === undefined) continue;
      const key = `${hex(id)} of the ${version} at ${hex(smmu)}`;
      const known = claims.get(key) ?? { version, owners: new Map() };
      claims.set(key, known);
      if (!known.owners.has(of.name)) known.owners.set(of.name, by.offset);
    }
  }
  const pairs = new Set<string>();
  for (const [what, { version, owners }] of claims) {
    const [first, second, ...more] = owners;
    if (first === undefined || second === undefined) continue;
    for (const offset of owners.values()) pairs.add(`${first[1]} ${offset}`);
    const others = more.length === 0 ? '' : ` and ${more.length} more`;
    const said = `${what} belongs to ${first[0]}, ${second[0]}${others}`;
    share(report, version, second[1], said, version === 'SMMUv2' ? 'warning' : undefined);
  }
  return pairs;
}

/** What an SMMU does with a second owner depends on its version. */
function share(
  report: Report,
  version: Version,
  offset: number,
  what: string,
  severity?: Severity,
): void {
  const then =
    version === 'SMMUv3'
      ? 'only the first to probe gets the IOMMU'
      : 'they are in one group, and share what is mapped';
  const help = 'give each device stream IDs of its own';
  const message = `stream ID ${what}: ${then}`;
  report('iort-sid-collision', { offset }, message, help, severity);
}

/** Mappings of two nodes, or of one to two places, that give one ID away. */
function mappings(
  { acpi: { iort }, machine }: JudgedTables,
  versions: ReadonlyMap<number, Version>,
  said: ReadonlySet<string>,
  report: Report,
): void {
  const isSaid = (a: Stretch, b: Stretch): boolean =>
    said.has(`${a.owner.offset} ${b.owner.offset}`) ||
    said.has(`${b.owner.offset} ${a.owner.offset}`);
  // Of functions that are known none has it.
  const isKnown = machine.devices.some(({ pci, assumed }) => pci !== null && !assumed);
  const stretches = stretchesOf(iort?.nodes ?? [], machine);
  for (const [smmu, given] of groupBy(stretches, (of) => of.smmu)) {
    const version = versions.get(smmu);
    if (version === undefined) continue;
    const shared = sharedIn(given).filter(({ wide, narrow }) => !isSaid(wide, narrow));
    for (const [wide, those] of groupBy(shared, (of) => of.wide)) {
      const ids = few(those.map(({ narrow }) => `${hex(narrow.first)} for ${nameOf(narrow)}`));
      const what = `${ids} of the ${version} at ${hex(smmu)} is given to ${nameOf(wide)} too`;
      const severity = isKnown ? 'note' : version === 'SMMUv2' ? 'warning' : undefined;
      // Of two mappings the later one is to blame.
      const [first] = those.length === 1 ? those : [];
      const at = Math.max(wide.offset, first?.narrow.offset ?? 0);
      share(report, version, at, what, severity);
    }
  }
}

const targets: readonly IortNode['type'][] = [...IORT_IOMMU_TYPE, 'its-group'];

/** Functions that are there and that no mapping has, where others are behind an SMMU. */
function holes({ acpi: { iort }, machine, boot }: JudgedTables, report: Report): void {
  const nodes = new Map(iort?.nodes.map((node) => [node.offset, node]));
  const missing: { readonly root: IortRootComplex; readonly name: string }[] = [];
  const aliased: typeof missing = [];
  for (const of of machine.devices) {
    const pci = boot.devices.get(of)?.pci ?? null;
    const root = pci === null ? null : rootComplexOf(boot.k, pci.segment);
    if (pci === null || root === null || of.assumed || isHostBridgeFunction(of)) continue;
    const [own, ...others] = dmaAliases(pci).map(({ alias }) => ({
      alias,
      target: iort_node_map_id(boot.k, root, alias, targets),
    }));
    if (own === undefined) continue;
    const hole = others.find(({ target }) => !isSmmu(target?.node));
    if (own.target === null) missing.push({ root, name: of.name });
    else if (hole !== undefined && isSmmu(own.target.node))
      aliased.push({ root, name: `${hex(hole.alias)} (${of.name})` });
  }
  for (const [root, functions] of groupBy(aliased, (of) => of.root)) {
    const message = `no mapping has an ID that a bridge sends in the place of a function's own: ${few(functions.map(({ name }) => name))}: no IOMMU, or from v6.15 on one that does not know the ID`;
    report('iort-rc-no-smmu', root, message, 'let ranges cover the IDs of bridges, too', 'error');
  }
  for (const [root, functions] of groupBy(missing, (of) => of.root)) {
    // Other rules say what is wrong with where mappings lead.
    const isSound = root.mappings.every(({ output_reference }) => nodes.has(output_reference));
    if (!isSound || !root.mappings.some((map) => isSmmu(nodes.get(map.output_reference)))) continue;
    const message = `no mapping has the IDs of ${few(functions.map(({ name }) => name))}: they have no IOMMU`;
    report('iort-rc-no-smmu', root, message, 'let ranges cover every function');
  }
}

/** Stretches that begin inside of others. */
function sharedIn(given: readonly Stretch[]): { wide: Stretch; narrow: Stretch }[] {
  const shared: { wide: Stretch; narrow: Stretch }[] = [];
  let wide: Stretch | null = null;
  for (const narrow of given.toSorted((a, b) => a.first - b.first || b.last - a.last)) {
    if (wide !== null && narrow.first <= wide.last && areOfDifferentDevices(wide, narrow))
      shared.push({ wide, narrow });
    if (wide === null || narrow.last > wide.last) wide = narrow;
  }
  return shared;
}

/** Of one node: ranges that have functions in common are another rule's. */
function areOfDifferentDevices(a: Stretch, b: Stretch): boolean {
  if (a.owner !== b.owner) return true;
  if (a.owner.type !== 'root-complex' || a.added === null || b.added === null) return false;
  return a.first - a.added > b.last - b.added || b.first - b.added > a.last - a.added;
}

function nameOf({ owner, offset }: Stretch): string {
  return owner.type === 'root-complex'
    ? `segment ${owner.pci_segment_number} by the mapping at ${hex(offset)}`
    : owner.device_name;
}
