import type { Rule } from './rule.ts';

/** Rules about Arm’s SMMUs in a devicetree. */
export const smmuRules: readonly Rule[] = [
  {
    name: 'smmu2-smr-conflict',
    severity: 'error',
    about: 'stream matches of an SMMUv2 are equal, nested or disjoint',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'smmu3-cells',
    severity: 'error',
    about: 'an SMMUv3 has #iommu-cells of 1',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'smmu3-dup-sid',
    severity: 'error',
    about: 'a StreamID of an SMMUv3 belongs to one device',
    linux: '',
    fix: '',
    example: null,
  },
];
