import type { Scenario } from './scenario.ts';
import { bind } from './setup.ts';

/** Drivers that call of_dma_configure() themselves: the kernel has some dozens of them. */
export const secondConfigure: Scenario = {
  name: 'second-configure',
  about:
    'a driver calls of_dma_configure() for a device that is configured, while another IOMMU registers',
  concurrency:
    'of_dma_configure_id() asks for no lock; a driver that calls it for a device other than its own does not hold the device_lock() of that device, and no walk does.',
  unfit: ({ firmware }) => (firmware === undefined ? null : 'no devicetree describes the device'),
  besides: { other: true },
  offered: ({ iommus, client }) => [...iommus, client],
  tasks: ({ k, client, other }) => [
    {
      name: 'CPU0  of_dma_configure()',
      *body() {
        yield* k.of_dma_configure_id(client, client.dma_node, null);
      },
    },
    { name: 'CPU1  iommu_device_register()', body: () => bind(k, other ?? client) },
  ],
};
