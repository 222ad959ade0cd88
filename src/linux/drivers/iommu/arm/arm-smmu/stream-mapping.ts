import {
  type Cell,
  field,
  mutex_lock,
  mutex_unlock,
  read,
  Struct,
  type Task,
  write,
} from '../../../../../explore/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import { EINVAL, ENOSPC, type errno } from '../../../../include/linux/errno.ts';
import type { iommu_fwspec, iommu_group } from '../../../../include/linux/iommu.ts';
import type { kernel } from '../../../../kernel.ts';
import { idsOf } from '../../common/common.ts';
import { checkIndex } from '../../common/stray.ts';
import type { arm_smmu_device } from './arm-smmu.ts';

/** A stream mapping entry that is in use. @linux drivers/iommu/arm/arm-smmu/arm-smmu.h arm_smmu_s2cr */
export interface StreamEntry {
  readonly id: number;
  readonly mask: number;
  readonly count: number;
  readonly group: iommu_group | null;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.h arm_smmu_master_cfg */
export class arm_smmu_master_cfg extends Struct {
  smmu: arm_smmu_device | null = null;
  /** For how many entries it was allocated: the IDs that the fwspec had then. */
  room = 0;
  readonly smendx: Cell<readonly number[]> = this.cell<readonly number[]>('smendx', []);
}

/** The entries of a device, one for each ID that its fwspec has now. */
export function* entriesOf(
  k: kernel,
  cfg: arm_smmu_master_cfg | null,
  fwspec: iommu_fwspec | null,
): Task<readonly number[]> {
  const num_ids = yield* read(field(k.world, fwspec, 'num_ids', 'fwspec'));
  const smendx = yield* read(field(k.world, cfg, 'smendx', 'cfg'));
  for (let i = 0; i < num_ids; i++) checkIndex('cfg->smendx', i, cfg?.room ?? 0);
  return smendx.slice(0, num_ids);
}

/** An entry that covers the new one whole is shared; any other overlap is refused. @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_find_sme */
function arm_smmu_find_sme(
  smmu: arm_smmu_device,
  entries: readonly (StreamEntry | null)[],
  id: number,
  mask: number,
): number {
  let free = -ENOSPC;
  for (let i = 0; i < smmu.num_mapping_groups; i++) {
    const entry = entries[i] ?? null;
    if (entry === null) {
      if (free < 0) free = i;
      continue;
    }
    if ((mask & entry.mask) === mask && ((id ^ entry.id) & ~entry.mask) === 0) return i;
    if (((id ^ entry.id) & ~(entry.mask | mask)) === 0) return -EINVAL;
  }
  return free;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_master_alloc_smes */
export function* arm_smmu_master_alloc_smes(
  k: kernel,
  dev: device,
  cfg: arm_smmu_master_cfg,
): Task<errno> {
  const smmu = cfg.smmu as arm_smmu_device;
  const fwspec = yield* k.dev_iommu_fwspec_get(dev);
  yield* mutex_lock(smmu.stream_map_mutex);
  const entries = [...(yield* read(smmu.entries))];
  const taken: number[] = [];
  let ret: errno = 0;
  for (const fwid of yield* idsOf(k, fwspec)) {
    checkIndex('cfg->smendx', taken.length, cfg.room);
    const id = fwid & 0xffff;
    const mask = fwid >>> 16;
    const index = arm_smmu_find_sme(smmu, entries, id, mask);
    if (index < 0) {
      k.dev_err(
        dev,
        `stream match 0x${id.toString(16)}/0x${mask.toString(16)} ${index === -EINVAL ? 'partly overlaps one in use' : 'finds no free entry'}`,
      );
      ret = index;
      break;
    }
    const entry = entries[index] ?? null;
    entries[index] =
      entry === null ? { id, mask, count: 1, group: null } : { ...entry, count: entry.count + 1 };
    taken.push(index);
  }
  if (!ret) {
    yield* write(smmu.entries, entries);
    yield* write(cfg.smendx, taken);
  }
  yield* mutex_unlock(smmu.stream_map_mutex);
  return ret;
}

/** @linux drivers/iommu/arm/arm-smmu/arm-smmu.c arm_smmu_master_free_smes */
export function* arm_smmu_master_free_smes(
  k: kernel,
  cfg: arm_smmu_master_cfg,
  fwspec: iommu_fwspec | null,
): Task {
  const smmu = cfg.smmu as arm_smmu_device;
  yield* mutex_lock(smmu.stream_map_mutex);
  const smendx = yield* entriesOf(k, cfg, fwspec);
  const entries = [...(yield* read(smmu.entries))];
  for (const index of smendx) {
    const entry = entries[index] ?? null;
    if (entry !== null)
      entries[index] = entry.count > 1 ? { ...entry, count: entry.count - 1 } : null;
  }
  yield* write(smmu.entries, entries);
  yield* mutex_unlock(smmu.stream_map_mutex);
}
