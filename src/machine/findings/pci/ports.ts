// Rules about ports: what they say they are, and whether they keep apart what is below them.

import {
  ACS_ISOLATION,
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_EXP_TYPE_UPSTREAM,
  pci_acs_enabled,
} from '../../../linux/index.ts';
import { hex } from '../../../util/index.ts';
import type { Report, Shown } from './shown.ts';

/** @param isDescribed whether firmware tells which IOMMUs there are */
export function portFindings(shown: readonly Shown[], isDescribed: boolean, report: Report): void {
  for (const of of shown) {
    types(of, report);
    switchedOff(of, isDescribed, report);
  }
  siblings(shown, report);
}

const names = new Map([
  [PCI_EXP_TYPE_ROOT_PORT, 'a root port'],
  [PCI_EXP_TYPE_UPSTREAM, 'an upstream port'],
  [PCI_EXP_TYPE_DOWNSTREAM, 'a downstream port'],
]);

/** Those of bridges, and those of endpoints, of event collectors among them. */
const bridgeTypes = [4, 5, 6, 7, 8];
const endpointTypes = [0, 1, 9, 10];
const integratedTypes = [9, 10];

function types(of: Shown, report: Report): void {
  const { config, pci, pdev } = of;
  const express = config.pci_express;
  if (express === null || pci.physfn !== undefined) return;
  const at = express.offset + 2;
  const help = 'give the type that it has where it is: bits 4 to 7';
  const expected = config.header_type === 1 ? bridgeTypes : endpointTypes;
  if (!expected.includes(express.type)) {
    const layout = config.header_type === 1 ? 'a bridge' : 'no bridge';
    const message = `its type is ${express.type}, and its header is that of ${layout}`;
    report('pci-port-type', of, at, message, help);
    return;
  }
  if (integratedTypes.includes(express.type) && pci.bridge !== null) {
    const message = `it says that it is in the root complex, and it is below ${pci.bridge.name}`;
    report('pci-port-type', of, at, message, help);
    return;
  }
  const said = names.get(express.type);
  if (said === undefined) return;
  if (pdev.pcie_type !== express.type) {
    const message = `it says that it is ${said}, and where it is it can only be ${names.get(pdev.pcie_type ?? -1)}: Linux takes it for that`;
    report('pci-port-type', of, at, message, help);
  } else if (express.type === PCI_EXP_TYPE_ROOT_PORT && pci.bridge !== null) {
    report('pci-port-type', of, at, `a root port below ${pci.bridge.name}`, help);
  } else if (express.type !== PCI_EXP_TYPE_ROOT_PORT && pci.bridge === null && pci.bus === 0) {
    report('pci-port-type', of, at, `${said}, and nothing is above it`, help);
  }
}

/** The bits of what it can do that isolation needs. */
function switchedOff(of: Shown, isDescribed: boolean, report: Report): void {
  const { acs } = of.config;
  const type = of.pdev.pcie_type;
  if (acs === null || of.pci.physfn !== undefined) return;
  if (type === PCI_EXP_TYPE_UPSTREAM && !of.pdev.multifunction) return;
  const off = acs.capability & ACS_ISOLATION & ~acs.control;
  if (off === 0) return;
  const isOn = ((of.pdev.acs?.control ?? 0) & off) === off;
  // What groups go by is on, then.
  if (isOn && isDescribed) return;
  const linux = isOn ? 'Linux turns them on' : 'Linux turns them on where it uses an IOMMU';
  const message = `Access Control Services are off in what was read (bits ${hex(off)}); ${linux}`;
  const help = 'read it where Linux uses an IOMMU to see what keeps functions apart';
  report('pci-acs-off', of, acs.offset + 6, message, help);
}

/** Ports of a switch that Linux takes to be apart, although requests go from one to the other. */
function siblings(shown: readonly Shown[], report: Report): void {
  const open = shown.filter(
    ({ pdev }) =>
      pdev.pcie_type === PCI_EXP_TYPE_DOWNSTREAM && !pci_acs_enabled(pdev, ACS_ISOLATION),
  );
  const seen = new Set<object>();
  for (const of of open) {
    const { bus } = of.pdev;
    if (seen.has(bus)) continue;
    seen.add(bus);
    const own = open.filter(({ pdev }) => pdev.bus === bus);
    const groups = new Set(own.map(({ pdev }) => pdev.dev?.iommu_group.value ?? null));
    if (own.length < 2 || groups.size < 2) continue;
    const which = own.map(({ name }) => name).join(', ');
    const message = `${which} let requests through to each other, and are different groups: Linux looks at each port alone`;
    const help = 'give devices below one switch to one user';
    report('pci-switch-siblings', of, of.config.pci_express?.offset ?? 0, message, help);
  }
}
