import { type Task, write } from '../../../explore/index.ts';
import { compatibleOf, type FdtNode } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import { ENODEV, ERR_PTR, type ErrPtr, type errno } from '../../include/linux/errno.ts';
import {
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { attachOneInstance, drvdataOfNode, fwspecIds } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';
import { registerBelow } from './iommu-sysfs.ts';

const driver = 'ipmmu-vmsa';

/**
 * Registers first and sets its driver data after that: until then `of_xlate` finds none.
 *
 * @linux drivers/iommu/ipmmu-vmsa.c ipmmu_probe
 */
function* ipmmu_probe(k: kernel, dev: device): Task<errno> {
  const mmu = k.instanceOf(dev);
  return yield* k.registerThenSetUp(
    driver,
    () => registerBelow(k, mmu, k.opsOf(driver)),
    () => write(dev.drvdata, mmu),
  );
}

/** SoCs of the families R-Car Gen3 and Gen4 and RZ/G2. @linux drivers/iommu/ipmmu-vmsa.c soc_needs_opt_in */
const soc_needs_opt_in = /^renesas,r8a(774[a-z].|7795|7796|77961|779[6-9][05]|779[a-z].)$/;
/** Revisions are not known from firmware. @linux drivers/iommu/ipmmu-vmsa.c soc_denylist */
const soc_denylist: readonly string[] = ['renesas,r8a774a1', 'renesas,r8a7796'];
/** @linux drivers/iommu/ipmmu-vmsa.c devices_allowlist */
const devices_allowlist: readonly string[] = [
  'ee100000.mmc',
  'ee120000.mmc',
  'ee140000.mmc',
  'ee160000.mmc',
];

function socOf(np: FdtNode): readonly string[] {
  return np.parent === null ? compatibleOf(np) : socOf(np.parent);
}

/** Whether the SoC has a list of the devices that are allowed. */
export function ipmmuNeedsOptIn(np: FdtNode): boolean {
  return socOf(np).some((name) => soc_needs_opt_in.test(name));
}

export const ipmmuNotListed =
  'ipmmu-vmsa serves only devices that it lists, and not this one (devices_allowlist)';

/** Which list leaves the device out, null where it is allowed. @linux drivers/iommu/ipmmu-vmsa.c ipmmu_device_is_allowed */
function leftOutBy(dev: device, np: FdtNode): string | null {
  if (!ipmmuNeedsOptIn(np)) return null;
  const denied = socOf(np).find((name) => soc_denylist.includes(name));
  if (denied !== undefined) return `ipmmu-vmsa serves no device on ${denied} (soc_denylist)`;
  if (dev.pci !== null || devices_allowlist.includes(dev.name)) return null;
  return ipmmuNotListed;
}

/** Of several instances the first one wins. @linux drivers/iommu/ipmmu-vmsa.c ipmmu_of_xlate */
function* ipmmu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  const why = leftOutBy(dev, np);
  if (why !== null) {
    k.unsaid(dev, why);
    return -ENODEV;
  }
  yield* k.iommu_fwspec_add_ids(dev, args.slice(0, 1));
  if ((yield* k.dev_iommu_priv_get(dev)) !== null) return 0;
  yield* k.dev_iommu_priv_set(dev, yield* drvdataOfNode(k, np));
  return 0;
}

/** Asks for `priv` only. @linux drivers/iommu/ipmmu-vmsa.c ipmmu_probe_device */
function* ipmmu_probe_device(k: kernel, dev: device): Task<iommu_device | ErrPtr> {
  const mmu = (yield* k.dev_iommu_priv_get(dev)) as iommu_device | null;
  return mmu ?? ERR_PTR(-ENODEV);
}

/** ARM without the DMA API of the IOMMU core: one mapping for all clients, and a group for each. */
function ownMapping(k: kernel): boolean {
  return k.config.CONFIG_ARM && !k.config.CONFIG_IOMMU_DMA;
}

/** @linux drivers/iommu/ipmmu-vmsa.c ipmmu_probe_finalize */
function* ipmmu_probe_finalize(k: kernel, dev: device): Task {
  if (ownMapping(k)) yield* k.arm_iommu_attach_device(dev);
}

/** @linux drivers/iommu/ipmmu-vmsa.c ipmmu_ops */
function* ipmmu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr> {
  return ownMapping(k)
    ? yield* k.generic_device_group(dev)
    : yield* k.generic_single_device_group(dev);
}

/** Switches off each ID of the fwspec. @linux drivers/iommu/ipmmu-vmsa.c ipmmu_release_device */
function* ipmmu_release_device(k: kernel, dev: device): Task {
  yield* fwspecIds(k, dev);
}

/** Switches on each ID of the fwspec. @linux drivers/iommu/ipmmu-vmsa.c ipmmu_attach_device */
function* ipmmu_attach_device(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  const ret = yield* attachOneInstance(k, domain, dev);
  if (!ret) k.probeSaw(dev, yield* fwspecIds(k, dev), 1);
  return ret;
}

export const ipmmu_ops: iommu_ops = {
  text: 'ipmmu_ops',
  driver,
  of_xlate: ipmmu_of_xlate,
  probe_device: ipmmu_probe_device,
  probe_finalize: ipmmu_probe_finalize,
  release_device: ipmmu_release_device,
  device_group: ipmmu_device_group,
  attach_dev: ipmmu_attach_device,
};

export const ipmmu_vmsa: IommuDriver = {
  name: driver,
  kind: 'early',
  ops: ipmmu_ops,
  compatible: [
    'renesas,ipmmu-vmsa',
    'renesas,ipmmu-r8a774a1',
    'renesas,ipmmu-r8a774b1',
    'renesas,ipmmu-r8a774c0',
    'renesas,ipmmu-r8a774e1',
    'renesas,ipmmu-r8a7795',
    'renesas,ipmmu-r8a7796',
    'renesas,ipmmu-r8a77961',
    'renesas,ipmmu-r8a77965',
    'renesas,ipmmu-r8a77970',
    'renesas,ipmmu-r8a77980',
    'renesas,ipmmu-r8a77990',
    'renesas,ipmmu-r8a77995',
    'renesas,ipmmu-r8a779a0',
    'renesas,rcar-gen4-ipmmu-vmsa',
  ],
  config: 'CONFIG_IPMMU_VMSA',
  cells: 1,
  leavesOut: leftOutBy,
  probe: ipmmu_probe,
  instance: iommu_device,
};
