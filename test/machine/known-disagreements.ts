import type { VerifyField } from '../../src/machine/index.ts';

/** Where a prediction is known not to be what the kernel decided. `*` stands for anything. */
export interface KnownDisagreement {
  readonly capture: string;
  readonly device: string;
  readonly fields: readonly VerifyField[];
  readonly why: string;
}

const anything: readonly VerifyField[] = [
  ...(['device', 'deferred', 'iommu', 'ids', 'group', 'domain', 'calls'] as const),
];

/** Every one must still be one: what agrees by now has to go from here. */
export const knownDisagreements: readonly KnownDisagreement[] = [
  ...['x86-viommu-*', 'a64-*-viommu-*'].map((capture) => ({
    capture,
    device: '*',
    fields: anything,
    why: 'when the module of a virtio-iommu came is not known',
  })),
  ...['dtb-late-smmu-*'].map((capture) => ({
    capture,
    device: '*',
    fields: anything,
    why: 'what becomes of an IOMMU that is late',
  })),
  ...['a64-*-smmu-p2p-k6.*', 'dtb-plat-*-sameid-k6.*'].map((capture) => ({
    capture,
    device: '*',
    fields: anything,
    why: 'who comes first of two that claim one StreamID',
  })),
];
