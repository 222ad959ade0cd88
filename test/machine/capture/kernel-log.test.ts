import { expect, test } from 'vitest';
import { EBUSY, EINVAL, ENODEV, ENXIO, type IommuHardware } from '../../../src/linux/index.ts';
import { hardwareInLog } from '../../../src/machine/firmware/kernel-log.ts';

test.each<[string, string, IommuHardware]>([
  [
    'stream mapping entries',
    'arm-smmu 5000.iommu: \tstream matching with 32 register groups',
    { streamMappingEntries: 32 },
  ],
  ['context banks', 'arm-smmu 5000.iommu: \t8 context banks (2 stage-2 only)', { contextBanks: 8 }],
  [
    'an SMMUv2 that cannot translate',
    'arm-smmu 5000.iommu: no translation support!',
    { probeErrno: -ENODEV },
  ],
  [
    'an SMMUv3 that cannot translate',
    'arm-smmu-v3 5000.iommu: no translation support!',
    { probeErrno: -ENXIO },
  ],
  [
    'an SMMUv3 that has too few registers',
    'arm-smmu-v3 5000.iommu: MMIO region too small ([mem 0x5000-0x5fff flags 0x200])',
    { probeErrno: -EINVAL },
  ],
  [
    'registers that are taken',
    "rk_iommu 5000.iommu: can't request region for resource [mem 0x5000-0x50ff]",
    { probeErrno: -EBUSY },
  ],
  [
    'the same in newer words',
    "arm-smmu 5000.iommu: error -EBUSY: can't request region for resource [mem 0x5000-0x50ff]",
    { probeErrno: -EBUSY },
  ],
])('a kernel log tells of %s', (_what, line, hardware) => {
  expect(hardwareInLog([`[    0.936126] ${line}`])).toEqual(new Map([['5000.iommu', hardware]]));
  expect(hardwareInLog([line])).toEqual(new Map([['5000.iommu', hardware]]));
});

test('lines about one IOMMU add up, and those about another are its own', () => {
  const log = [
    'arm-smmu a.iommu: \tstream matching with 32 register groups',
    'arm-smmu b.iommu: \t4 context banks (0 stage-2 only)',
    'arm-smmu a.iommu: \t8 context banks (0 stage-2 only)',
  ];
  expect(hardwareInLog(log)).toEqual(
    new Map([
      ['a.iommu', { streamMappingEntries: 32, contextBanks: 8 }],
      ['b.iommu', { contextBanks: 4 }],
    ]),
  );
});

test.each([
  'arm-smmu 5000.iommu: probe with driver arm-smmu failed with error -28',
  'arm-smmu-v3 5000.iommu: invalid #iommu-cells value (2)',
  'virtio_iommu virtio0: input address: 64 bits',
  'arm-smmu-v3 5000.iommu: \t8 context banks (0 stage-2 only)',
])('what a driver decided, or prints of something else, is no hardware: %s', (line) => {
  expect(hardwareInLog([line])).toEqual(new Map());
});

test.each([
  '[1.417708] AMD-Vi: Extended features (0x29d3, 0x0): PreF PPR GT IA GA HE',
  'AMD-Vi: Extended features (0x29d3): PreF PPR GT IA GA HE',
])("AMD's driver prints what IOMMUs can: %s", (line) => {
  expect(hardwareInLog([line])).toEqual(new Map([['ivhd0', { extendedFeatures: 0x29d3n }]]));
});

test("Intel's driver prints the registers of a unit", () => {
  const line =
    '[0.331513] DMAR: dmar0: reg_base_addr fed90000 ver 1:0 cap d2008c22260206 ecap f00f4a';
  expect(hardwareInLog([line])).toEqual(
    new Map([['dmar0', { registers: { cap: 0xd2008c22260206n, ecap: 0xf00f4an } }]]),
  );
});

test('a unit that does not answer is known by its address', () => {
  const line =
    '[0.01] DMAR: [Firmware Bug]: Your BIOS is broken; DMAR reported at address fed90000 returns all ones!';
  const registers = { cap: 2n ** 64n - 1n, ecap: 2n ** 64n - 1n };
  expect(hardwareInLog([line])).toEqual(new Map([['registers at 0xfed90000', { registers }]]));
});
