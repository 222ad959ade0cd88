import { type Cell, Mutex, Struct, type Task, type World } from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import { Sequence } from '../../../util/index.ts';
import type { IommuHardware } from '../../hardware.ts';
import type { kernel } from '../../kernel.ts';
import type { device } from './device.ts';
import type { ErrPtr, errno } from './errno.ts';
import type { fwnode_handle } from './fwnode.ts';

/** One specifier of an `iommus` property or `iommu-map` entry. @linux include/linux/of.h of_phandle_args */
export interface of_phandle_args {
  readonly np: FdtNode;
  readonly args: readonly number[];
}

export const IOMMU_DOMAIN_IDENTITY = 'identity';
export const IOMMU_DOMAIN_DMA = 'DMA';
export const IOMMU_DOMAIN_DMA_FQ = 'DMA-FQ';
export type DomainType =
  | typeof IOMMU_DOMAIN_IDENTITY
  | typeof IOMMU_DOMAIN_DMA
  | typeof IOMMU_DOMAIN_DMA_FQ;

/** One IOMMU a device sits behind, and by which IDs it is known there. */
export interface Attachment {
  readonly instance: iommu_device;
  readonly ids: readonly number[];
}

/**
 * What an IOMMU driver offers the core.
 *
 * @linux include/linux/iommu.h iommu_ops
 */
export interface iommu_ops {
  /** The name of the kernel's structure: `arm_smmu_ops`. */
  readonly text: string;
  /** The driver's name: `arm-smmu-v3`. */
  readonly driver: string;
  readonly of_xlate?: (k: kernel, dev: device, args: of_phandle_args) => Task<errno>;
  /** What patch 15 of the series puts in its place where it only adds IDs. */
  of_xlate_fwspec?(
    k: kernel,
    fwspec: iommu_fwspec,
    dev: device,
    args: of_phandle_args,
  ): Task<errno>;
  /** Null stands for a pointer into nowhere, made from a NULL or empty thing by arithmetic. */
  readonly probe_device: (k: kernel, dev: device) => Task<iommu_device | ErrPtr | null>;
  readonly probe_finalize?: (k: kernel, dev: device) => Task;
  readonly release_device?: (k: kernel, dev: device) => Task;
  readonly device_group: (k: kernel, dev: device) => Task<iommu_group | ErrPtr | null>;
  readonly def_domain_type?: (k: kernel, dev: device) => Task<DomainType | null>;
  /** Ours: what the driver will bind to in later kernels. */
  readonly not_for?: readonly string[];
  /** `IOMMU_CAP_DEFERRED_FLUSH`: what is unmapped may be flushed late. */
  readonly deferred_flush?: true;
  /** It makes no identity domains. */
  readonly no_identity?: true;
  /** Ours, for looking at the end state: what `priv` says where the fwspec does not. */
  readonly attachments?: (priv: unknown) => readonly Attachment[];
  /** Ours, for the same: the IDs that a fwspec stands for, where that is not the list as it is. */
  readonly idsOf?: (ids: readonly number[] | null) => readonly number[] | null;
  readonly attach_dev: (k: kernel, domain: iommu_domain, dev: device) => Task<errno>;
  readonly domain_free?: (k: kernel, domain: iommu_domain) => Task;
}

/** ATS is allowed for the PCI device: the root complex supports it. */
export const IOMMU_FWSPEC_PCI_RC_ATS = 1;

/** @linux include/linux/iommu.h iommu_fwspec */
export class iommu_fwspec extends Struct {
  /** Null in a placeholder that says which IOMMU the device waits for. */
  readonly ops: Cell<iommu_ops | null> = this.cell<iommu_ops | null>('ops', null);
  readonly iommu_fwnode: Cell<fwnode_handle | null> = this.cell<fwnode_handle | null>(
    'iommu_fwnode',
    null,
  );
  readonly flags: Cell<number> = this.cell('flags', 0);
  readonly num_ids: Cell<number> = this.cell('num_ids', 0);
  readonly ids: Cell<Sequence<number>> = this.cell('ids', Sequence.of<number>());
}

/** @linux include/linux/iommu.h dev_iommu */
export class dev_iommu extends Struct {
  readonly fwspec: Cell<iommu_fwspec | null> = this.cell<iommu_fwspec | null>('fwspec', null);
  readonly iommu_dev: Cell<iommu_device | null> = this.cell<iommu_device | null>('iommu_dev', null);
  readonly priv: Cell<unknown> = this.cell<unknown>('priv', null);
}

/** One registered IOMMU. @linux include/linux/iommu.h iommu_device */
export class iommu_device extends Struct {
  /** The platform device that the IOMMU is. */
  readonly dev: device;
  // Set by iommu_device_register() before it puts the instance on the list, and constant after that.
  ops: iommu_ops | null = null;
  fwnode: fwnode_handle | null = null;
  /** From v6.8 on it registers with no firmware node, although it has one. */
  withoutNode = false;
  /** Every bus has been walked over; kernels before v6.16 do not have it. */
  readonly ready: Cell<boolean> = this.cell('ready', false);
  /** The one group of all devices behind this instance; it holds a reference until unregistering. */
  readonly singleton_group: Cell<iommu_group | null> = this.cell<iommu_group | null>(
    'singleton_group',
    null,
  );

  readonly hardware: IommuHardware;
  /** Managed memory of the device that goes when its driver lets go of it, where others have some of it. */
  readonly devres: Cell<readonly Struct[]> | null = null;

  constructor(world: World, label: string, dev: device, hardware: IommuHardware = {}) {
    super(world, label);
    this.dev = dev;
    this.hardware = hardware;
  }
}

/** @linux drivers/iommu/iommu.c group_device */
export class group_device extends Struct {
  dev: device | null = null;
}

/** @linux include/linux/iommu.h iommu_domain */
export class iommu_domain extends Struct {
  type: DomainType = IOMMU_DOMAIN_DMA;
  /** The driver whose domain this is. */
  ops: iommu_ops | null = null;
  /** The instance that the first attached device sits behind; drivers refuse others. */
  readonly instance: Cell<iommu_device | null> = this.cell<iommu_device | null>('instance', null);
  /** That of the first attached device, where the driver keeps it. */
  readonly fwspec: Cell<iommu_fwspec | null> = this.cell<iommu_fwspec | null>('fwspec', null);
}

/** @linux drivers/iommu/iommu.c iommu_group */
export class iommu_group extends Struct {
  readonly mutex: Mutex = new Mutex(this.world, 'mutex', this, 'group->mutex');
  /** References: every use of a group counts here. */
  readonly devices_kobj: Cell<number> = this.cell('devices_kobj', 1);
  readonly devices: Cell<readonly group_device[]> = this.cell<readonly group_device[]>(
    'devices',
    [],
  );
  readonly default_domain: Cell<iommu_domain | null> = this.cell<iommu_domain | null>(
    'default_domain',
    null,
  );
  readonly domain: Cell<iommu_domain | null> = this.cell<iommu_domain | null>('domain', null);
  readonly owner_cnt: Cell<number> = this.cell('owner_cnt', 0);
  /** The list, on some bus walk's stack, that this group waits in for its default domain. */
  readonly entry: Cell<GroupList | null> = this.cell<GroupList | null>('entry', null);
  readonly iommu_data: Cell<unknown> = this.cell<unknown>('iommu_data', null);
  iommu_data_release: ((k: kernel, group: iommu_group) => Task) | null = null;
  id = -1;
}

/** Groups that a bus walk has met and that still need a default domain. Lives on the walk's stack. */
export interface GroupList {
  readonly text: string;
  readonly groups: iommu_group[];
}
