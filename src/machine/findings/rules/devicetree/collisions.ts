import type { Rule } from '../rule.ts';
import { host, master, smmu3 } from './trees.ts';

/** Rules about IDs of several writers at one IOMMU. */
export const collisionRules: readonly Rule[] = [
  {
    name: 'iommu-map-sid-collision',
    severity: 'error',
    about: 'what iommu-map makes of requester IDs is nobody else’s ID at the same IOMMU',
    linux:
      'An SMMUv3 refuses the device that comes later, with "already in tree" or "Aliasing StreamID unsupported" in newer kernels: it has no IOMMU. An SMMUv2 puts both into one group, and the translation of one counts for the other.',
    fix: 'Let the entry begin where nobody else has IDs, or make it shorter.',
    example: {
      bad: smmu3() + host('pcie', '<0 &smmu 0 0x1000>') + master('dma', '<&smmu 0x100>'),
      good: smmu3() + host('pcie', '<0 &smmu 0x1000 0x1000>') + master('dma', '<&smmu 0x100>'),
    },
  },
];
