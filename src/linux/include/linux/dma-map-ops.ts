import { type Step, type Task, write } from '../../../explore/index.ts';
import { armSetupDmaOps, armTeardownDmaOps } from '../../arch/arm/mm/dma-mapping.ts';
import { arm64SetupDmaOps } from '../../arch/arm64/mm/dma-mapping.ts';
import { noteCoherency } from '../../arch/noncoherent.ts';
import type { kernel } from '../../kernel.ts';
import type { device } from './device.ts';
import type { iommu_ops } from './iommu.ts';

// Each architecture has these functions under one name; a kernel is built for one of them.

/**
 * `iommu` says no more than that the device is behind one.
 *
 * @linux include/linux/dma-map-ops.h arch_setup_dma_ops
 */
export function* arch_setup_dma_ops(
  k: kernel,
  dev: device,
  iommu: iommu_ops | null,
  coherent?: boolean,
): Task {
  yield* k.setupDmaOps(
    dev,
    function* () {
      return iommu !== null;
    },
    coherent,
  );
}

/**
 * What the architecture does, however it comes to know of the IOMMU. ARC, MIPS, RISC-V and ARM
 * without an MMU only note whether DMA is coherent; all others have no hook.
 */
export function* setupDmaOps(
  k: kernel,
  dev: device,
  behindIommu: () => Step<boolean>,
  coherent?: boolean,
): Task {
  const { CONFIG_ARM64, CONFIG_ARM, CONFIG_MMU, CONFIG_ARC, CONFIG_MIPS, CONFIG_RISCV } = k.config;
  if (CONFIG_ARM64) yield* arm64SetupDmaOps(k, dev, behindIommu);
  else if (CONFIG_ARM && CONFIG_MMU) yield* armSetupDmaOps(k, dev, behindIommu);
  else if (CONFIG_ARM || CONFIG_ARC || CONFIG_MIPS || CONFIG_RISCV)
    yield* noteCoherency(k, dev, coherent);
}

/** @linux include/linux/dma-map-ops.h arch_teardown_dma_ops */
export function* arch_teardown_dma_ops(k: kernel, dev: device): Task {
  if (k.config.CONFIG_ARM64) yield* write(dev.dma_ops, null);
  else if (k.config.CONFIG_ARM && k.config.CONFIG_MMU) yield* armTeardownDmaOps(k, dev);
}
