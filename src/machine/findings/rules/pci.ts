import { type Rule, rulesOf } from './rule.ts';

/** Rules about PCI functions. */
export const pciRules: readonly Rule[] = rulesOf([
  ['pci-alias-quirk', 'note', 'a function sends DMA under its own ID only'],
  ['pci-bus-numbers', 'error', 'the buses of bridges are nested, and each is below one'],
  ['pci-cap-loop', 'error', 'lists of capabilities have an end'],
  ['pci-dump-short', 'note', 'the configuration space is known as far as its capabilities go'],
  ['pci-legacy-bridge', 'warning', 'devices are not behind conventional bridges'],
  ['pci-mf-bit', 'warning', 'function 0 says that there are others'],
  ['pci-mf-no-acs', 'warning', 'the functions of a card are isolated from each other'],
  ['pci-no-acs-port', 'warning', 'root ports and downstream ports isolate what is below them'],
]);
