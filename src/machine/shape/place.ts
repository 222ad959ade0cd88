// What the place of a device says of its shape, and what an IOMMU that lists its masters says.

import type { FdtNode } from '../../firmware/index.ts';
import {
  ACS_ISOLATION,
  type device,
  type kernel,
  of_parse_phandle_with_args,
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_SLOT,
  pci_acs_enabled,
  type pci_dev,
} from '../../linux/index.ts';
import type { Shape } from './shape.ts';

/** One device stands for all others in a group: a race with the second is one with the third. */
const mostTogether = 2;

/** The shape, with what shares the group of its function by where that is. */
export function placed(shape: Shape, { pci }: device): Shape {
  if (pci === null || shape.bus !== 'pci') return shape;
  const { specifiers, iommus } = shape;
  const isBehindBridge =
    pci.bus.self?.pcie_type === PCI_EXP_TYPE_PCI_BRIDGE &&
    specifiers.length === 2 &&
    iommus.length === 1;
  const together = isBehindBridge ? pci.bus.devices : slotOf(pci);
  const functions = Math.min(together.length, mostTogether);
  return {
    ...shape,
    ...(functions > 1 ? { functions } : {}),
    ...(isBehindBridge ? { bridge: 'pcie-to-pci' } : {}),
  };
}

/** The functions of its slot that nothing keeps apart, itself among them. */
function slotOf(pdev: pci_dev): readonly pci_dev[] {
  if (!pdev.multifunction || pci_acs_enabled(pdev, ACS_ISOLATION)) return [pdev];
  return pdev.bus.devices.filter(
    (other) =>
      other === pdev ||
      (PCI_SLOT(other.devfn) === PCI_SLOT(pdev.devfn) &&
        !other.is_virtfn &&
        !pci_acs_enabled(other, ACS_ISOLATION)),
  );
}

/** Which of these SMMUs list a device among their masters, and by which IDs. */
export function listedBy(
  k: kernel,
  dev: device,
  smmus: Iterable<device>,
): { readonly np: FdtNode; readonly args: readonly number[] }[] {
  const np = dev.of_node;
  if (np === null || !np.properties.has('#stream-id-cells')) return [];
  const found: { readonly np: FdtNode; readonly args: readonly number[] }[] = [];
  for (const smmu of smmus) {
    const list = smmu.of_node;
    if (list === null || !list.properties.has('mmu-masters')) continue;
    for (let index = 0; ; index++) {
      const cells = '#stream-id-cells';
      const spec = of_parse_phandle_with_args(k, smmu, list, 'mmu-masters', cells, index);
      if (spec === null) break;
      if (spec.np === np) for (const id of spec.args) found.push({ np: list, args: [id] });
    }
  }
  return found;
}
