import {
  assign,
  type Cell,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  read,
  type Task,
  write,
} from '../../../explore/index.ts';
import type { FdtNode } from '../../../firmware/fdt/index.ts';
import type { device } from '../../include/linux/device.ts';
import {
  ENODEV,
  ENOENT,
  ERR_PTR,
  type ErrPtr,
  type errno,
  IS_ERR,
} from '../../include/linux/errno.ts';
import type { fwnode_handle } from '../../include/linux/fwnode.ts';
import {
  type DomainType,
  IOMMU_DOMAIN_IDENTITY,
  iommu_device,
  type iommu_domain,
  type iommu_group,
  type iommu_ops,
  type of_phandle_args,
} from '../../include/linux/iommu.ts';
import type { kernel } from '../../kernel.ts';
import { of_parse_phandle_with_args } from '../of/base.ts';
import { drvdataOfNode, fwspecIds, pciOrGenericGroup, registerInstance } from './common/common.ts';
import type { IommuDriver } from './common/driver.ts';

const driver = 'tegra-smmu';

/** @linux drivers/iommu/tegra-smmu.c tegra_smmu */
class tegra_smmu extends iommu_device {
  readonly lock: Mutex = new Mutex(this.world, 'lock', this, 'smmu->lock');
  /** The group of each software group. */
  readonly groups: Cell<ReadonlyMap<number, iommu_group>> = this.cell<
    ReadonlyMap<number, iommu_group>
  >('groups', new Map());
}

/**
 * The SMMU is a part of the memory controller, which works without it, too.
 *
 * @linux drivers/memory/tegra/mc.c tegra_mc_probe
 */
function* tegra_mc_probe(k: kernel, dev: device): Task<errno> {
  if (yield* tegra_smmu_probe(k, dev)) yield* write(dev.drvdata, null); // mc->smmu
  return 0;
}

/** Makes itself known to clients before it registers. @linux drivers/iommu/tegra-smmu.c tegra_smmu_probe */
function* tegra_smmu_probe(k: kernel, dev: device): Task<errno> {
  return yield* registerInstance(k, dev, driver);
}

/** @linux drivers/iommu/tegra-smmu.c tegra_smmu_of_xlate */
function* tegra_smmu_of_xlate(k: kernel, dev: device, { np, args }: of_phandle_args): Task<errno> {
  const smmu = yield* drvdataOfNode(k, np, (pdev) => k.putDevice(pdev));
  yield* k.dev_iommu_priv_set(dev, smmu);
  return yield* k.iommu_fwspec_add_ids(dev, args.slice(0, 1));
}

/** @linux drivers/iommu/tegra-smmu.c tegra_smmu_find */
function* tegra_smmu_find(k: kernel, np: FdtNode): Task<tegra_smmu | null> {
  const pdev = yield* k.of_find_device_by_node(np);
  if (pdev === null) return null;
  const smmu = (yield* read(pdev.drvdata)) as tegra_smmu | null;
  if (smmu === null) yield* k.putDevice(pdev);
  else yield* k.dropFound(pdev);
  return smmu;
}

/** @linux drivers/iommu/tegra-smmu.c tegra_smmu_configure */
function* tegra_smmu_configure(
  k: kernel,
  dev: device,
  args: of_phandle_args,
  named: fwnode_handle | null,
): Task<errno> {
  if (named === null) return -ENODEV;
  let err = yield* k.iommu_fwspec_init(dev, named, k.opsOf(driver));
  if (err < 0) {
    k.dev_err(dev, `failed to initialize fwspec: ${err}`);
    return err;
  }
  err = yield* tegra_smmu_of_xlate(k, dev, args);
  if (err < 0) {
    k.dev_err(dev, `failed to parse SW group ID: ${err}`);
    yield* k.dropFwspec(dev);
  }
  return err;
}

/** The driver's `probe_device`, by what a fwspec made there names as its IOMMU. */
export function tegraProbeDevice(
  named: (smmu: iommu_device, dev: device) => fwnode_handle | null,
): iommu_ops['probe_device'] {
  return function* tegra_smmu_probe_device(k, dev) {
    return yield* probeDevice(k, dev, named);
  };
}

/**
 * Parses firmware itself, also when of_iommu has done so: the IDs are then there twice.
 *
 * @linux drivers/iommu/tegra-smmu.c tegra_smmu_probe_device
 */
function* probeDevice(
  k: kernel,
  dev: device,
  named: (smmu: iommu_device, dev: device) => fwnode_handle | null,
): Task<iommu_device | ErrPtr> {
  for (let index = 0; dev.of_node !== null; index++) {
    const args = of_parse_phandle_with_args(k, dev, dev.of_node, 'iommus', '#iommu-cells', index);
    if (args === null) break;
    const found = yield* tegra_smmu_find(k, args.np);
    if (found === null) continue;
    const err = yield* tegra_smmu_configure(k, dev, args, named(found, dev));
    if (err < 0) return ERR_PTR(err);
  }
  const smmu = (yield* k.dev_iommu_priv_get(dev)) as tegra_smmu | null;
  return smmu ?? ERR_PTR(-ENODEV);
}

/** Devices of one software group share a group. @linux drivers/iommu/tegra-smmu.c tegra_smmu_device_group */
function* tegra_smmu_device_group(k: kernel, dev: device): Task<iommu_group | ErrPtr | null> {
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  const smmu = (yield* k.dev_iommu_priv_get(dev)) as tegra_smmu | null;
  const [swgroup = 0] = yield* read(field(k.world, fwspec, 'ids'));
  const lock = field(k.world, smmu, 'lock', 'smmu');
  yield* mutex_lock(lock);
  const group = yield* groupOf(k, dev, smmu as tegra_smmu, swgroup);
  yield* mutex_unlock(lock);
  return group;
}

function* groupOf(
  k: kernel,
  dev: device,
  smmu: tegra_smmu,
  swgroup: number,
): Task<iommu_group | null> {
  const groups = yield* read(smmu.groups);
  const known = groups.get(swgroup);
  if (known !== undefined) return yield* k.iommu_group_ref_get(known);
  const group = yield* pciOrGenericGroup(k, dev);
  if (IS_ERR(group)) return null;
  assign(k.world, group, 'iommu_data_release', tegra_smmu_group_release);
  yield* write(group.iommu_data, { text: `group of ${swgroup}`, smmu, swgroup });
  yield* write(smmu.groups, new Map(groups).set(swgroup, group));
  return group;
}

/** @linux drivers/iommu/tegra-smmu.c tegra_smmu_group_release */
function* tegra_smmu_group_release(_k: kernel, group: iommu_group): Task {
  const { smmu, swgroup } = (yield* read(group.iommu_data)) as {
    smmu: tegra_smmu;
    swgroup: number;
  };
  yield* mutex_lock(smmu.lock);
  const groups = new Map(yield* read(smmu.groups));
  groups.delete(swgroup);
  yield* write(smmu.groups, groups);
  yield* mutex_unlock(smmu.lock);
}

/** Enables each software group that the fwspec names. @linux drivers/iommu/tegra-smmu.c tegra_smmu_attach_dev */
function* tegra_smmu_attach_dev(k: kernel, domain: iommu_domain, dev: device): Task<errno> {
  if (domain.type === IOMMU_DOMAIN_IDENTITY) return 0;
  if ((yield* k.dev_iommu_fwspec_get(dev)) === null) return -ENOENT;
  const ids = yield* fwspecIds(k, dev);
  k.probeSaw(dev, ids, 1);
  return ids.length === 0 ? -ENODEV : 0;
}

/** Translation is not wanted for any device yet. @linux drivers/iommu/tegra-smmu.c tegra_smmu_def_domain_type */
function* tegra_smmu_def_domain_type(_k: kernel, _dev: device): Task<DomainType> {
  return IOMMU_DOMAIN_IDENTITY;
}

export const tegra_smmu_ops: iommu_ops = {
  text: 'tegra_smmu_ops',
  driver,
  of_xlate: tegra_smmu_of_xlate,
  // Here the client itself.
  probe_device: tegraProbeDevice((_smmu, dev) => dev.fwnode),
  device_group: tegra_smmu_device_group,
  def_domain_type: tegra_smmu_def_domain_type,
  idsOf: (ids) => ids && [...new Set(ids)],
  attach_dev: tegra_smmu_attach_dev,
};

export const tegra: IommuDriver = {
  name: driver,
  kind: 'self-parsing-fwspec',
  ops: tegra_smmu_ops,
  compatible: [
    'nvidia,tegra30-mc',
    'nvidia,tegra114-mc',
    'nvidia,tegra124-mc',
    'nvidia,tegra132-mc',
    'nvidia,tegra210-mc',
  ],
  config: 'CONFIG_TEGRA_IOMMU_SMMU',
  cells: 1,
  limit: 'one-a-machine',
  early: true,
  probe: tegra_mc_probe,
  instance: tegra_smmu,
};
