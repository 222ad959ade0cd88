import { Pointer } from '../../llvm/index.ts';
import { returning } from '../by-hand.ts';
import type { KernelDriver } from '../world/index.ts';
import { hardware } from './hardware.ts';
import { drvdata } from './instance.ts';

/** As many stream IDs as there can be. */
const streams = 0x8000;

const pageSize = 4096n;

/** Arm's SMMUv1 and v2, which finds streams by their index. */
export const armSmmu: KernelDriver = {
  name: 'arm-smmu',
  table: null,
  files: ['drivers/iommu/arm/arm-smmu/arm-smmu.c'],
  compatible: 'arm,mmu-500',
  platform: { driver: 'arm_smmu_driver', probe: 'arm_smmu_device_probe' },
  ops: 'arm_smmu_ops',
  make(kernel, device) {
    const { structs, linked } = kernel;
    const s2crs = linked.place(
      `${device.name}->s2crs`,
      streams * structs.size('arm_smmu_s2cr'),
      null,
    );
    const smmu = structs.make(`${device.name}->smmu`, 'arm_smmu_device', {
      dev: device.dev,
      num_mapping_groups: streams,
      streamid_mask: streams - 1,
      smr_mask_mask: streams - 1,
      pgsize_bitmap: pageSize,
      s2crs: s2crs.at(0),
    });
    const iommu = structs.at(smmu.at(0), 'arm_smmu_device', 'iommu') as Pointer;
    return { iommu, ...drvdata(kernel, device, smmu.at(0)) };
  },
  functions: ({ structs }) => ({
    ...hardware(structs),
    arm_smmu_write_s2cr: returning(0),
    arm_smmu_destroy_domain_context: returning(0),
    /** Page tables are not built. It is given what the domain is in, or the domain. */
    *arm_smmu_init_domain_context(thread, domain = 0n, smmu = 0n) {
      const whole = domain instanceof Pointer ? domain.memory.at(0) : domain;
      yield* structs.store(thread, whole, 'arm_smmu_domain', 'domain.pgsize_bitmap', pageSize);
      yield* structs.store(thread, whole, 'arm_smmu_domain', 'smmu', smmu);
      return 0;
    },
  }),
};
