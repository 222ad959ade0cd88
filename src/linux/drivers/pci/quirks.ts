// What configuration space does not tell, by vendor and device. The lists are those of a recent
// kernel; older ones have fewer rows.

import {
  PCI_EXP_TYPE_DOWNSTREAM,
  PCI_EXP_TYPE_PCI_BRIDGE,
  PCI_EXP_TYPE_RC_END,
  PCI_EXP_TYPE_ROOT_PORT,
  PCI_FUNC,
  type pci_dev,
  pci_is_root_bus,
} from '../../include/linux/pci.ts';

// Bits of the ACS capability and control registers.
export const PCI_ACS_SV = 0x01;
const PCI_ACS_TB = 0x02;
const PCI_ACS_RR = 0x04;
const PCI_ACS_CR = 0x08;
const PCI_ACS_UF = 0x10;
const PCI_ACS_EC = 0x20;
const PCI_ACS_DT = 0x40;

/** What Linux enables, and wants to see before it takes functions to be isolated. */
export const ACS_ISOLATION: number = PCI_ACS_SV | PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_UF;
/** What keeps functions from reaching each other directly. */
export const ACS_REDIRECT: number = PCI_ACS_RR | PCI_ACS_CR | PCI_ACS_EC;
/** The one feature that counts as missing where the capability does not list it. */
export const ACS_EGRESS_CONTROL: number = PCI_ACS_EC;

/** Single device IDs, and ranges of them. */
type Devices = readonly (number | readonly [first: number, last: number])[];

function among(devices: Devices, device: number): boolean {
  return devices.some((entry) =>
    typeof entry === 'number' ? entry === device : entry[0] <= device && device <= entry[1],
  );
}

// ---- Functions that isolate without an ACS capability ------------------------------------------

/** What a function provides in place of its ACS capability; null when the row is not about it. */
type Provides = (pdev: pci_dev) => number | null;

const isolates: Provides = () => ACS_ISOLATION;
const isolatesFunctions: Provides = () => ACS_ISOLATION | PCI_ACS_TB | PCI_ACS_DT;

function onlyFor(types: readonly number[], devices: Devices | null): Provides {
  return ({ pcie_type, device }) => {
    if (pcie_type === null || !types.includes(pcie_type)) return null;
    return devices === null || among(devices, device) ? ACS_ISOLATION : null;
  };
}

const ports = [PCI_EXP_TYPE_ROOT_PORT, PCI_EXP_TYPE_DOWNSTREAM];

/** Root ports of Intel's PCHs up to the 9 series, which isolate when Linux could tell them to. */
const intelPchRootPorts: Devices = [
  [0x1c10, 0x1c1f],
  ...[0x1d10, 0x1d12, 0x1d14, 0x1d16, 0x1d18, 0x1d1a, 0x1d1c, 0x1d1e],
  [0x1e10, 0x1e1f],
  [0x3b42, 0x3b51],
  [0x8c10, 0x8c1f],
  ...[0x8c90, 0x8c92, 0x8c94, 0x8c96, 0x8c98, 0x8c9a, 0x8c9c, 0x8c9e],
  [0x8d10, 0x8d1e],
  [0x9c10, 0x9c1b],
  [0x9c90, 0x9c9b],
];

function isIntelPchRootPort({ vendor, device, pcie_type }: pci_dev): boolean {
  return (
    vendor === 0x8086 && pcie_type === PCI_EXP_TYPE_ROOT_PORT && among(intelPchRootPorts, device)
  );
}

/** Functions of a southbridge on the root bus do not reach each other where there is an AMD IOMMU. @linux drivers/pci/quirks.c pci_quirk_amd_sb_acs */
const amdSouthbridge: Provides = ({ multifunction, bus, has_ivrs }) =>
  multifunction && pci_is_root_bus(bus) && has_ivrs ? ACS_ISOLATION : null;

const acsQuirks: readonly (readonly [vendor: number, devices: Devices | null, Provides])[] = [
  [0x1002, [[0x4383, 0x4385], 0x4399, 0x439c, 0x439d], amdSouthbridge],
  [0x1022, [0x7809, 0x780f], amdSouthbridge],
  [0x1924, [0x0903, 0x0923, 0x0a03], isolatesFunctions], // Solarflare
  [
    0x8086,
    [
      ...[0x105e, 0x105f, 0x1060, 0x10a7, 0x10a9, 0x10c6, 0x10c9, 0x10d6, 0x10d9, 0x10db, 0x10dd],
      ...([0x10e1, [0x10e6, 0x10e8], 0x10f1, [0x10f7, 0x10fc], 0x1507, [0x1509, 0x150a]] as const),
      ...([[0x150d, 0x1511], 0x1514, 0x1516, 0x1518, 0x151c, [0x1521, 0x1524], 0x1526] as const),
      ...[0x1527, 0x1529, 0x152a, 0x154d, 0x154f, 0x1551, 0x1558, 0x15b7, 0x15b8],
    ],
    isolatesFunctions,
  ],
  [0x8086, null, onlyFor([PCI_EXP_TYPE_RC_END], null)],
  [0x17cb, [0x0111, 0x0115, 0x0120, 0x0400, 0x0401], isolates], // Qualcomm root ports
  [0x1dbf, [0x0401], isolates], // HXT root ports
  [0x8086, null, (pdev) => (isIntelPchRootPort(pdev) ? acsByQuirk(pdev) : null)],
  [0x19a2, [0x0710], isolatesFunctions], // Emulex
  [0x10df, [0x0720], isolatesFunctions],
  [0x177d, null, onlyFor([PCI_EXP_TYPE_ROOT_PORT], [[0xa000, 0xa7ff], 0xaf84, 0xb884])], // Cavium
  [0x177d, [0xa026, 0xa059, 0xa060], isolatesFunctions],
  [0x10e8, [0xe004], isolates], // X-Gene
  [0x1def, [[0xe005, 0xe00c]], isolates], // Ampere
  [0x14e4, [0x16d7, [0x1750, 0x1752], [0x1760, 0x1763]], isolatesFunctions], // Broadcom
  [0x14e4, [0xd714], isolates],
  [0x0014, [0x3c09, 0x3c19, 0x3c29, 0x7a09, 0x7a19, 0x7a29], isolates], // Loongson
  [0x0014, [0x7a39, 0x7a49, 0x7a59, 0x7a69], isolates],
  [0x1c36, [0x0031], onlyFor([PCI_EXP_TYPE_ROOT_PORT], null)], // Annapurna Labs
  [0x1d17, [0x3038, 0x3104, 0x9083], isolatesFunctions], // Zhaoxin
  [
    0x1957, // NXP root ports
    [
      ...([
        [0x8d80, 0x8d83],
        [0x8d88, 0x8d8b],
        [0x8d90, 0x8d93],
        [0x8d98, 0x8d9b],
      ] as const),
      ...([
        [0x8da0, 0x8da1],
        [0x8da8, 0x8da9],
        [0x8db0, 0x8db1],
        [0x8db8, 0x8db9],
      ] as const),
    ],
    isolates,
  ],
  [0x1d17, null, onlyFor(ports, [[0x0710, 0x071e], 0x0721, [0x0723, 0x0752]])],
  // Whatever the capability of any other port, or of another function of Wangxun, says.
  [0x1d17, null, ({ pcie_type }) => (ports.some((type) => type === pcie_type) ? 0 : null)],
  [
    0x8088, // Wangxun
    [[0x0100, 0x010f], 0x1001, 0x2001, 0x5010, 0x5025, 0x5040, 0x5110, 0x5125, 0x5140],
    isolates,
  ],
  [0x8088, null, () => 0],
];

function acsByQuirk({ acs_enabled_quirk }: pci_dev): number {
  return acs_enabled_quirk ? ACS_ISOLATION : 0;
}

/** Null when no quirk is about the function. @linux drivers/pci/quirks.c pci_dev_specific_acs_enabled */
export function pci_dev_specific_acs_enabled(pdev: pci_dev, acs_flags: number): boolean | null {
  for (const [vendor, devices, provides] of acsQuirks) {
    if (vendor !== pdev.vendor || (devices !== null && !among(devices, pdev.device))) continue;
    const provided = provides(pdev);
    if (provided !== null) return (acs_flags & provided) === acs_flags;
  }
  return null;
}

/** `INTEL_LPC_RCBA_ENABLE` */
const rcbaEnable = 1;

/**
 * Whether a quirk took care of it. The registers that a PCH isolates by are where its LPC bridge says;
 * what is in them is taken to be good.
 *
 * @linux drivers/pci/quirks.c pci_dev_specific_enable_acs
 */
export function pci_dev_specific_enable_acs(pdev: pci_dev): boolean {
  if (!isIntelPchRootPort(pdev)) return false;
  pdev.acs_enabled_quirk = ((pdev.lpc_rcba ?? rcbaEnable) & rcbaEnable) !== 0;
  return true;
}

// ---- Requester IDs -----------------------------------------------------------------------------

const usesFunction0: readonly (readonly [vendor: number, devices: Devices])[] = [
  [0x1180, [0xe476, 0xe832]], // Ricoh
  [0x6766, [0x3d40, 0x3d41]], // Glenfly
];

const usesFunction1: readonly (readonly [vendor: number, devices: Devices])[] = [
  [0x1b4b, [0x9120, 0x9123, 0x9125, 0x9128, 0x9130, 0x9170, 0x9172, 0x917a, 0x9182, 0x9183]],
  [0x1b4b, [0x91a0, 0x9215, 0x9220, 0x9230, 0x9235]], // Marvell
  [0x1103, [0x0642, 0x0645]], // HighPoint
  [0x197b, [0x2392]], // JMicron
  [0x1c28, [0x0122]], // Lite-On
];

function listed(
  table: readonly (readonly [vendor: number, devices: Devices])[],
  { vendor, device }: pci_dev,
): boolean {
  return table.some(([whose, devices]) => whose === vendor && among(devices, device));
}

/** Device and function numbers on its own bus that a function uses besides its own, ascending. */
export function aliasDevfns(pdev: pci_dev): readonly number[] {
  const known = aliasDevfnsByQuirk(pdev);
  if (pdev.dma_aliases.size === 0) return known;
  return [...new Set([...known, ...pdev.dma_aliases])].sort((a, b) => a - b);
}

/** By what it is. */
export function aliasDevfnsByQuirk(pdev: pci_dev): readonly number[] {
  const slot = pdev.devfn & ~7;
  if (PCI_FUNC(pdev.devfn) !== 0 && listed(usesFunction0, pdev)) return [slot];
  if (PCI_FUNC(pdev.devfn) !== 1 && listed(usesFunction1, pdev)) return [slot | 1];
  if (pdev.vendor !== 0x8086) return [];
  // Bridges between machines, which pass on what comes from the other side.
  if (among([0x2260, 0x2264], pdev.device)) return [0x80, 0x88, 0x93];
  if (!among([[0x2954, 0x2956], 0x2958, 0x2959, 0x295a], pdev.device)) return [];
  return Array.from({ length: 0x100 }, (_, devfn) => devfn).filter((devfn) => PCI_FUNC(devfn) < 5);
}

/** PCIe-to-PCI bridges that do not say so. */
const hiddenPcieBridges: readonly (readonly [vendor: number, devices: Devices])[] = [
  [0x1b21, [0x1080]], // ASMedia
  [0x10e3, [0x8113]], // Tundra
  [0x1283, [0x8892, 0x8893]], // ITE
  [0x8086, [0x244e]],
];

/** @linux drivers/pci/quirks.c quirk_use_pcie_bridge_dma_alias */
export function usesPcieBridgeAlias(bridge: pci_dev): boolean {
  if (bridge.pcie_type !== null || pci_is_root_bus(bridge.bus)) return false;
  const above = bridge.bus.self?.pcie_type ?? null;
  return above !== null && above !== PCI_EXP_TYPE_PCI_BRIDGE && listed(hiddenPcieBridges, bridge);
}

/** The IOMMU sits here, below the root. @linux drivers/pci/quirks.c quirk_bridge_cavm_thrx2_pcie_root */
export function isTranslationRoot({ vendor, device }: pci_dev): boolean {
  return vendor === 0x14e4 && (device === 0x9000 || device === 0x9084);
}
