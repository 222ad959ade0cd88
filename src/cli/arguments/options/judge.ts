import type { OptionEntry } from '../entries.ts';

/** What is judged. Which tree, linux-options.ts has. */
export const judgeOptions: readonly OptionEntry[] = [
  {
    name: 'each',
    about: 'judge each patch on those before it, instead of all together',
    of: ['judge'],
  },
  {
    name: 'scenario',
    value: 'NAME',
    about: 'judge by this scenario; may be given several times',
    words: 'scenario',
    otherwise: 'all that run C of the files that the patches touch',
    repeats: true,
    of: ['judge'],
  },
  {
    name: 'driver',
    value: 'DRIVER',
    about:
      'the IOMMU driver whose C is run: arm-smmu-v3, arm-smmu, virtio-iommu or apple-dart, in scenarios that run behind it',
    words: 'driver',
    otherwise: 'one by hand',
    of: ['judge'],
  },
  {
    name: 'patched',
    value: 'PATCH',
    about: 'patches that were on the tree when judge printed the token; each as judge takes them',
    words: 'file',
    repeats: true,
    of: ['replay'],
  },
];
