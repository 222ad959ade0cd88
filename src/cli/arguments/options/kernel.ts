import type { OptionEntry } from '../entries.ts';

/** How the kernel is built and started. */
export const kernelOptions: readonly OptionEntry[] = [
  {
    name: 'kconfig',
    value: 'NAME=y|m|n',
    about:
      'a kernel option; CONFIG_ may be left out. A module (m) is loaded after boot; in searches drivers come at any time',
    words: 'kconfig',
    list: true,
    repeats: true,
    of: ['check', 'inspect', 'explain', 'groups', 'lint', 'explore', 'compare', 'verify', 'page'],
  },
  {
    name: 'cmdline',
    value: 'TEXT',
    about: 'the kernel command line: iommu.passthrough=, iommu.strict=, pci=',
    words: 'any',
    otherwise: 'that of a capture, or /chosen/bootargs',
    of: ['check', 'inspect', 'explain', 'groups', 'lint', 'explore', 'compare', 'verify', 'page'],
  },
];
