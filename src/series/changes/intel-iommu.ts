// How kernels differ in which default domain Intel's driver wants, and in what it locks.

import { intelDefDomainType, intelOpsWith, type Patch } from '../../linux/index.ts';

/** Graphics are left untranslated only where they have a unit of their own, which is then not used. */
export const graphicsByUnit: Patch = {
  // between v6.8 and v6.12
  subject: 'iommu/vt-d: Remove the identity mapping of all graphics',
  drivers: ({ 'intel-iommu': ops }) => ({
    'intel-iommu': { ...ops, def_domain_type: intelDefDomainType(false, false) },
  }),
};

/** The driver no longer maps all memory where a unit cannot pass requests through. */
export const passThroughByHardware: Patch = {
  subject: 'iommu/vt-d: Require DMA domain if hardware not support passthrough', // v6.12
  drivers: ({ 'intel-iommu': ops }) => ({
    'intel-iommu': { ...ops, def_domain_type: intelDefDomainType(false, true) },
  }),
};

/** Devices are found by their requester IDs, and caches by their domain. */
export const devicesAndCaches: Patch = {
  subject: 'iommu/vt-d: devices in a tree, caches by domain', // between v6.8 and v6.12
  drivers: ({ 'intel-iommu': ops }) => ({
    'intel-iommu': { ...ops, ...intelOpsWith({ tracks: true, numbers: false }) },
  }),
};

/** The numbers of domains have a lock of their own. */
export const domainNumbers: Patch = {
  subject: 'iommu/vt-d: a lock for the numbers of domains', // between v6.12 and v7.3
  drivers: ({ 'intel-iommu': ops }) => ({
    'intel-iommu': { ...ops, ...intelOpsWith({ tracks: true, numbers: true }) },
  }),
};
