// How kernels differ in reading IVRS.

import type { Task } from '../../explore/index.ts';
import {
  type AcpihidEntry,
  type acpi_device,
  acpihidMatches,
  amdDefDomainType,
  entriesInPages,
  type kernel,
  type Patch,
  rlookupAmdIommu,
  slabSize,
  translatesForProcesses,
} from '../../linux/index.ts';

/** Bytes of a pointer. */
const pointer = 8;

/** Slabs are for small tables; what is larger has pages. */
function entriesInSlab(entries: number): number {
  const size = entries * pointer;
  return size > 8192 ? entriesInPages(entries) : slabSize(size) / pointer;
}

/** For how many IDs kernels have memory, when a table is for so many; later ones look at no more. */
export const rlookupRooms: readonly {
  readonly kernels: readonly [first: string, last: string];
  readonly room: (entries: number) => number;
}[] = [
  { kernels: ['v6.1', 'v6.15'], room: entriesInPages },
  { kernels: ['v6.16', 'v6.16'], room: entriesInSlab },
];

/** Behind a table of pages there were zeroes at least as far as the page goes. */
export const tightRlookup: Patch = {
  // e874c666b15b, v6.16
  subject: 'iommu/amd: Change rlookup, irq_lookup, and alias to use kvalloc()',
  replaces: { __rlookup_amd_iommu: rlookupAmdIommu(entriesInSlab) },
};

/** Posted in April 2026; 7.3.4 boots where 6.12.107 crashes. */
export const boundedRlookup: Patch = {
  subject: 'iommu/amd: a device beyond the end of the table is behind no IOMMU',
  replaces: { __rlookup_amd_iommu: rlookupAmdIommu(() => Number.POSITIVE_INFINITY) },
};

/** An object may have another UID than IVRS says when no other entry has its HID. */
function* acpihidEntryAmong(
  _k: kernel,
  map: readonly AcpihidEntry[],
  adev: acpi_device,
): Task<AcpihidEntry | null> {
  const exact = map.find((entry) => acpihidMatches(entry, adev));
  if (exact !== undefined) return exact;
  const [only, ...others] = map.filter(({ hid }) => hid === adev.hid);
  return only !== undefined && others.length === 0 ? only : null;
}

export const looseAcpihid: Patch = {
  subject: 'iommu/amd: Allow matching ACPI HID devices without matching UIDs', // v6.16
  replaces: { acpihidEntryAmong },
};

/** Each IOMMU decides for itself, and the device has to have all three capabilities. */
export const processAddressSpaces: Patch = {
  subject: 'amd-iommu: a device for iommu_v2 is not translated without it',
  drivers: ({ 'amd-iommu': ops }) => ({
    'amd-iommu': {
      ...ops,
      def_domain_type: amdDefDomainType(
        (_k, { ats, pri, pasid }, iommu) => ats && pri && pasid && translatesForProcesses(iommu),
      ),
    },
  }),
};
