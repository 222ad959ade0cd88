import type { Scalar } from '../../llvm/index.ts';
import { type ByName, EINVAL, errno, returning } from '../by-hand.ts';

/** Functions whose effects nobody here looks at, and what they return. */
const values: Readonly<Record<string, Scalar>> = {
  // printing
  _dev_crit: 0,
  _dev_err: 0,
  _dev_info: 0,
  _dev_warn: 0,
  _printk: 0,
  __warn_printk: 0,
  ___ratelimit: 0,
  dev_driver_string: 0n,
  // sysfs, debugfs, uevents
  debugfs_create_file: 0n,
  debugfs_create_file_full: 0n,
  debugfs_lookup_and_remove: 0,
  device_add_groups: 0,
  device_create_file: 0,
  device_remove_file: 0,
  device_remove_groups: 0,
  iommu_device_link: 0,
  iommu_device_unlink: 0,
  kobject_set_name: 0,
  kobject_uevent: 0,
  module_add_driver: 0,
  module_remove_driver: 0,
  sysfs_create_file_ns: 0,
  sysfs_create_groups: 0,
  sysfs_create_link: 0,
  sysfs_create_link_nowarn: 0,
  sysfs_remove_file_ns: 0,
  sysfs_remove_groups: 0,
  sysfs_remove_link: 0,
  // There is no driver of this name yet.
  kset_find_obj: 0n,
  // power, pins, clocks: the devices here have none
  __pm_runtime_idle: 0,
  __pm_runtime_resume: 0,
  dev_pm_domain_attach: 0,
  dev_pm_domain_detach: 0,
  device_pm_check_callbacks: 0,
  of_clk_set_defaults: 0,
  pinctrl_bind_pins: 0,
  pinctrl_init_done: 0,
  pm_runtime_barrier: 0,
  pm_runtime_get_suppliers: 0,
  pm_runtime_put_suppliers: 0,
  pm_runtime_reinit: 0,
  // sleeping for a time: other tasks may go on anywhere as it is
  msleep: 0,
  schedule_timeout_uninterruptible: 0,
  usleep_range_state: 0,
  // links between devices: there are none
  device_links_check_suppliers: 0,
  device_links_driver_bound: 0,
  device_links_driver_cleanup: 0,
  device_links_force_bind: 0,
  device_links_no_driver: 0,
  device_links_unbind_consumers: 0,
  device_links_busy: 0,
  device_pm_move_to_tail: 0,
  // what drivers leave to be released
  devres_release_all: 0,
  // of the DMA API
  arch_setup_dma_ops: 0,
  arch_teardown_dma_ops: 0,
  iommu_dma_init_fq: 0,
  iommu_get_dma_cookie: 0,
  iommu_put_dma_cookie: 0,
  iommu_put_msi_cookie: 0,
  iommu_setup_dma_ops: 0,
  // No driver is probed asynchronously: nobody has asked for it on the command line.
  parse_option_str: 0,
  // modules stay
  is_module_address: 0,
  module_put: 0,
  try_module_get: 1,
  // firmware that is no devicetree
  acpi_driver_match_device: 0,
  is_acpi_device_node: 0,
  is_software_node: 0,
  cc_platform_has: 0,
  // There is no such property.
  device_property_read_u32_array: errno(EINVAL),
};

export const quiet: ByName = Object.fromEntries(
  Object.entries(values).map(([name, value]) => [name, returning(value)]),
);
