import { Pointer } from '../../llvm/index.ts';
import { type ByName, returning } from '../by-hand.ts';
import type { Kernel, KernelDriver } from '../world/index.ts';
import { hardware } from './hardware.ts';
import { drvdata } from './instance.ts';

/** As many stream IDs as there can be. */
const streams = 0xffff_ffff;

/** Where its stream table says how long it is: v6.1, and since v6.12. */
const tableLengths = ['strtab_cfg.num_l1_ents', 'strtab_cfg.linear.num_ents'];

/** `ARM_SMMU_FEAT_TRANS_S1` */
const stageOne = 1 << 9;

const pageSize = 4096n;

/** Arm's SMMUv3, with a stream table of one level. */
export const armSmmuV3: KernelDriver = {
  name: 'arm-smmu-v3',
  table: 'iort',
  files: ['drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.c', 'lib/rbtree.c', 'lib/sort.c'],
  compatible: 'arm,smmu-v3',
  platform: { driver: 'arm_smmu_driver', probe: 'arm_smmu_device_probe' },
  ops: 'arm_smmu_ops',
  make(kernel, device) {
    const { structs } = kernel;
    const smmu = structs.make(`${device.name}->smmu`, 'arm_smmu_device', {
      dev: device.dev,
      features: stageOne,
      pgsize_bitmap: pageSize,
    });
    for (const path of tableLengths)
      if (structs.maybe('arm_smmu_device', path) !== null)
        structs.fill(smmu, 'arm_smmu_device', { [path]: streams });
    const iommu = structs.at(smmu.at(0), 'arm_smmu_device', 'iommu') as Pointer;
    return { iommu, ...drvdata(kernel, device, smmu.at(0)) };
  },
  functions: (kernel) => ({
    ...hardware(kernel.structs),
    arm_smmu_cmdq_issue_cmdlist: returning(0),
    arm_smmu_install_ste_for_dev: returning(0),
    arm_smmu_make_s1_cd: returning(0),
    arm_smmu_make_cdtable_ste: returning(0),
    arm_smmu_write_cd_entry: returning(0),
    // No domain has got an ASID: page tables are not built.
    xa_erase: returning(0n),
    ...finalise(kernel),
  }),
};

/** Page tables are not built. Since v6.12 it is there that a domain gets its SMMU. */
function finalise({ structs }: Kernel): ByName {
  const isTold = structs.maybe('arm_smmu_domain', 's1_cfg') === null;
  return {
    *arm_smmu_domain_finalise(thread, domain = 0n, smmu = 0n) {
      const whole = domain instanceof Pointer ? domain.memory.at(0) : domain;
      yield* structs.store(thread, whole, 'arm_smmu_domain', 'domain.pgsize_bitmap', pageSize);
      if (isTold) yield* structs.store(thread, whole, 'arm_smmu_domain', 'smmu', smmu);
      return 0;
    },
  };
}
