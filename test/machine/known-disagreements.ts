import type { VerifyField } from '../../src/machine/index.ts';

/** Where a prediction is known not to be what the kernel decided. `*` stands for anything. */
export interface KnownDisagreement {
  readonly capture: string;
  readonly device: string;
  readonly fields: readonly VerifyField[];
  readonly why: string;
}

const anything: readonly VerifyField[] = [
  ...(['device', 'deferred', 'iommu', 'ids', 'group', 'domain', 'errno'] as const),
];
const noGroup: readonly VerifyField[] = ['iommu', 'group', 'domain'];

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
  {
    capture: 'dtb-v2-cells2-pci-k7.3',
    device: '*',
    fields: ['errno'],
    why: 'the trace begins after the first drivers were bound',
  },
  ...['a64-*-smmu-p2p-k6.*', 'dtb-plat-*-sameid-k6.*'].map((capture) => ({
    capture,
    device: '*',
    fields: noGroup,
    why: 'who comes first of two that claim one StreamID',
  })),
  ...['a64-acpi-*-k6.12', 'iort-*-k6.12'].map((capture) => ({
    capture,
    device: '*',
    fields: ['errno'] as const,
    why: 'which errors the ACPI path swallows',
  })),
];
