import {
  type Cell,
  Mutex,
  SpinLock,
  Struct,
  type Task,
  type World,
} from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import { Sequence } from '../../../util/index.ts';
import type { kernel } from '../../kernel.ts';
import type { errno } from './errno.ts';
import { type acpi_device, type fwnode_handle, to_of_node } from './fwnode.ts';
import type { dev_iommu, iommu_group, iommu_ops } from './iommu.ts';
import type { pci_dev } from './pci.ts';

export type BusTypeName = 'platform' | 'amba' | 'pci' | 'fsl-mc' | 'host1x-context' | 'cdx';

type BusName<Function extends string> =
  `${'platform' | 'amba' | 'pci' | 'fsl_mc' | 'host1x_context' | 'cdx'}_${Function}`;

/** @linux include/linux/device/bus.h bus_type */
export class bus_type extends Struct {
  readonly name: string;
  /** The one kind of IOMMU driver that serves this bus; stored and read with no lock. */
  readonly iommu_ops: Cell<iommu_ops | null> = this.cell<iommu_ops | null>('iommu_ops', null);
  /** The devices of the bus, in the order in which they were added. */
  readonly klist_devices: Cell<Sequence<device>> = this.cell(
    'klist_devices',
    Sequence.of<device>(),
  );
  /** The names of the functions, so that a design can replace them. */
  readonly dma_configure: BusName<'dma_configure'>;
  readonly dma_cleanup: BusName<'dma_cleanup'>;

  constructor(world: World, name: BusTypeName) {
    super(world, `${name}_bus_type`);
    this.name = name;
    const prefix =
      name === 'host1x-context' ? 'host1x_context' : name === 'fsl-mc' ? 'fsl_mc' : name;
    this.dma_configure = `${prefix}_dma_configure`;
    this.dma_cleanup = `${prefix}_dma_cleanup`;
  }
}

/** @linux include/linux/device/driver.h device_driver */
export class device_driver extends Struct {
  readonly name: string;
  /** The driver keeps off the DMA API and claims the group itself, as VFIO does. */
  readonly driver_managed_dma: boolean;
  readonly probe: (k: kernel, dev: device) => Task<errno>;
  /** What is particular to this driver when it lets go of a device. */
  readonly remove: ((k: kernel, dev: device) => Task) | null;
  /** The devices that are bound: a device gets here only after its probe has returned. */
  readonly klist_devices: Cell<Sequence<device>> = this.cell(
    'klist_devices',
    Sequence.of<device>(),
  );
  readonly k_lock: SpinLock;
  /** The static variables of its file. */
  statics: Struct | null = null;

  constructor(
    world: World,
    name: string,
    probe: (k: kernel, dev: device) => Task<errno>,
    { driver_managed_dma = false, remove = null }: Partial<DriverTraits> = {},
  ) {
    super(world, name);
    this.name = name;
    this.probe = probe;
    this.driver_managed_dma = driver_managed_dma;
    this.remove = remove;
    this.k_lock = new SpinLock(world, 'k_lock', this);
  }
}

/** What most drivers do without. */
export type DriverTraits = Pick<device_driver, 'driver_managed_dma' | 'remove'>;

/** @linux include/linux/property.h software_node */
export class software_node extends Struct {}

/** What a device asks another one for: to be there at all, or what its pins, clocks, power or driver need. */
export type LinkKind = 'supplier' | 'pins' | 'assigned_clocks' | 'power domain' | 'own';

/**
 * A device that another one depends on, as far as that decides who waits.
 *
 * @linux include/linux/device.h device_link
 */
export class device_link extends Struct {
  readonly supplier: device;
  readonly consumer: device;
  /** `fw_devlink` read it out of the devicetree: the consumer's driver may do without. */
  readonly inferred: boolean;
  /** The supplier's driver is bound. */
  readonly available: Cell<boolean> = this.cell('status', false);
  /** Nobody waits for the supplier: it is only told when its consumers have come. */
  readonly sync_state_only: Cell<boolean>;

  constructor(
    world: World,
    consumer: device,
    supplier: device,
    { inferred, sync_state_only }: { inferred: boolean; sync_state_only: boolean },
    kind: LinkKind = 'supplier',
  ) {
    super(world, `link ${consumer.name} -> ${supplier.name}`);
    this.consumer = consumer;
    this.supplier = supplier;
    this.inferred = inferred;
    this.sync_state_only = this.cell('flags', sync_state_only);
    if (kind === 'supplier') consumer.suppliers.push(this);
    else if (kind === 'pins' || kind === 'assigned_clocks' || kind === 'own')
      consumer[kind].push(this);
    else consumer.power_domain = this;
    supplier.consumers.push(this);
  }
}

/** @linux include/linux/device.h device */
export class device extends Struct {
  readonly name: string;
  readonly bus: bus_type;
  /** Firmware's name for the device: its `of_node`, or a node of ACPI. */
  readonly fwnode: fwnode_handle | null;
  readonly of_node: FdtNode | null;
  /** The node whose `iommus` or `iommu-map` counts; a PCI device's is its host bridge's. */
  readonly dma_node: FdtNode | null;
  /** The same for ACPI: the object whose `_CCA` counts, a PCI device's host bridge. */
  readonly dma_companion: acpi_device | null;
  readonly pci: pci_dev | null;
  /** By which ID its parent's `iommu-map` knows it, on a bus whose devices have one each. */
  readonly dma_id: number | null;
  /** Of an object of a management complex. Constant when tasks run. */
  container: device | null = null;
  /** The driver that matches this device, once it is loaded. Constant when tasks run. */
  matches: device_driver | null;
  /** A driver that is loaded matches. No cell: it is only ever set, before the driver probes. */
  can_match = false;
  /** What `iommu` is in its directory of sysfs. No cell: it decides for IOMMUs behind others alone. */
  sysfs_iommu: 'link' | 'directory' | null = null;
  /** What it waits for, and who waits for it. Constant when tasks run. */
  readonly suppliers: device_link[] = [];
  readonly consumers: device_link[] = [];
  /** A supplier that is no device and never will be: the path of its node. */
  absent_supplier: string | null = null;
  /** The pin controllers that it needs. Null for one that never comes, an error for no such node. */
  readonly pins: (device_link | errno | null)[] = [];
  /** What provides the clocks that are set for it, in the same way. */
  readonly assigned_clocks: (device_link | errno | null)[] = [];
  /** What its driver gets by itself, in the same way. */
  readonly own: (device_link | errno | null)[] = [];
  /** The IOMMUs that linked it to themselves when they took it: it waits for their drivers. */
  readonly linked: Cell<readonly device[]> = this.cell<readonly device[]>('links.suppliers', []);
  /** Its driver is bound, for those that it linked. */
  readonly bound: Cell<boolean> = this.cell('links.status', false);
  /** What powers it; null for what never comes. */
  power_domain: device_link | null | undefined = undefined;

  readonly mutex: Mutex;
  /** It is being removed: no driver may bind any more. Under the device lock. */
  /** Whether `device_add()` is done with it; null where no task adds it. */
  ready_to_probe: Cell<boolean> | null = null;
  readonly dead: Cell<boolean> = this.cell('dead', false);
  readonly driver: Cell<device_driver | null> = this.cell<device_driver | null>('driver', null);
  readonly drvdata: Cell<unknown> = this.cell<unknown>('drvdata', null);
  readonly iommu: Cell<dev_iommu | null> = this.cell<dev_iommu | null>('iommu', null);
  readonly iommu_group: Cell<iommu_group | null> = this.cell<iommu_group | null>(
    'iommu_group',
    null,
  );
  readonly dma_ops: Cell<string | null> = this.cell<string | null>('dma_ops', null);
  /** The restricted pool that its DMA goes through: where its node is. */
  readonly dma_io_tlb_mem: Cell<string | null> = this.cell<string | null>('dma_io_tlb_mem', null);
  /** Noted by architectures that do nothing else with DMA ops. */
  readonly dma_coherent: Cell<boolean> = this.cell('dma_coherent', false);
  /** `archdata.dma_ops_setup`, on ARM: the DMA ops are the architecture's to take away. */
  readonly dma_ops_setup: Cell<boolean> = this.cell('archdata.dma_ops_setup', false);
  /** Properties that Linux adds to those of firmware. */
  readonly secondary: Cell<software_node | null> = this.cell<software_node | null>(
    'fwnode->secondary',
    null,
  );

  constructor(world: World, label: string, of: DeviceDescription) {
    super(world, label);
    this.name = of.name;
    this.bus = of.bus;
    this.fwnode = of.fwnode;
    this.of_node = to_of_node(of.fwnode);
    this.dma_node = of.dma_node;
    this.dma_companion = of.dma_companion;
    this.pci = of.pci;
    this.dma_id = of.dma_id ?? null;
    if (of.pci !== null) of.pci.dev = this;
    this.matches = of.matches;
    // device_lock() classes nest by the device tree, which lockdep cannot know either.
    this.mutex = new Mutex(world, 'mutex', this, null);
  }
}

export interface DeviceDescription {
  readonly name: string;
  readonly bus: bus_type;
  readonly fwnode: fwnode_handle | null;
  readonly dma_node: FdtNode | null;
  readonly dma_companion: acpi_device | null;
  readonly pci: pci_dev | null;
  readonly dma_id?: number | null;
  readonly matches: device_driver | null;
}
