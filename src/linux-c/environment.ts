import { type Environment, type Linked, Pointer, type Scalar, Variable } from '../llvm/index.ts';
import { arm64 } from './asm.ts';
import { type Buses, walks } from './buses.ts';
import { type ByHand, externals, returning } from './by-hand.ts';
import { lookUps, type Properties } from './devicetree.ts';
import { kobjects } from './kobject.ts';
import { locks } from './locks.ts';
import { memory } from './memory.ts';
import type { Structs } from './structs.ts';

/** `-EPROBE_DEFER` as an `int`. */
export const EPROBE_DEFER: number = 2 ** 32 - 517;

/** Functions whose effects nobody here looks at, and what they return. */
const quiet: Readonly<Record<string, Scalar>> = {
  // -EINVAL: there is no such property.
  device_property_read_u32_array: 2 ** 32 - 22,
  _dev_err: 0,
  _dev_info: 0,
  _dev_warn: 0,
  _printk: 0,
  __warn_printk: 0,
  dev_driver_string: 0n,
  blocking_notifier_call_chain: 0,
  ida_alloc_range: 0,
  ida_free: 0,
  iommu_device_link: 0,
  iommu_device_unlink: 0,
  iommu_get_dma_cookie: 0,
  iommu_put_dma_cookie: 0,
  iommu_setup_dma_ops: 0,
  is_module_address: 0,
  kobject_uevent: 0,
  module_put: 0,
  try_module_get: 1,
  sysfs_create_file_ns: 0,
  sysfs_remove_file_ns: 0,
  sysfs_create_link: 0,
  sysfs_create_link_nowarn: 0,
  sysfs_remove_link: 0,
};

/** What a kernel's files need and do not have: locks, memory, kobjects, firmware, devices. */
export function environment(
  linked: Linked,
  structs: Structs,
  { buses, properties }: { readonly buses: Buses; readonly properties: Properties },
  more: Readonly<Record<string, ByHand>>,
): Environment {
  const silent = Object.fromEntries(
    Object.entries(quiet).map(([name, value]) => [name, returning(value)]),
  );
  const textAt = (pointer: Scalar): string => textIn(linked, pointer);
  return {
    functions: new Map(
      externals({
        ...silent,
        ...locks,
        ...memory,
        ...kobjects(structs),
        ...walks(buses),
        ...lookUps(structs, properties, textAt),
        driver_deferred_probe_check_state: returning(EPROBE_DEFER),
        ...more,
      }),
    ),
    asm: arm64,
  };
}

/** A string that never changes. */
function textIn(linked: Linked, pointer: Scalar): string {
  if (!(pointer instanceof Pointer) || !(pointer.memory instanceof Variable)) return '';
  const image = linked.imageOf(pointer.memory);
  let text = '';
  for (let at = pointer.offset; at < pointer.memory.size; at++) {
    const byte = image.read(at, 1);
    if (typeof byte !== 'number' || byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
