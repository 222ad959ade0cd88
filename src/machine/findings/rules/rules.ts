import { present } from '../../../util/index.ts';
import type { Severity } from '../../inspection.ts';
import type { Machine } from '../../machine.ts';
import { acpiRules } from './acpi.ts';
import { pciRules } from './pci.ts';
import { type Rule, rulesOf } from './rule.ts';

/** Rules about booting, with any kind of firmware. */
const bootRules: readonly Rule[] = rulesOf([
  ['kernel-crash', 'error', 'booting with this description does not crash the kernel'],
  ['kernel-hang', 'error', 'kernels come to the end of every table'],
  ['kernel-warning', 'warning', 'booting with this description gives no kernel warning'],
]);

/** Rules about devicetrees. */
const treeRules: readonly Rule[] = rulesOf([
  ['iommu-disabled', 'note', 'an IOMMU that is named is not disabled'],
  ['iommu-map-alias-hole', 'error', 'every DMA alias of a function is covered by iommu-map'],
  [
    'iommu-map-base-outside-mask',
    'error',
    'the input base of an entry has no bits outside iommu-map-mask',
  ],
  ['iommu-map-dangling', 'error', 'every phandle in iommu-map resolves'],
  ['iommu-map-length', 'error', 'iommu-map is a whole number of entries'],
  ['iommu-map-no-cells', 'error', 'every target of iommu-map has #iommu-cells'],
  ['iommu-map-overlap', 'warning', 'the ranges of iommu-map do not overlap: the first entry wins'],
  ['iommu-map-partial', 'warning', 'every function that is present is covered by iommu-map'],
  ['iommu-map-range-cells', 'error', 'a range of several IDs has one output cell'],
  ['iommu-map-wrap', 'error', 'base and length of an entry fit into 32 bits'],
  ['iommu-map-zero-length', 'note', 'an entry covers something'],
  ['iommu-mixed-drivers', 'error', 'all IOMMUs of one device belong to one driver'],
  [
    'iommu-multi-instance',
    'error',
    'a device names one instance, unless the driver supports several',
  ],
  ['iommu-no-driver', 'warning', 'a driver of the model binds to every IOMMU that is named'],
  ['iommu-not-registered', 'warning', 'every IOMMU that has a driver registers'],
  ['iommu-self', 'error', 'an IOMMU does not name itself'],
  ['iommus-dangling', 'error', 'every phandle in iommus resolves'],
  ['iommus-length', 'error', 'iommus is a whole number of cells, and not empty'],
  ['iommus-no-cells', 'error', 'every target of iommus has #iommu-cells'],
  ['iommus-short', 'error', 'iommus has as many cells for an entry as #iommu-cells says'],
  ['iommus-zero-phandle', 'error', 'no entry of iommus is zero'],
  [
    'pcie-iommus-without-map',
    'warning',
    'a host bridge with iommus has an iommu-map for its functions',
  ],
  ['smmu2-smr-conflict', 'error', 'stream matches of an SMMUv2 are equal, nested or disjoint'],
  ['smmu3-cells', 'error', 'an SMMUv3 has #iommu-cells of 1'],
  ['smmu3-dup-sid', 'error', 'a StreamID of an SMMUv3 belongs to one device'],
  ['viommu-hole', 'error', 'iommu-map leaves out the virtio-iommu that is a function itself'],
]);

/** Every rule, by name. A test keeps the list complete. */
export const rules: readonly Rule[] = [...acpiRules, ...treeRules, ...bootRules, ...pciRules].sort(
  (a, b) => (a.name < b.name ? -1 : 1),
);

/** Those that a machine with one kind of firmware is held against. */
export function rulesFor(firmware: Machine['firmware']): readonly Rule[] {
  return [...(firmware === 'acpi' ? acpiRules : treeRules), ...bootRules, ...pciRules];
}

export function severityOf(name: string): Severity {
  const rule = rules.find((of) => of.name === name);
  return present(rule, `the rule ${name}`).severity;
}
