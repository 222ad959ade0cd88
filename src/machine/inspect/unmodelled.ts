// What the model leaves out of parts of the kernel that a device has to do with.

import { compatibleOf, type FdtNode, nodesOf, propertyOf } from '../../firmware/index.ts';
import {
  ACS_ISOLATION,
  aliasDevfnsByQuirk,
  type device,
  type iommu_device,
  type pci_dev,
  pci_dev_specific_acs_enabled,
} from '../../linux/index.ts';
import { type Assumption, assume } from '../assumptions.ts';
import { endStateOf } from '../boot/end-state.ts';
import type { Machine, MachineDevice } from '../machine.ts';

/** What is not known of a kind of IOMMU, by its driver. */
const ofDrivers: Readonly<Record<string, readonly Assumption[]>> = {
  'apple-dart': ['driver-history'],
  mtk_iommu_v1: ['driver-history'],
  'omap-iommu': ['driver-history'],
  qcom_iommu: ['context-banks'],
  'riscv-iommu': ['driver-history'],
  'rockchip-iommu': ['driver-history'],
  'sprd-iommu': ['driver-history'],
  'sun50i-iommu': ['driver-history'],
  'tegra-smmu': ['tegra-groups'],
};

/** What is left out of the driver of an IOMMU. */
export function driverRule({ ops, dev }: iommu_device): string[] {
  const driver = ops?.driver ?? '';
  const np = dev.of_node;
  const assumed = [...(ofDrivers[driver] ?? [])];
  const names = np === null ? [] : compatibleOf(np);
  if (driver.startsWith('arm-smmu') && names.some((name) => !name.startsWith('arm,')))
    assumed.push('smmu-implementation');
  if (driver === 'mtk_iommu' && np !== null && propertyOf(np, 'mediatek,larbs') === undefined)
    assumed.push('mtk-arbiters');
  return assumed.map((name) => assume(name, dev.name));
}

/** The SoC of which some revisions cannot use their IPMMUs. */
const revised = 'renesas,r8a7795';

/** What the revision of the SoC decides: whether a device that may be behind its IOMMU is. */
export function revisionRule({ fdt }: Machine, dev: device): string[] {
  if (fdt === null || !compatibleOf(fdt.root).includes(revised)) return [];
  return endStateOf(dev).attachments.flatMap(({ instance }) =>
    instance.ops?.driver === 'ipmmu-vmsa' ? [assume('soc-revision', instance.dev.name)] : [],
  );
}

/**
 * PAMUs of Freescale's PowerPCs, which no property of a client refers to: a client has IDs, and any PCI
 * function is behind one by its controller.
 *
 * @linux drivers/iommu/fsl_pamu_domain.c fsl_pamu_device_group
 */
export function pamuRule({ fdt }: Machine, { of_node, pci }: device): string[] {
  const isClient =
    pci !== null || (of_node !== null && propertyOf(of_node, 'fsl,liodn') !== undefined);
  const pamu = isClient && fdt !== null ? pamuOf(fdt.root) : null;
  return pamu === null ? [] : [assume('pamu', pamu)];
}

const pamus = new WeakMap<FdtNode, string | null>();

/** The path of the first one, whatever its status says. @linux drivers/iommu/fsl_pamu.c fsl_pamu_init */
function pamuOf(root: FdtNode): string | null {
  let pamu = pamus.get(root);
  if (pamu === undefined) {
    pamu = firstPamu(root)?.path ?? null;
    pamus.set(root, pamu);
  }
  return pamu;
}

function firstPamu(root: FdtNode): FdtNode | null {
  for (const np of nodesOf(root)) if (compatibleOf(np).includes('fsl,pamu')) return np;
  return null;
}

/** Quirks of Intel's platforms: sound of Tylersburg, QuickData of Sandy Bridge, Ironlake's graphics. */
const oddPlatforms = [0x3a3e, 0x402f, 0x0040, 0x0062, 0x006a];

/** What is assumed of all devices of a machine that an IOMMU has to do with. */
export function machineRule({ devices, firmware, tables, units }: Machine): string[] {
  const signatures = tables?.tables.map(({ header }) => header.signature) ?? [];
  const odd = devices.some(
    ({ pci }) => pci?.config?.vendor_id === 0x8086 && oddPlatforms.includes(pci.config.device_id),
  );
  return [
    ...(firmware === 'none' ? [assume('one-iommu')] : []),
    ...(firmware === 'acpi' && !signatures.includes('DSDT') ? [assume('no-dsdt')] : []),
    ...(units?.table === 'dmar' && odd ? [assume('intel-quirks')] : []),
  ];
}

/** What is assumed of all devices of a machine: none of its IOMMUs may be known. */
export function tablesRule({ tables }: Machine): string[] {
  return tables?.tables.some(({ header }) => header.signature === 'RIMT') ? [assume('rimt')] : [];
}

/** What of ACS and of aliases is not as every kernel has it. */
export function pciRule(of: MachineDevice, { pci }: device): string[] {
  if (of.pci === null || pci === null || of.pci.config === null) return [];
  const above: pci_dev[] = [pci];
  const shown = [of.pci.config];
  for (let bridge = of.pci.bridge; bridge !== null; bridge = bridge.pci?.bridge ?? null)
    if (bridge.pci?.config) shown.push(bridge.pci.config);
  for (let bus = pci.bus.self; bus !== null; bus = bus.bus.self) above.push(bus);
  const quirks = above.some((pdev) => pci_dev_specific_acs_enabled(pdev, ACS_ISOLATION) !== null);
  return [
    ...(shown.some(({ acs }) => acs !== null) ? [assume('acs-control')] : []),
    ...(quirks ? [assume('acs-quirks')] : []),
    ...(above.some(hasOddAlias) ? [assume('alias-quirks')] : []),
  ];
}

const adaptec = 0x9005;
const aspeedBridge = [0x1a03, 0x1150];

function hasOddAlias(pdev: pci_dev): boolean {
  if (pdev.vendor === adaptec || aliasDevfnsByQuirk(pdev).length > 0) return true;
  return pdev.vendor === aspeedBridge[0] && pdev.device === aspeedBridge[1];
}
