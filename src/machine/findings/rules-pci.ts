import type { Rule } from './rules.ts';

/** Rules about PCI functions. */
export const pciRules: readonly Rule[] = [
  {
    name: 'pci-alias-quirk',
    severity: 'note',
    about: 'a function sends DMA under its own ID only',
  },
  {
    name: 'pci-bus-numbers',
    severity: 'error',
    about: 'the buses of bridges are nested, and each is below one',
  },
  { name: 'pci-cap-loop', severity: 'error', about: 'lists of capabilities have an end' },
  {
    name: 'pci-dump-short',
    severity: 'note',
    about: 'the configuration space is known as far as its capabilities go',
  },
  {
    name: 'pci-legacy-bridge',
    severity: 'warning',
    about: 'devices are not behind conventional bridges',
  },
  { name: 'pci-mf-bit', severity: 'warning', about: 'function 0 says that there are others' },
  {
    name: 'pci-mf-no-acs',
    severity: 'warning',
    about: 'the functions of a card are isolated from each other',
  },
  {
    name: 'pci-no-acs-port',
    severity: 'warning',
    about: 'root ports and downstream ports isolate what is below them',
  },
];
