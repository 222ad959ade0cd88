import type { Section } from './finding.ts';

export const v615: Section = {
  title: 'v6.15 and v6.16, shortly',
  intro: [
    "Both share with v7.3 the driver that binds without a claim, the false warning, what ACPI's clients miss, and the removal of",
    'a device. Two things are theirs.',
    '',
    '- v6.15, as released, does not look at what happened while `iommu_init_device()` had let go of the probe',
    '  lock. Two IOMMUs that register at once free `dev->iommu` under each other, in most of the places where',
    '  it is used (`fwspec explore two-registrations --kernel v6.15`), and so do a walk and the notifier',
    '  (`hotplug`). **Real**, foreseen in the review, and repaired by 0c8e9c148e29 ("iommu: Avoid introducing',
    '  more races", posted on 11 March 2025), which missed v6.15 and is in 6.15.1.',
    '- A client that VIOT describes never gets its virtio-iommu, with no race at all',
    '  (`fwspec explore bind-viot --kernel v6.16`): the walk that reads VIOT asks `viommu_get_by_fwnode()` for an',
    '  instance whose driver is not bound yet, and after it there is no replay on ACPI. **Real**; 72b6f7cd89ce',
    '  (v6.17, and back to stable kernels) repairs it.',
  ],
  findings: [],
};
