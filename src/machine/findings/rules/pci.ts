import type { Rule } from './rule.ts';

/** Rules about PCI functions. */
export const pciRules: readonly Rule[] = [
  {
    name: 'pci-alias-quirk',
    severity: 'note',
    about: 'a function sends DMA under its own ID only',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-bus-numbers',
    severity: 'error',
    about: 'the buses of bridges are nested, and each is below one',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-cap-loop',
    severity: 'error',
    about: 'lists of capabilities have an end',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-dump-short',
    severity: 'note',
    about: 'the configuration space is known as far as its capabilities go',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-legacy-bridge',
    severity: 'warning',
    about: 'devices are not behind conventional bridges',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-mf-bit',
    severity: 'warning',
    about: 'function 0 says that there are others',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-mf-no-acs',
    severity: 'warning',
    about: 'the functions of a card are isolated from each other',
    linux: '',
    fix: '',
    example: null,
  },
  {
    name: 'pci-no-acs-port',
    severity: 'warning',
    about: 'root ports and downstream ports isolate what is below them',
    linux: '',
    fix: '',
    example: null,
  },
];
