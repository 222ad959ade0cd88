import type { Struct, Task, World } from '../../../../explore/index.ts';
import type { IortNode, ViotIommu } from '../../../../firmware/acpi/index.ts';
import type { FdtNode } from '../../../../firmware/fdt/index.ts';
import type { DriverName } from '../../../design.ts';
import type { IommuHardware } from '../../../hardware.ts';
import type { device } from '../../../include/linux/device.ts';
import type { errno } from '../../../include/linux/errno.ts';
import type { iommu_device, iommu_ops } from '../../../include/linux/iommu.ts';
import type { Kconfig } from '../../../kconfig.ts';
import type { kernel } from '../../../kernel.ts';

/** What a driver's `probe_device` goes by. Drivers of a kind take part in the same races. */
export type DriverKind =
  | 'fwspec'
  | 'fwspec-unsure'
  | 'fwspec-priv'
  | 'fwspec-priv-unsure'
  | 'priv'
  | 'priv-several'
  | 'early'
  | 'search'
  | 'self-parsing'
  | 'self-parsing-fwspec'
  | 'bus-probe';

/** Why each kind is one of its own, and the driver that stands for it. */
export const driverKinds: Readonly<
  Record<DriverKind, { readonly why: string; readonly example: DriverName }>
> = {
  fwspec: {
    why: 'wants a fwspec, and refuses a device until its own instance is bound',
    example: 'arm-smmu-v3',
  },
  'fwspec-unsure': {
    why: 'wants a fwspec, and dereferences its instance, which is NULL until it is bound',
    example: 'arm-smmu',
  },
  'fwspec-priv': {
    why: 'wants a fwspec and the instance in priv, which of_xlate puts there',
    example: 'qcom_iommu',
  },
  'fwspec-priv-unsure': {
    why: 'wants a fwspec, and takes what is in priv untested',
    example: 'sprd-iommu',
  },
  priv: {
    why: 'wants the instance in priv, and never looks for a fwspec',
    example: 'sun50i-iommu',
  },
  'priv-several': {
    why: 'collects instances in priv, and takes those that are there by then for all',
    example: 'apple-dart',
  },
  early: {
    why: 'registers before it has set up what of_xlate or device_group uses',
    example: 'mtk_iommu',
  },
  search: {
    why: 'looks for the device in its own instances, which nobody tells when dev->iommu goes',
    example: 'msm_iommu',
  },
  'self-parsing': {
    why: 'reads firmware in probe_device, and has no use for a fwspec',
    example: 'omap-iommu',
  },
  'self-parsing-fwspec': {
    why: 'reads firmware in probe_device, and builds the fwspec there too',
    example: 'mtk_iommu_v1',
  },
  'bus-probe': {
    why: 'goes by a table of its own, not by a fwspec, and registers before client drivers come',
    example: 'intel-iommu',
  },
};

/** Clocks and resets by their names. */
export interface Gets {
  readonly clocks: 'all' | readonly string[];
  readonly resets?: 'all';
  /** It does without a clock that is not there, or without all of them when one is not. */
  readonly optional?: 'each' | 'all';
}

/**
 * What a driver can have no more of: instances in a machine, instances that a device sits behind,
 * devices behind an instance, or instances of a device that come one after the other. Or its
 * instances come before any driver of a device behind them, or before any driver of a device at all.
 */
export type DriverLimit =
  | 'one-a-machine'
  | 'one-a-device'
  | 'one-device'
  | 'all-at-once'
  | 'before-clients'
  | 'at-boot';

/** An ACPI table that describes IOMMUs, or the list of PCI functions that an s390 gives. */
export type IommuTable = 'iort' | 'viot' | 'dmar' | 'ivrs' | 'clp';

/** One IOMMU driver of the model: what it binds to and what a bound instance is. */
export interface IommuDriver {
  readonly name: DriverName;
  readonly kind: DriverKind;
  /** As of v6.7-rc1, or of the design that adds it; another may have others. */
  readonly ops: iommu_ops;
  /** It is not in v6.7-rc1. */
  readonly later?: true;
  /** What it binds to in any kernel. Where no devicetree describes its instances: the table that does. */
  readonly compatible: readonly string[];
  /** The table that can describe it, and what its nodes are there if devices are made of them. */
  readonly acpi?: {
    readonly table: IommuTable;
    readonly nodes: readonly (IortNode | ViotIommu)['type'][];
  };
  readonly config: keyof Kconfig;
  /** The `#iommu-cells` that it expects. */
  readonly cells: number;
  /** It serves a device behind several of its instances; any other takes all IDs for one of them. */
  readonly severalInstances?: boolean;
  readonly limit?: DriverLimit;
  /** Why it serves no such device, whatever comes when; null where it may. */
  readonly leavesOut?: (dev: device, np: FdtNode) => string | null;
  /** It registers by an initcall before those of device drivers. */
  readonly early?: true;
  /** What its probe gets, and waits for, before it looks at the registers. */
  readonly gets?: Gets;
  readonly probe: (k: kernel, dev: device) => Task<errno>;
  readonly instance: new (
    world: World,
    label: string,
    dev: device,
    hardware?: IommuHardware,
  ) => iommu_device;
  /** Its static variables. */
  readonly statics?: new (
    world: World,
    label: string,
  ) => Struct;
  /** Of units that no device stands for: what is done before PCI is scanned, and once it is. */
  readonly units?: {
    readonly detect: (k: kernel) => Task;
    readonly init: (k: kernel, units: readonly iommu_device[]) => Task;
  };
  /** A whole device class also serves other purposes: only a node with `#iommu-cells` is an IOMMU. */
  readonly needsIommuCells?: boolean;
}
