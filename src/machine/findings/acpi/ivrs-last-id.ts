// Where the last ID in IVRS is lower than one that a PCI function has.

import { rlookupRooms } from '../../../series/index.ts';
import { hex } from '../../../util/index.ts';
import type { Finding, Kills } from '../../inspection.ts';
import { inTable, type JudgedTables } from './tables.ts';

/** Kernels that read beyond the end of a table, and from which ID on. */
interface Beyond {
  readonly segment: number;
  readonly last: number;
  readonly rows: readonly { readonly kernels: Kills['kernels']; readonly from: number }[];
  /** A function that has such an ID; null where the input shows no functions. */
  readonly name: string | null;
}

/** Of a crash there is a finding already. */
export function lastIdFindings(judged: JudgedTables): Finding[] {
  const kills = lastIdKills(judged);
  if (kills === undefined || judged.boot.crash !== null) return [];
  return beyondOf(judged).map(({ segment, last, rows, name }) => {
    const when = rows.map(({ kernels, from }) => `${span(kernels)} from ID ${hex(from)} on`);
    const message =
      `the last ID that it names in segment ${segment} is ${hex(last)}: for ${name ?? 'a function'}` +
      `${name === null ? ' with a higher one' : ''} the kernel reads beyond its table (${when.join(', ')})`;
    const help = 'end the last range at 0xffff, as most firmware does';
    const finding = inTable('IVRS', 'ivrs-last-id', null, message, help);
    // Real boards end where their buses do: without the functions nothing is wrong yet.
    return { ...finding, kills, severity: name === null ? 'note' : finding.severity };
  });
}

/** The kernels that panic, if some do. */
export function lastIdKills(judged: Pick<JudgedTables, 'machine' | 'boot'>): Kills | undefined {
  const rows = beyondOf(judged).flatMap((beyond) => beyond.rows);
  const [first] = rows;
  const last = rows.at(-1);
  if (first === undefined || last === undefined) return undefined;
  return { how: 'panic', kernels: [first.kernels[0], last.kernels[1]] };
}

function beyondOf({
  machine: { acpi, devices },
  boot,
}: Pick<JudgedTables, 'machine' | 'boot'>): Beyond[] {
  const ivrs = acpi?.ivrs ?? null;
  if (ivrs === null || typeof ivrs === 'string') return [];
  const functions = devices.flatMap(({ name, pci }) =>
    pci === null ? [] : [{ name, segment: pci.segment, id: (pci.bus << 8) | pci.devfn }],
  );
  // Linux may have given up on its units, and looks for no device's then.
  const used = boot.crash !== null || boot.k.iommu_device_list.value.length > 0;
  if (functions.length > 0 && !used) return [];
  return [...ivrs.segments.values()].flatMap(({ id: segment, last_bdf }) => {
    const known = functions.filter((of) => of.segment === segment);
    const rows = rlookupRooms
      .map(({ kernels, room }) => ({ kernels, from: room(last_bdf + 1) }))
      .filter(({ from }) => from <= 0xffff)
      .filter(({ from }) => functions.length === 0 || known.some(({ id }) => id >= from));
    const lowest = Math.min(...rows.map(({ from }) => from));
    const name = known.find(({ id }) => id >= lowest)?.name ?? null;
    return rows.length === 0 ? [] : [{ segment, last: last_bdf, rows, name }];
  });
}

function span([first, last]: Kills['kernels']): string {
  return first === last ? first : `${first} to ${last}`;
}
