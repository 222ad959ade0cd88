/** What stands before all findings. */
export const intro: readonly string[] = [
  '# Findings',
  '',
  'What the bugs in the [table of verdicts](reference/verdicts.md) are worth: whether Linux has them. Each',
  'witness was followed step by step in the source of the kernel that it is about, 6.1.192 for `v6.1`,',
  '6.12.117 for `v6.12` and 7.3.4 for `v7.3`, and nothing here was run on a machine. A finding is',
  '',
  '- **real** when nothing in Linux keeps the two tasks apart in the window that the text names;',
  '- **narrow** when it is real but nothing sleeps in the window: a CPU must be taken away from its task',
  '  there, or held up, for as long as the other task takes;',
  '- **model only** when something that [the model leaves out](not-modelled.md) prevents it.',
  '',
  '"No report known" means that none was found in the mailing lists and trackers that were searched in',
  'November 2026, no more.',
  '',
  'Two things that one expects to prevent most of this do not. `device_lock()` is held by whoever binds a',
  'driver, for the device that is bound; `bus_for_each_dev()`, with which `iommu_device_register()` walks over',
  'the buses, takes no such lock. And `fw_devlink` makes a consumer wait for its supplier, but to it `iommus` and',
  '`iommu-map` are optional: without `fw_devlink.strict=1` on the command line it does not look at them. Devices',
  'that ACPI describes have no such links at all.',
  '',
  'The lines below a finding say which bugs it explains, by scenario; where no driver is named, the device is',
  'behind an arm-smmu-v3, or a virtio-iommu in bind-viot. Data races are not listed: `fwspec compare` names them.',
];

/** And what behind. */
export const afterword: readonly string[] = [
  '## What was wrong in the model',
  '',
  'Following the witnesses found three faults of the model, repaired since: `v6.15` and `v6.16` dereferenced',
  'NULL in `platform_dma_configure()` (fixed in v6.15-rc6), `v6.12` in `mtk_iommu_device_group()` (38e8844005e6 came back to it),',
  'and the second look of `of_iommu_xlate()` could not be NULL, which hid a crash. The first bugs of',
  '`fwspec-v2` behind mtk_iommu and arm-smmu showed two more: a model of `mtk_iommu_device_group()` that failed',
  'itself where Linux follows NULL, and a NULL fwspec under the name of another pointer.',
];
