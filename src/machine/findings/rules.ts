import { present } from '../../util/index.ts';
import type { Severity } from '../inspection.ts';
import type { Machine } from '../machine.ts';
import { acpiRules } from './rules-acpi.ts';
import { pciRules } from './rules-pci.ts';

/** A rule that findings are made by. */
export interface Rule {
  readonly name: string;
  readonly severity: Severity;
  /** What the description of IOMMUs has to fulfil. */
  readonly about: string;
}

/** Rules about booting, with any kind of firmware. */
const bootRules: readonly Rule[] = [
  {
    name: 'kernel-crash',
    severity: 'error',
    about: 'booting with this description does not crash the kernel',
  },
  {
    name: 'kernel-hang',
    severity: 'error',
    about: 'kernels come to the end of every table',
  },
  {
    name: 'kernel-warning',
    severity: 'warning',
    about: 'booting with this description gives no kernel warning',
  },
];

/** Rules about devicetrees. */
const treeRules: readonly Rule[] = [
  {
    name: 'iommu-disabled',
    severity: 'note',
    about: 'an IOMMU that is named is not disabled',
  },
  {
    name: 'iommu-map-alias-hole',
    severity: 'error',
    about: 'every DMA alias of a function is covered by iommu-map',
  },
  {
    name: 'iommu-map-base-outside-mask',
    severity: 'error',
    about: 'the input base of an entry has no bits outside iommu-map-mask',
  },
  { name: 'iommu-map-dangling', severity: 'error', about: 'every phandle in iommu-map resolves' },
  { name: 'iommu-map-length', severity: 'error', about: 'iommu-map is a whole number of entries' },
  {
    name: 'iommu-map-no-cells',
    severity: 'error',
    about: 'every target of iommu-map has #iommu-cells',
  },
  {
    name: 'iommu-map-overlap',
    severity: 'warning',
    about: 'the ranges of iommu-map do not overlap: the first entry wins',
  },
  {
    name: 'iommu-map-partial',
    severity: 'warning',
    about: 'every function that is present is covered by iommu-map',
  },
  {
    name: 'iommu-map-range-cells',
    severity: 'error',
    about: 'a range of several IDs has one output cell',
  },
  {
    name: 'iommu-map-wrap',
    severity: 'error',
    about: 'base and length of an entry fit into 32 bits',
  },
  { name: 'iommu-map-zero-length', severity: 'note', about: 'an entry covers something' },
  {
    name: 'iommu-mixed-drivers',
    severity: 'error',
    about: 'all IOMMUs of one device belong to one driver',
  },
  {
    name: 'iommu-multi-instance',
    severity: 'error',
    about: 'a device names one instance, unless the driver supports several',
  },
  {
    name: 'iommu-no-driver',
    severity: 'warning',
    about: 'a driver of the model binds to every IOMMU that is named',
  },
  {
    name: 'iommu-not-registered',
    severity: 'warning',
    about: 'every IOMMU that has a driver registers',
  },
  { name: 'iommu-self', severity: 'error', about: 'an IOMMU does not name itself' },
  { name: 'iommus-dangling', severity: 'error', about: 'every phandle in iommus resolves' },
  {
    name: 'iommus-length',
    severity: 'error',
    about: 'iommus is a whole number of cells, and not empty',
  },
  { name: 'iommus-no-cells', severity: 'error', about: 'every target of iommus has #iommu-cells' },
  {
    name: 'iommus-short',
    severity: 'error',
    about: 'iommus has as many cells for an entry as #iommu-cells says',
  },
  { name: 'iommus-zero-phandle', severity: 'error', about: 'no entry of iommus is zero' },
  {
    name: 'pcie-iommus-without-map',
    severity: 'warning',
    about: 'a host bridge with iommus has an iommu-map for its functions',
  },
  {
    name: 'smmu2-smr-conflict',
    severity: 'error',
    about: 'stream matches of an SMMUv2 are equal, nested or disjoint',
  },
  { name: 'smmu3-cells', severity: 'error', about: 'an SMMUv3 has #iommu-cells of 1' },
  {
    name: 'smmu3-dup-sid',
    severity: 'error',
    about: 'a StreamID of an SMMUv3 belongs to one device',
  },
  {
    name: 'viommu-hole',
    severity: 'error',
    about: 'iommu-map leaves out the virtio-iommu that is a function itself',
  },
];

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
