import type { Rule } from '../rule.ts';
import { bareSmmu2, gic, host, master, smmu2, smmu3, twoInterrupts } from './trees.ts';

const two = '#iommu-cells = <2>;';
const one = '#iommu-cells = <1>;';

function smmu2With(...masters: readonly string[]): string {
  return smmu2(two) + masters.join('');
}

const smmu2s: readonly Rule[] = [
  {
    name: 'smmu2-context-irq',
    severity: 'error',
    about: 'an SMMUv2 has more interrupts than #global-interrupts says',
    linux:
      'The driver says "found N interrupts but expected at least M" and ends its probe with -ENODEV. An SMMUv2 with fewer interrupts than context banks ends like that, too, which only its registers show.',
    fix: 'List the interrupts of the context banks behind the global ones, or correct #global-interrupts.',
    example: {
      bad: gic + bareSmmu2(one, '#global-interrupts = <2>;', twoInterrupts),
      good: gic + bareSmmu2(one, '#global-interrupts = <1>;', twoInterrupts),
    },
  },
  {
    name: 'smmu2-global-irq',
    severity: 'error',
    about: 'an SMMUv2 has #global-interrupts',
    linux: 'The driver says "missing #global-interrupts property" and ends its probe with -ENODEV.',
    fix: 'Write #global-interrupts: how many of the interrupts are no context bank’s.',
    example: {
      bad: gic + bareSmmu2(one, twoInterrupts),
      good: gic + bareSmmu2(one, '#global-interrupts = <1>;', twoInterrupts),
    },
  },
  {
    name: 'smmu2-id-under-mask',
    severity: 'note',
    about: 'a StreamID of an SMMUv2 has no bits where its mask has some',
    linux: 'These bits do not count: the device works, and that two sets are the same is not seen.',
    fix: 'Clear the bits of the ID that the mask has.',
    example: {
      bad: smmu2With(master('dma', '<&smmu 0x405 0xf>')),
      good: smmu2With(master('dma', '<&smmu 0x400 0xf>')),
    },
  },
  {
    name: 'smmu2-legacy',
    severity: 'error',
    about: 'no SMMU lists its masters in mmu-masters',
    linux:
      'The driver says "deprecated mmu-masters" and gives all masters identity domains. Where another SMMU has the newer binding, those of the kind that comes later are not probed: "not probing due to mismatched DT properties".',
    fix: 'Give the SMMU #iommu-cells, write iommus at each master, and delete mmu-masters and #stream-id-cells.',
    example: {
      bad:
        smmu2('mmu-masters = <&dma 5>;') +
        master('dma', '<>', '#stream-id-cells = <1>;')
          .replace('dma@', 'dma: dma@')
          .replace('\tiommus = <>;\n', ''),
      good: smmu2(one) + master('dma', '<&smmu 5>'),
    },
  },
  {
    name: 'smmu2-self-overlap',
    severity: 'note',
    about: 'a device lists each set of StreamIDs of an SMMUv2 once',
    linux:
      'Both are one stream mapping entry, as is a set that lies in a wider one before it. Where another ID was meant, that one is not translated.',
    fix: 'Leave the second entry out, or correct the ID that it was to have.',
    example: {
      bad: smmu2With(master('dma', '<&smmu 0x400 0xf>, <&smmu 0x400 0xf>')),
      good: smmu2With(master('dma', '<&smmu 0x400 0xf>, <&smmu 0x410 0xf>')),
    },
  },
  {
    name: 'smmu2-shared-sid',
    severity: 'note',
    about: 'devices behind an SMMUv2 have StreamIDs of their own',
    linux:
      'The devices share a stream mapping entry, so they are one group: one domain for all of them, and they can be assigned together only. A set that lies in a wider one of a device before it has the entry of that one; functions of which iommu-map-mask leaves the same share one, too.',
    fix: 'Give each device the StreamID that its hardware sends, if it is another.',
    example: {
      bad: smmu2With(master('dma', '<&smmu 5 0>'), master('usb', '<&smmu 5 0>')),
      good: smmu2With(master('dma', '<&smmu 5 0>'), master('usb', '<&smmu 6 0>')),
    },
  },
  {
    name: 'smmu2-sid-range',
    severity: 'error',
    about: 'StreamIDs and masks of an SMMUv2 have up to 15 bits',
    linux:
      'The driver says "stream ID 0x8000 out of range for SMMU", or the same of a mask, and the device has no IOMMU. Some SMMUv2 match 16 bits; of a larger value Linux keeps 16.',
    fix: 'Write the StreamID that the hardware sends; end a map where the SMMU ends.',
    example: {
      bad: smmu2With(master('dma', '<&smmu 0x8005 0>')),
      good: smmu2With(master('dma', '<&smmu 0x5 0>')),
    },
  },
  {
    name: 'smmu2-smr-conflict',
    severity: 'error',
    about: 'stream matches of an SMMUv2 are equal, apart, or the later within the earlier',
    linux:
      'Of two sets of StreamIDs that overlap otherwise, arm-smmu refuses the one that comes later with -EINVAL: its device has no IOMMU. A device that overlaps itself like that has none either.',
    fix: 'Choose masks so that two sets are equal, apart, or one in the other, the wider one first.',
    example: {
      bad: smmu2With(master('dma', '<&smmu 0x700 0xf0>'), master('usb', '<&smmu 0x700 0xf>')),
      good: smmu2With(master('dma', '<&smmu 0x700 0xf>'), master('usb', '<&smmu 0x710 0xf>')),
    },
  },
];

const smmu3s: readonly Rule[] = [
  {
    name: 'smmu3-cells',
    severity: 'error',
    about: 'an SMMUv3 has #iommu-cells of 1',
    linux:
      'The driver says "invalid #iommu-cells value", or "missing #iommu-cells". Up to v6.7 the SMMU then lets all DMA pass; newer kernels do not probe it.',
    fix: 'Write #iommu-cells = <1>, and one cell behind its phandle.',
    example: {
      bad: smmu3('smmu', two) + master('dma', '<&smmu 5 0>'),
      good: smmu3() + master('dma', '<&smmu 5>'),
    },
  },
  {
    name: 'smmu3-dup-sid',
    severity: 'error',
    about: 'a StreamID of an SMMUv3 belongs to one device',
    linux:
      'arm-smmu-v3 refuses the device that comes later, with "already in tree", in newer kernels "Aliasing StreamID unsupported": it has no IOMMU. Where iommu-map-mask drops bits in which requester IDs below a host bridge differ, the first function to probe is the only one behind the IOMMU, and that may be a root port.',
    fix: 'Give each device, and each requester ID of a map, StreamIDs of its own.',
    example: {
      bad: smmu3() + master('dma', '<&smmu 5>') + master('usb', '<&smmu 5>'),
      good: smmu3() + master('dma', '<&smmu 5>') + master('usb', '<&smmu 6>'),
    },
  },
  {
    name: 'smmu3-irq-names',
    severity: 'warning',
    about: 'interrupts of an SMMUv3 are named combined, or eventq, gerror, priq and cmdq-sync',
    linux:
      'The driver looks for interrupts by these names and does without those that it does not find: faults and errors of the SMMU are not told, and page requests not answered.',
    fix: 'Name each interrupt in interrupt-names, in the order of interrupts.',
    example: {
      bad: gic + interruptsOf('"event", "gerror"'),
      good: gic + interruptsOf('"eventq", "gerror"'),
    },
  },
  {
    name: 'smmu3-reg-size',
    severity: 'error',
    about: 'the registers of an SMMUv3 are 128 KiB, or 64 with all in their first page',
    linux: 'The driver says "MMIO region too small" and ends its probe with -EINVAL.',
    fix: 'Write a size of 0x20000 in reg.',
    example: {
      bad: smmu3('smmu', 'reg = <0 0x10000000 0 0x10000>;'),
      good: smmu3('smmu', 'reg = <0 0x10000000 0 0x20000>;'),
    },
  },
  {
    name: 'smmu3-sid-range',
    severity: 'error',
    about: 'StreamIDs of an SMMUv3 are in its stream table',
    linux:
      'The device gets -ERANGE, and no IOMMU. The table of Linux has up to 2^25 entries; how many the SMMU takes its registers say, which may be less.',
    fix: 'Write the StreamID that the hardware sends; end a map where the table ends.',
    example: {
      bad: smmu3() + host('pcie', '<0 &smmu 0xfffff000 0x1000>'),
      good: smmu3() + host('pcie', '<0 &smmu 0xf000 0x1000>'),
    },
  },
];

/** Rules about Arm’s SMMUs in a devicetree. */
export const smmuRules: readonly Rule[] = [...smmu2s, ...smmu3s];

function interruptsOf(names: string): string {
  return smmu3('smmu', 'interrupt-parent = <&gic>;', twoInterrupts, `interrupt-names = ${names};`);
}
