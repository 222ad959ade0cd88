import type { Pointer } from '../../llvm/index.ts';
import { returning } from '../by-hand.ts';
import { findsEarly, type KernelDriver } from '../world/index.ts';
import { hardware } from './hardware.ts';

/** `VIRTIO_IOMMU_MAP_F_READ` and `_WRITE` */
const readAndWrite = 3;

const pageSize = 4096n;

/** virtio-iommu, whose device is on a bus of its own, below what firmware describes. */
export const virtioIommu: KernelDriver = {
  name: 'virtio-iommu',
  table: 'viot',
  files: ['drivers/iommu/virtio-iommu.c'],
  compatible: 'virtio,mmio',
  platform: null,
  ops: 'viommu_ops',
  isLate: (kernel) => !findsEarly(kernel),
  make(kernel, { name, dev }) {
    const { structs, linked } = kernel;
    if (structs.maybe('iommu_ops', 'pgsize_bitmap') !== null) {
      const ops = kernel.variable('viommu_ops');
      linked.imageOf(ops);
      structs.fill(ops, 'iommu_ops', { pgsize_bitmap: pageSize });
    }
    const vdev = structs.make(`${name}->vdev`, 'virtio_device', { 'dev.parent': dev });
    const own = structs.at(vdev.at(0), 'virtio_device', 'dev') as Pointer;
    const viommu = structs.make(`${name}->viommu`, 'viommu_dev', {
      dev: own,
      vdev: vdev.at(0),
      pgsize_bitmap: pageSize,
      last_domain: 0xffff_ffff,
      map_flags: readAndWrite,
    });
    structs.emptyList(viommu, 'viommu_dev', 'requests');
    return {
      iommu: structs.at(viommu.at(0), 'viommu_dev', 'iommu') as Pointer,
      dev: own,
      data: { at: structs.at(vdev.at(0), 'virtio_device', 'priv') as Pointer, value: viommu.at(0) },
    };
  },
  functions: ({ structs }) => ({
    ...hardware(structs),
    viommu_send_req_sync: returning(0),
    viommu_sync_req: returning(0),
  }),
};
