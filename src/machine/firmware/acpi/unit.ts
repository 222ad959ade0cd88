import type { MachineDevice } from '../../machine.ts';

/** A unit under its name in `/sys/class/iommu`, which is below the path of whatever it belongs to. */
export function unitDevice(name: string, path: string): MachineDevice {
  return {
    name,
    bus: 'platform', // on none, in truth
    path: `${path}/iommu/${name}`,
    of_node: null,
    dma_node: null,
    compatible: [],
    pci: null,
    assumed: false,
  };
}
