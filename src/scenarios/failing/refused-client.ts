import { iommuDrivers } from '../../linux/index.ts';
import { hasUnits, type Shape } from '../../machine/index.ts';
import { present } from '../../util/index.ts';
import type { Scenario } from '../scenario.ts';
import { bind } from '../setup.ts';

/** Drivers whose probe_device() fails for an ID that their IOMMU does not have. */
const choosy: readonly string[] = ['arm-smmu', 'arm-smmu-v3', 'virtio-iommu'];

/** Two clients, and one of them is wrong in a way that must not matter to the other. */
export const refusedClient: Scenario = {
  name: 'refused-client',
  about: 'a client that its IOMMU refuses binds while the IOMMU of another client registers',
  concurrency:
    'The walk of a registration offers every device of the bus to the driver of the IOMMU that it is behind, ends at the first error, and takes the IOMMU back that walks; binding the refused client holds the device_lock() of that client only.',
  contains: ['partial-fwspec', 'cover-letter', 'failed-registration'],
  unfit: (shape) => (refuses(shape) ? null : 'its driver takes every ID, or fails before a walk'),
  besides: { other: true, refused: true },
  offered: ({ other }) => [present(other, 'the other IOMMU')],
  tasks: ({ k, client, refused, iommus }) => {
    const odd = present(refused, 'the refused client');
    return [
      { name: 'CPU0  driver bind: really_probe()', body: () => bind(k, odd) },
      {
        name: 'CPU1  iommu_device_register(), driver bind',
        *body() {
          for (const dev of [...iommus, client]) yield* bind(k, dev);
        },
      },
    ];
  },
};

function refuses(shape: Shape): boolean {
  const [first] = shape.iommus;
  return (
    !hasUnits(shape) &&
    shape.binding === undefined &&
    iommuDrivers.some(
      ({ name, compatible }) =>
        choosy.includes(name) && first !== undefined && compatible.includes(first.compatible),
    )
  );
}
