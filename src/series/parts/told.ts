// Patch 1 repaired. It has the architecture ask whether the device is in a group; some drivers put a device
// into one, and configuring it says nevertheless that there is no IOMMU.

import { type Task, write } from '../../explore/index.ts';
import type { FdtNode } from '../../firmware/index.ts';
import {
  type AnyFunction,
  base,
  type Design,
  type dev_dma_attr,
  type device,
  ENODEV,
  EPROBE_DEFER,
  type errno,
  errnoName,
  type FunctionTable,
  type iommu_ops,
  type kernel,
  type Patch,
  type Patched,
} from '../../linux/index.ts';
import { present } from '../../util/index.ts';
import { patch as p01 } from '../fwspec-v2/0001-iommu-Remove-struct-iommu_ops-iommu-from-arch_setup_.ts';

/** What says that there is an IOMMU: its operations, or later that no error came. */
type Answer = iommu_ops | boolean | null;

/** @linux include/linux/dma-map-ops.h arch_setup_dma_ops */
function* arch_setup_dma_ops(k: kernel, dev: device, iommu: Answer, coherent?: boolean): Task {
  yield* k.setupDmaOps(
    dev,
    function* () {
      return Boolean(iommu);
    },
    coherent,
  );
}

type Kernel = Patched<{
  readonly arch_setup_dma_ops: typeof arch_setup_dma_ops;
  readonly of_iommu_configure: (
    k: never,
    dev: device,
    np: FdtNode | null,
    id: number | null,
  ) => Task<errno>;
  readonly acpi_iommu_configure_id: (k: never, dev: device, id: number | null) => Task<errno>;
}>;

/** @linux drivers/of/device.c of_dma_configure_id */
function* of_dma_configure_id(
  k: Kernel,
  dev: device,
  np: FdtNode | null,
  id: number | null,
): Task<errno> {
  const ret = yield* k.of_iommu_configure(dev, np, id);
  if (ret === -EPROBE_DEFER) return ret;
  if (ret && ret !== -ENODEV) k.dev_err(dev, `its IOMMU cannot be configured: ${errnoName(ret)}`);
  else k.dev_dbg(dev, `device is${ret ? ' not ' : ' '}behind an iommu`);
  yield* k.arch_setup_dma_ops(dev, ret === 0);
  if (ret) yield* k.of_dma_set_restricted_buffer(dev, np);
  return 0;
}

/** @linux drivers/acpi/scan.c acpi_dma_configure_id */
function* acpi_dma_configure_id(
  k: Kernel,
  dev: device,
  attr: dev_dma_attr,
  input_id: number | null,
): Task<errno> {
  if (attr === 'not-supported') {
    yield* write(dev.dma_ops, 'dma_dummy_ops');
    return 0;
  }
  const ret = yield* k.acpi_iommu_configure_id(dev, input_id);
  if (ret === -EPROBE_DEFER) return ret;
  yield* k.arch_setup_dma_ops(dev, ret === 0);
  return 0;
}

const told: FunctionTable = { of_dma_configure_id, acpi_dma_configure_id };

/** Each caller says what configuring has answered; with the base's lines until patches 2 and 4 change the answer. */
export function tellDmaOps({ functions }: Design): Patch {
  const { hv_setup_dma_ops } = base.functions;
  const callers = Object.entries(told).map(([symbol, fn]): [string, AnyFunction] => [
    symbol,
    functions[symbol] === p01.changes?.[symbol] ? present(base.functions[symbol], symbol) : fn,
  ]);
  return {
    subject: 'dma-mapping: tell the architecture whether an IOMMU was configured',
    changes: { arch_setup_dma_ops, hv_setup_dma_ops, ...Object.fromEntries(callers) },
  };
}
