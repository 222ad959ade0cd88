// arch_setup_dma_ops() of the architectures: the DMA operations that a device ends with.
import { describe, expect, test } from 'vitest';
import { base, type Kconfig } from '../../src/linux/index.ts';
import { designOf } from '../../src/series/index.ts';
import { inLab, type Plan } from './lab.ts';

const behind: Plan = { iommus: ['virtio-iommu'], clients: [[[0, 7]]] };
const direct: Plan = { iommus: ['virtio-iommu'], clients: [[]] };

const arm64: Partial<Kconfig> = {};
const passthrough: Partial<Kconfig> = { iommu_passthrough: true };
/** `IOMMU_DMA` is not offered there. */
const arm: Partial<Kconfig> = { CONFIG_ARM64: false, CONFIG_ARM: true, CONFIG_IOMMU_DMA: false };
const armIommu: Partial<Kconfig> = { ...arm, CONFIG_ARM_DMA_USE_IOMMU: true };
const armNoMmu: Partial<Kconfig> = { ...armIommu, CONFIG_MMU: false };
/** MIPS, ARC or RISC-V. */
const coherencyOnly: Partial<Kconfig> = { CONFIG_ARM64: false };
const x86: Partial<Kconfig> = { CONFIG_ARM64: false, CONFIG_ARCH_HAS_SETUP_DMA_OPS: false };

const table: readonly [string, Plan, Partial<Kconfig>, string | null][] = [
  ['arm64, behind an IOMMU', behind, arm64, 'iommu_dma_ops'],
  ['arm64, behind an IOMMU that passes through', behind, passthrough, null],
  ['arm64, without an IOMMU', direct, arm64, null],
  ['arm, behind an IOMMU', behind, armIommu, 'arm_iommu_ops'],
  ['arm, behind an IOMMU, without ARM_DMA_USE_IOMMU', behind, arm, null],
  ['arm, without an IOMMU', direct, armIommu, null],
  ['arm without an MMU, behind an IOMMU', behind, armNoMmu, null],
  ['an architecture that only notes coherency, behind an IOMMU', behind, coherencyOnly, null],
  ['x86, behind an IOMMU, whose driver sets them', behind, x86, 'iommu_dma_ops'],
  ['x86, without an IOMMU', direct, x86, null],
];

describe.each(['v6.7-rc1', 'fwspec-v2/1'])('%s', (kernel) => {
  test.each(table)('%s', (_, plan, config, expected) => {
    inLab(
      plan,
      (lab) => {
        lab.addAll();
        lab.bind(lab.iommu());
        expect(lab.bind(lab.client())).toBe(true);
        expect(lab.client().dma_ops.value).toBe(expected);
      },
      { design: designOf(kernel), config },
    );
  });
});

test('on arm, who has set DMA operations before keeps them', () => {
  inLab(
    behind,
    ({ k, run, client }) => {
      client().dma_ops.value = 'others_ops';
      run(() => k.arch_setup_dma_ops(client(), k.opsOf('virtio-iommu')));
      expect(client().dma_ops.value).toBe('others_ops');
      run(() => k.arch_teardown_dma_ops(client()));
      expect(client().dma_ops.value).toBe('others_ops');
    },
    { design: base, config: armIommu },
  );
});

test('on x86, nobody takes DMA operations away when a driver unbinds', () => {
  inLab(
    behind,
    ({ k, run, client }) => {
      client().dma_ops.value = 'iommu_dma_ops';
      run(() => k.arch_teardown_dma_ops(client()));
      expect(client().dma_ops.value).toBe('iommu_dma_ops');
    },
    { config: x86 },
  );
});

test('on arm, a device in no group gets no mapping, and a warning', () => {
  inLab(
    behind,
    ({ k, run, client }) => {
      run(() => k.arch_setup_dma_ops(client(), k.opsOf('virtio-iommu')));
      expect(client().dma_ops.value).toBeNull();
      expect(k.log.map(({ level }) => level)).toEqual(['warn']);
    },
    { config: armIommu },
  );
});

describe.each(['v6.1', 'v6.7-rc1', 'fwspec-v2/1', 'v6.12', 'v7.3'])(
  'on %s, an architecture that only notes whether DMA is coherent',
  (kernel) => {
    const of = (name: 'ARC' | 'MIPS' | 'RISCV'): Partial<Kconfig> => ({
      CONFIG_ARM64: false,
      [`CONFIG_${name}`]: true,
    });
    test.each<[string, Partial<Kconfig>, boolean, boolean, boolean]>([
      // ARC only ever sets the flag; the others store what they are told.
      ['ARC', of('ARC'), false, true, true],
      ['ARC, told twice', of('ARC'), true, false, true],
      ['MIPS', of('MIPS'), true, false, false],
      ['RISC-V', of('RISCV'), true, false, false],
      ['RISC-V', of('RISCV'), false, true, true],
      ['Arm without an MMU', armNoMmu, true, false, false],
      ['arm64, where it is not modelled', arm64, false, true, false],
    ])('%s', (_, config, before, coherent, after) => {
      inLab(
        direct,
        ({ k, run, client }) => {
          client().dma_coherent.value = before;
          run(() => k.hv_setup_dma_ops(client(), coherent));
          expect(client().dma_coherent.value).toBe(after);
          expect(client().dma_ops.value).toBe(null);
        },
        { design: designOf(kernel), config },
      );
    });

    test.each<['ARC' | 'MIPS' | 'RISCV', boolean]>([
      ['ARC', false],
      ['MIPS', false],
      ['RISCV', true],
    ])('%s: of a device that firmware says nothing of, it notes %s', (name, expected) => {
      inLab(
        direct,
        ({ addAll, bind, client }) => {
          addAll();
          client().dma_coherent.value = name !== 'ARC' && !expected;
          bind(client());
          expect(client().dma_coherent.value).toBe(expected);
        },
        { design: designOf(kernel), config: of(name) },
      );
    });
  },
);
