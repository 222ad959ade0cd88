import { hasUnits } from '../../machine/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** By ACPI, fsl_mc_bus_probe() alone asks again: with the stream ID of the management complex. */
const mcStreamId = 1 << 14;

/** Drivers that call of_dma_configure() themselves: the kernel has some dozens of them. */
export const secondConfigure: Scenario = {
  name: 'second-configure',
  about:
    'a driver configures the DMA of a device that is configured, while another IOMMU registers',
  concurrency:
    'of_dma_configure_id() asks for no lock; a driver that calls it for a device other than its own does not hold the device_lock() of that device, and no walk does; fsl_mc_bus_probe() calls acpi_dma_configure_id() after its bus has.',
  unfit: (shape) => {
    if (hasUnits(shape)) return 'no driver configures DMA itself on such a machine';
    const { bus, firmware } = shape;
    return firmware === undefined || (bus !== 'pci' && firmware !== 'viot')
      ? null
      : 'by ACPI only the driver of a management complex, which IORT describes, configures DMA itself';
  },
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, other }) => [
    {
      name: 'CPU0  dma_configure()',
      *body() {
        if (client.dma_node !== null) yield* k.of_dma_configure_id(client, client.dma_node, null);
        else yield* k.acpi_dma_configure_id(client, 'coherent', mcStreamId);
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
