import type { Struct, Task, World } from '../../../explore/index.ts';
import type { DriverName } from '../../design.ts';
import type { device } from '../../include/linux/device.ts';
import type { errno } from '../../include/linux/errno.ts';
import type { iommu_device, iommu_ops } from '../../include/linux/iommu.ts';
import type { Kconfig } from '../../kconfig.ts';
import type { kernel } from '../../kernel.ts';

/** One IOMMU driver of the model: what it binds to and what a bound instance is. */
export interface IommuDriver {
  readonly name: DriverName;
  /** As of v6.7-rc1; a design may have others. */
  readonly ops: iommu_ops;
  readonly compatible: readonly string[];
  readonly config: keyof Kconfig;
  /** The `#iommu-cells` that it expects. */
  readonly cells: number;
  /** It serves a device behind several of its instances; any other takes all IDs for one of them. */
  readonly severalInstances?: boolean;
  readonly probe: (k: kernel, dev: device) => Task<errno>;
  readonly instance: new (world: World, label: string, dev: device) => iommu_device;
  /** Its static variables. */
  readonly statics?: new (
    world: World,
    label: string,
  ) => Struct;
  /** A whole device class also serves other purposes: only a node with `#iommu-cells` is an IOMMU. */
  readonly needsIommuCells?: boolean;
}
