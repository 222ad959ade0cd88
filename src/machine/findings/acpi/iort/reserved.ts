// Rules about IORT: memory that devices go on using while Linux boots.

import {
  type Acpi,
  type AcpiDevice,
  compatibleIds,
  hardwareId,
  type IortIdMapping,
  type IortRmr,
  numberOf,
  readNamespace,
} from '../../../../firmware/index.ts';
import { FirstRange, groupBy, hex } from '../../../../util/index.ts';
import { pciRootIds } from '../../../firmware/acpi/tables.ts';
import type { Finding } from '../../../inspection.ts';
import type { JudgedTables } from '../tables.ts';
import { isSmmu } from './mappings.ts';
import { type Report, reported } from './report.ts';
import { type Stretch, stretchesOf } from './stretches.ts';

export function iortReservedFindings({ acpi, machine }: JudgedTables): Finding[] {
  const { iort } = acpi;
  const rmrs = iort?.nodes.filter((node) => node.type === 'rmr') ?? [];
  if (iort === null || rmrs.length === 0) return [];
  const nodes = new Map(iort.nodes.map((node) => [node.offset, node]));
  const requesters = new Requesters(stretchesOf(iort.nodes, machine));
  const bridges = new Bridges(acpi);
  return reported((report) => {
    for (const node of rmrs) {
      if (iort.header.revision < 5) {
        const message = `reserved memory in a table of revision ${iort.header.revision}: Linux ignores it`;
        report('iort-rmr-ignored', node, message, 'use revision 5 or a later one');
      }
      const reaching = node.mappings.filter((map) => isSmmu(nodes.get(map.output_reference)));
      if (reaching.length === 0) {
        const message = 'no mapping leads to an SMMU: Linux ignores the node';
        report('iort-rmr-no-map', node, message, 'map the stream IDs of the device that uses it');
      }
      const attribute = (node.node_flags >> 2) & 0xff;
      if (attribute > 5) {
        const message = `access attribute ${attribute} is not known`;
        report('iort-rmr-attr', { offset: node.offset + 16 }, message, 'use 0 to 5');
      }
      for (const map of reaching) owners(map, requesters, bridges, report);
    }
    ranges(rmrs, report);
  });
}

const granule = 0x1_0000n;

function ranges(rmrs: readonly IortRmr[], report: Report): void {
  const all: { readonly base: bigint; readonly end: bigint }[] = [];
  const help = 'reserve memory once';
  for (const node of rmrs) {
    if (node.memory_ranges.length === 0)
      report('iort-rmr-overlap', node, 'the node reserves no memory', 'list what it reserves');
    for (const { offset, base_address: base, length } of node.memory_ranges) {
      const at = { offset };
      if (base % granule !== 0n || length % granule !== 0n) {
        const message = `${hex(base)} and ${hex(length)} bytes are not multiples of 64 KiB`;
        report('iort-rmr-align', at, message, 'align memory that is reserved to 64 KiB');
      }
      const end = base + length;
      if (length === 0n) report('iort-rmr-overlap', at, `the range at ${hex(base)} is empty`, help);
      else if (all.some((other) => base < other.end && other.base < end))
        report('iort-rmr-overlap', at, `the range at ${hex(base)} overlaps another`, help);
      // More are not compared with each other.
      if (all.length < 1024) all.push({ base, end });
    }
  }
}

/** Whose IDs they are: memory of PCI functions stays only where Linux leaves their BARs alone. */
function owners(
  map: IortIdMapping,
  requesters: Requesters,
  bridges: Bridges,
  report: Report,
): void {
  const { output_base, id_count } = map;
  const owner = requesters.of(map.output_reference, [output_base, output_base + id_count]);
  if (owner === null) {
    const message = `no device of the table has stream ID ${hex(output_base)}: the SMMU lets it pass until a device claims it`;
    const help = 'map the stream IDs of the device that uses the memory';
    report('iort-rmr-no-map', map, message, help, 'note');
    return;
  }
  if (owner.type !== 'root-complex') return;
  const segment = owner.pci_segment_number;
  const asked = bridges.mayKeep(segment);
  if (asked === true) return;
  const message =
    asked === null
      ? `the memory is of PCI functions of segment ${segment}: Linux keeps it only where function 5 of the host bridge's _DSM returns 0`
      : `the memory is of PCI functions of segment ${segment}, whose host bridge has no _DSM: Linux ignores it`;
  const help = 'let function 5 of the _DSM of the host bridge return 0';
  report('iort-rmr-pci', map, message, help, asked === null ? 'note' : 'warning');
}

/** Who has the stream IDs of each SMMU: root complexes before all others. */
class Requesters {
  readonly #bySmmu: ReadonlyMap<number, { stretches: Stretch[]; first: FirstRange }>;

  constructor(all: readonly Stretch[]) {
    const isRoot = ({ owner }: Stretch): boolean => owner.type === 'root-complex';
    const inOrder = [...all.filter(isRoot), ...all.filter((of) => !isRoot(of))];
    const groups = groupBy(inOrder, ({ smmu }) => smmu);
    this.#bySmmu = new Map(
      [...groups].map(([smmu, stretches]) => {
        const ranges = stretches.map(({ first, last }) => ({ from: first, until: last + 1 }));
        return [smmu, { stretches, first: new FirstRange(ranges) }];
      }),
    );
  }

  of(smmu: number, ids: readonly number[]): Stretch['owner'] | null {
    const known = this.#bySmmu.get(smmu);
    for (const id of ids) {
      const owner = known?.stretches[known.first.of(id)]?.owner;
      if (owner !== undefined) return owner;
    }
    return null;
  }
}

/** The host bridges of the namespace, looked at when somebody asks. */
class Bridges {
  readonly #tables: Acpi['tables'];
  #found: readonly AcpiDevice[] | null = null;

  constructor({ tables }: Acpi) {
    this.#tables = tables;
  }

  /** Whether those of a segment have the method that says so; null where they are not known. */
  mayKeep(segment: number): boolean | null {
    if (!this.#tables.some(({ header }) => header.signature === 'DSDT')) return null;
    this.#found ??= readNamespace(this.#tables).devices.filter(isHostBridge);
    const own = this.#found.filter((of) => Number(numberOf(of, '_SEG') ?? 0n) === segment);
    return own.length === 0 ? null : own.every(({ has_dsm }) => has_dsm === true);
  }
}

function isHostBridge(of: AcpiDevice): boolean {
  return [hardwareId(of) ?? '', ...compatibleIds(of)].some((id) => pciRootIds.includes(id));
}
