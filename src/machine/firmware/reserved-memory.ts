// Reserved memory that firmware wants a device to see at addresses of its own: `memory-region` of the
// device leads to a node that says in `iommu-addresses` who sees it where (reserved-memory.yaml).

import {
  cells,
  dmaCellsOf,
  type Fdt,
  type FdtNode,
  type FdtProperty,
  propertyOf,
  regOf,
} from '../../firmware/fdt/index.ts';
import { FormatError } from '../../util/index.ts';

/** An entry of `iommu-addresses`. */
export interface IommuAddresses {
  /** In the blob. */
  readonly offset: number;
  readonly phandle: number;
  /** Whom it is for; null where no node has the phandle. */
  readonly node: FdtNode | null;
  readonly address: bigint;
  /** In bytes. */
  readonly size: bigint;
}

/** The regions that a device has; none where `memory-region` is no list of phandles. */
export function regionsOf({ phandles }: Pick<Fdt, 'phandles'>, node: FdtNode): FdtNode[] {
  const regions = propertyOf(node, 'memory-region');
  if (regions === undefined || regions.value.length % 4 !== 0) return [];
  return cells(regions).flatMap((phandle) => phandles.get(phandle) ?? []);
}

/**
 * The entries, each as long as the bus of the device that it names has addresses, and how many bytes
 * are left: those after an entry that names no node have no known place.
 */
export function iommuAddresses(
  { phandles }: Pick<Fdt, 'phandles'>,
  property: FdtProperty,
): { readonly entries: readonly IommuAddresses[]; readonly trailingBytes: number } {
  const { value } = property;
  const words = cells({ ...property, value: value.subarray(0, value.length & ~3) });
  const entries: IommuAddresses[] = [];
  let at = 0;
  for (;;) {
    const phandle = words[at];
    if (phandle === undefined) break;
    const node = phandles.get(phandle) ?? null;
    const offset = property.offset + 4 * at;
    if (node === null) {
      entries.push({ offset, phandle, node, address: 0n, size: 0n });
      break;
    }
    const { address, size } = dmaCellsOf(node);
    const end = at + 1 + address + size;
    if (end > words.length) break;
    const numberAt = (from: number, to: number): bigint =>
      words.slice(from, to).reduce((number, word) => (number << 32n) | BigInt(word), 0n);
    const sizeAt = at + 1 + address;
    entries.push({
      offset,
      phandle,
      node,
      address: numberAt(at + 1, sizeAt),
      size: numberAt(sizeAt, end),
    });
    at = end;
  }
  return { entries, trailingBytes: value.length - 4 * at };
}

/** Memory of the region; null where it has none of its own, and only addresses are kept free. */
export function memoryOf(region: FdtNode): { address: bigint; size: bigint } | null {
  try {
    return regOf(region)[0] ?? null;
  } catch (problem) {
    if (problem instanceof FormatError) return null;
    throw problem;
  }
}
