// What comes when in a boot: the order of the drivers, and what happens after the initcalls.

import {
  base,
  type IommuDriver,
  iommuDrivers,
  isModule,
  type Kconfig,
  type Release,
} from '../../../linux/index.ts';
import type { Machine, MachineDevice } from '../../machine.ts';
import { neverThereIn, type Suppliers } from '../suppliers/suppliers.ts';
import {
  clientDrivers,
  isAgpBridge,
  isBridge,
  isHostBridgeFunction,
  linkOrder,
  moduleName,
  toldOf,
  unwantedModules,
} from './client-drivers.ts';
import { isEarlyMaker } from './makers.ts';

/** The driver that a device is offered to. */
export interface Offer {
  /** All of these have to be loaded; none when it is part of the kernel. */
  readonly modules: readonly string[];
  /** Among the drivers that are part of the kernel: {@link linkOrder}. */
  readonly order: number;
  /** Whether its probe takes the device, once its DMA is configured. */
  readonly takes: boolean;
}

export type BootEvent =
  | { readonly what: 'load' | 'unload'; readonly module: string }
  /** Nobody waits for suppliers any longer. */
  | { readonly what: 'timeout' }
  /** A driver makes the virtual functions of a physical one. */
  | { readonly what: 'sriov'; readonly physfn: string };

export interface BootPlan {
  /** Null for a device that no driver matches. */
  readonly offerOf: (of: MachineDevice) => Offer | null;
  /** When the IOMMU driver comes; null when it never does. */
  readonly iommuOfferOf: (driver: IommuDriver, of: MachineDevice) => Offer | null;
  readonly suppliers: Suppliers;
  /** In the order in which they happen. */
  readonly events: readonly BootEvent[];
}

/** The place of an IOMMU driver that is part of the kernel. */
export function builtIn(driver: IommuDriver): Offer {
  // Within its folder by the list, whose order is that of the initcalls.
  const folder = driver.early === true ? linkOrder.early : linkOrder.iommu;
  const order = folder + iommuDrivers.indexOf(driver) / iommuDrivers.length;
  return { modules: [], order, takes: true };
}

/** What distributions build as modules, so that a list of modules can name it. */
const modular: readonly string[] = ['virtio-iommu'];

/** The driver of an IOMMU as a module, null where it is part of the kernel. */
function moduleOfIommu({ name, config: option }: IommuDriver, config: Kconfig): string | null {
  return isModule(config, option) ? moduleName(name) : null;
}

/** All drivers of PCI devices are in one module as far as their order goes. */
const clients = 'clients';

/**
 * What is assumed of a machine when nobody says more: every device has a driver, unless its module is
 * kept out, and every supplier that can come does so in time. Drivers of platform devices are part of
 * the kernel, those of PCI devices are modules that are loaded before the time-out, in the order of the
 * devices.
 */
export function usualPlan(
  machine: Machine,
  config: Kconfig,
  release: Release = base.release,
): BootPlan {
  const others: Offer = { modules: [], order: linkOrder.others, takes: true };
  const bridge: Offer = { ...others, order: linkOrder.pci };
  const bus: Offer = { ...others, order: linkOrder.suppliers };
  const host: Offer = { ...others, order: linkOrder.hostBridges };
  const agp: Offer = { modules: [], order: linkOrder.char, takes: false };
  const pci: Offer = config.CONFIG_MODULES ? { ...others, modules: [clients] } : others;
  const hosts = new Set(machine.hostBridges.map(({ device }) => device));
  const unwanted = unwantedModules(config);
  const isWanted = (of: MachineDevice): boolean => {
    const known = clientDrivers.find(({ matches }) => matches(of));
    return known === undefined || !unwanted.has(known.module);
  };
  return {
    offerOf: (of) => {
      const told = toldOf(of, config);
      // What is part of the kernel is no module that could be kept out.
      const isBuiltIn = typeof told === 'object' && told !== null;
      if (told === 'none' || (!isBuiltIn && !isWanted(of))) return null;
      if (isHostBridgeFunction(of))
        return machine.architecture === 'x86' && isAgpBridge(of) ? agp : null;
      if (hosts.has(of)) return host;
      if (told === 'module') return { ...others, modules: [clients] };
      if (told !== null) return { ...others, order: told.order };
      if (of.pci === null) return isEarlyMaker(of) ? bus : others;
      return isBridge(of) ? bridge : pci;
    },
    iommuOfferOf: (driver) => {
      const module = moduleOfIommu(driver, config);
      const named = module !== null || modular.includes(driver.name);
      if (named && unwanted.has(moduleName(driver.name))) return null;
      return module === null ? builtIn(driver) : { ...builtIn(driver), modules: [module] };
    },
    suppliers: neverThereIn(machine, config, release),
    events: [
      ...iommuDrivers.flatMap((driver): BootEvent[] => {
        const module = moduleOfIommu(driver, config);
        return module === null ? [] : [{ what: 'load', module }];
      }),
      { what: 'load', module: clients },
    ],
  };
}
