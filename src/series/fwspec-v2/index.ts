import { apply, base, type Design, type Patch } from '../../linux/index.ts';
import { patch as p01 } from './0001-iommu-Remove-struct-iommu_ops-iommu-from-arch_setup_.ts';
import { patch as p02 } from './0002-iommmu-of-Do-not-return-struct-iommu_ops-from-of_iom.ts';
import { patch as p03 } from './0003-iommu-of-Use-ENODEV-consistently-in-of_iommu_configu.ts';
import { patch as p04 } from './0004-acpi-Do-not-return-struct-iommu_ops-from-acpi_iommu_.ts';
import { patch as p05 } from './0005-iommu-Make-iommu_fwspec-ids-a-distinct-allocation.ts';
import { patch as p06 } from './0006-iommu-Add-iommu_fwspec_alloc-dealloc.ts';
import { patch as p07 } from './0007-iommu-Add-iommu_probe_device_fwspec.ts';
import { patch as p08 } from './0008-iommu-of-Do-not-use-dev-iommu-within-of_iommu_config.ts';
import { patch as p09 } from './0009-iommu-Add-iommu_fwspec_append_ids.ts';
import { patch as p10 } from './0010-acpi-Do-not-use-dev-iommu-within-acpi_iommu_configur.ts';
import { patch as p11 } from './0011-iommu-Hold-iommu_probe_device_lock-while-calling-ops.ts';
import { patch as p12 } from './0012-iommu-Make-iommu_ops_from_fwnode-static.ts';
import { patch as p13 } from './0013-iommu-Remove-dev_iommu_fwspec_set.ts';
import { patch as p14 } from './0014-iommu-Remove-pointless-iommu_fwspec_free.ts';
import { patch as p15 } from './0015-iommu-Add-ops-of_xlate_fwspec.ts';
import { patch as p16 } from './0016-iommu-Mark-dev_iommu_get-with-lockdep.ts';
import { patch as p17 } from './0017-iommu-Mark-dev_iommu_priv_set-with-a-lockdep.ts';

/** "[PATCH v2 00/17] Solve iommu probe races around iommu_fwspec", as posted. */
export const patches: readonly Patch[] = [
  p01,
  p02,
  p03,
  p04,
  p05,
  p06,
  p07,
  p08,
  p09,
  p10,
  p11,
  p12,
  p13,
  p14,
  p15,
  p16,
  p17,
];

/** `fwspec-v2/N` is the first N patches on the base; `fwspec-v2/0` is the base itself. */
export const steps: readonly Design[] = stepsFrom(base);

function stepsFrom(start: Design): Design[] {
  const made = [apply('fwspec-v2/0', start)];
  for (const [n, patch] of patches.entries())
    made.push(apply(`fwspec-v2/${n + 1}`, made.at(-1) ?? start, patch));
  return made;
}
