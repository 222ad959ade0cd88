import { assign, field, read, type Task, WRITE_ONCE, write } from '../../explore/index.ts';
import {
  base,
  type device,
  IOMMU_DOMAIN_DMA,
  IOMMU_DOMAIN_DMA_FQ,
  type iommu_domain,
  isDmaDomain,
  type kernel,
  type Patch,
} from '../../linux/index.ts';

// Since v6.10 the IOMMU core alone says whether the DMA of a device goes through an IOMMU, whatever
// drivers come and go; since v6.12 that is a flag of the device, which `dma_ops` stands for here.

/** `iommu_setup_dma_ops()` in `__iommu_probe_device()` and `bus_iommu_probe()`, by what it does for a device. */
function settling(
  setUp: (k: kernel, dev: device, domain: iommu_domain) => Task,
): typeof base.functions.settle {
  return function* settle(k, group, one) {
    if (!k.config.CONFIG_IOMMU_DMA) return;
    const domain = yield* read(group.default_domain);
    if (domain === null) return; // the bus walk is going to come for it
    const members = one === null ? (yield* read(group.devices)).map(({ dev }) => dev) : [one];
    for (const dev of members) if (dev !== null) yield* setUp(k, dev, domain);
  };
}

export const settle: typeof base.functions.settle = settling(function* (k, dev) {
  yield* k.iommu_setup_dma_ops(dev);
});

/** The functions that set the flag of a device and clear it, each by one write of this kind. */
function flaggedBy(store: typeof write) {
  /** The end of `iommu_setup_dma_ops()`, with the domain that somebody has picked and nobody tests. */
  function* setDmaIommu(k: kernel, dev: device, domain: iommu_domain | null): Task {
    if (dev.pci !== null) field(k.world, yield* read(dev.iommu), 'iommu_dev'); // pci_32bit_workaround
    const type = field(k.world, domain, 'type', 'domain');
    if (domain !== null && type === IOMMU_DOMAIN_DMA_FQ && !domain.ops?.deferred_flush)
      assign(k.world, domain, 'type', IOMMU_DOMAIN_DMA);
    yield* store(dev.dma_ops, domain !== null && isDmaDomain(domain) ? 'iommu_dma_ops' : null);
  }

  /** @linux drivers/iommu/dma-iommu.c iommu_setup_dma_ops */
  function* iommu_setup_dma_ops(k: kernel, dev: device): Task {
    if (!k.config.CONFIG_IOMMU_DMA) return;
    yield* setDmaIommu(k, dev, yield* k.iommu_get_domain_for_dev(dev));
  }

  /** @linux drivers/iommu/iommu.c iommu_deinit_device */
  function* iommu_deinit_device(k: kernel, dev: device): Task {
    yield* base.functions.iommu_deinit_device(k, dev);
    if (k.config.CONFIG_IOMMU_DMA) yield* store(dev.dma_ops, null);
  }

  return { setDmaIommu, iommu_setup_dma_ops, iommu_deinit_device };
}

const plainly = flaggedBy(write);
const inOneStep = flaggedBy(WRITE_ONCE);

export const flagOfDevice: Patch = {
  subject: 'dma-mapping: direct calls for dma-iommu', // b5c58b2fdc42, v6.12
  replaces: { iommu_setup_dma_ops: plainly.iommu_setup_dma_ops },
};

/** In v6.15, and in 6.12.118. */
export const clearOps: Patch = {
  subject: 'iommu: Clear iommu-dma ops on cleanup', // 280e5a301005
  replaces: { iommu_deinit_device: plainly.iommu_deinit_device },
};

/** The caller hands the default domain over, whichever domain the group is attached to. */
export const fromDefaultDomain: Patch = {
  subject: 'iommu: set DMA ops up by the default domain', // as 7.3 has it
  replaces: { settle: settling(plainly.setDmaIommu) },
};

/** The flag is a bit of `dev->flags`, which is set and cleared in one atomic step. */
export const bitOfFlags: Patch = {
  subject: 'driver core: flags of a device are bits that change in one step', // as 7.3 has it
  replaces: {
    settle: settling(inOneStep.setDmaIommu),
    iommu_setup_dma_ops: inOneStep.iommu_setup_dma_ops,
    iommu_deinit_device: inOneStep.iommu_deinit_device,
  },
};
