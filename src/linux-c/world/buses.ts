// Buses whose own files are not here: what they do to a device of theirs is by hand.
import type { Task } from '../../explore/index.ts';
import { big, type Scalar, type Thread, type Variable } from '../../llvm/index.ts';
import { type ByHand, type ByName, EINVAL, errno, returning } from '../by-hand.ts';
import { busOf, type Device } from './devices.ts';
import { type Driver, deviceAt } from './drivers.ts';
import type { Kernel } from './kernel.ts';
import { type ClientBus, requesterOf } from './tree.ts';

/**
 * A driver that is for all devices of a bus, and what the bus does before its probe: configure DMA by the node
 * that describes them, and claim their groups.
 */
export function busDriver(
  kernel: Kernel,
  bus: ClientBus,
  name: string,
  devices: readonly Device[],
): Driver {
  const { structs } = kernel;
  const of = busOf(kernel, bus);
  const image = kernel.linked.imageOf(of.memory as Variable);
  const said = { match: matches, dma_configure: configure, dma_cleanup: cleanUp };
  for (const [path, run] of Object.entries(said))
    image.write(structs.field('bus_type', path).offset, 8, kernel.handler(`${bus}_${path}`, run));
  const driver = structs.make(name, 'device_driver', {
    name: structs.text(name),
    bus: of,
    probe: kernel.handler(`${name}_probe`, returning(0)),
    suppress_bind_attrs: 1,
  });
  return { name, pdrv: null, driver: driver.at(0) };

  function* matches(): Task<Scalar> {
    return 1;
  }

  function* configure(thread: Thread, dev: Scalar = 0n): Task<Scalar> {
    const node = deviceAt(devices, dev)?.dma_node ?? 0n;
    const ret = (yield* kernel.call(thread, 'of_dma_configure_id', dev, node, 1, 0n)) as Scalar;
    // Since v6.15 the IOMMU core asks, too, before there is a driver.
    const driver = yield* structs.load(thread, dev, 'device', 'driver');
    if (big(ret) !== 0n || big(driver) === 0n) return ret;
    return (yield* kernel.call(thread, 'iommu_device_use_default_domain', dev)) as Scalar;
  }

  function* cleanUp(thread: Thread, dev: Scalar = 0n): Task<Scalar> {
    yield* kernel.call(thread, 'iommu_device_unuse_default_domain', dev);
    return 0;
  }
}

/** What is asked of PCI: functions below bridges that have nothing of their own but an ID. */
export function pciFunctions({ structs }: Kernel, devices: readonly Device[]): ByName {
  function* aliases(thread: Thread, pdev: Scalar, visit: Scalar, data: Scalar): Task<Scalar> {
    const { offset } = structs.field('pci_dev', 'dev');
    const { requesters = 0 } = deviceAt(devices, pdev, offset) ?? {};
    for (let i = 0; i < requesters; i++) {
      const ret = (yield* thread.call(visit, [pdev, requesterOf(i), data])) as Scalar;
      if (big(ret) !== 0n) return ret;
    }
    return 0;
  }
  return {
    pci_for_each_dma_alias: aliases as ByHand,
    pci_request_acs: returning(0),
    // Each is in a slot by itself, and shares its IDs with nobody.
    pci_get_device: returning(0n),
    pci_acs_enabled: returning(1),
    pci_acs_path_enabled: returning(1),
    // Nor does it have address translation of its own.
    pci_ats_supported: returning(0),
    pci_ats_required: returning(0),
    pci_prepare_ats: returning(errno(EINVAL)),
    pci_pasid_features: returning(errno(EINVAL)),
    pci_max_pasids: returning(errno(EINVAL)),
    pci_disable_pasid: returning(0),
    pci_disable_ats: returning(0),
  };
}
