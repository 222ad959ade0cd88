// What an answer can rest on that the input does not show or the model does not have. Each of these
// has its item in docs/not-modelled.md.

export type Assumption =
  | 'acpi-coherency'
  | 'acpi-dma'
  | 'acpi-status'
  | 'acs-control'
  | 'acs-quirks'
  | 'alias-quirks'
  | 'arm64-kernel'
  | 'amd-registers'
  | 'bootargs'
  | 'client-drivers'
  | 'command-line'
  | 'context-banks'
  | 'dmar-registers'
  | 'driver-history'
  | 'dsp-service'
  | 'hypervisor'
  | 'intel-quirks'
  | 'iommu-driver'
  | 'kernel-config'
  | 'maker'
  | 'mc-stream-id'
  | 'module-times'
  | 'mtk-arbiters'
  | 'no-dsdt'
  | 'one-iommu'
  | 'pamu'
  | 'pci-config'
  | 'pci-functions'
  | 'rimt'
  | 'smmu-implementation'
  | 'smmu-registers'
  | 'soc-revision'
  | 'tegra-groups'
  | 'virtio-endpoints'
  | 'virtio-slot'
  | 'vmd-order'
  | 'vmd-unknown';

const assumptions: Readonly<Record<Assumption, string>> = {
  'acpi-coherency': 'its DMA is taken to be coherent: what its _CCA says is not known',
  'acpi-dma':
    'what its DMA can reach is not looked at: a _DMA limits that, which an IOMMU may not be able to do',
  'acpi-status': 'its object is taken to be present: what a _STA says is not known',
  'acs-control':
    'ACS controls are taken as the dump has them: what its kernel enabled counts as set by firmware',
  'acs-quirks': 'what stands in for ACS there is taken from the list of a recent kernel',
  'arm64-kernel':
    'the kernel is taken to be one for arm64, which these processors cannot run: on 32-bit ARM, DMA may go through a mapping of the architecture in place of the domain',
  'alias-quirks': 'the IDs that it uses are taken from the list of a recent kernel',
  'amd-registers': 'its IOMMU is taken to have all features: no log shows its registers',
  bootargs:
    'the command line is taken to be /chosen/bootargs: what CONFIG_CMDLINE and a boot loader make of it is not shown',
  'client-drivers': 'every device is taken to have a driver, which comes in time and stays',
  'command-line': 'the command line is taken to be empty: nothing shows it',
  'context-banks': 'every context bank that it names is taken to be there',
  'dmar-registers': 'its unit is taken to work as it is: no log shows its registers',
  'driver-history': 'its driver is taken to be like that of the nearest release that is known',
  'dsp-service': 'taken to be made: the processor that it is a service of has to announce it',
  hypervisor: 'its IOMMU is taken to have the IDs and endpoints that QEMU gives it',
  'intel-quirks': 'a platform with quirks of its own for translation is taken to be like any other',
  'iommu-driver': 'the kernel is taken to have no driver for its IOMMU: the model has none',
  'kernel-config': 'the kernel is taken to be configured as distributions do: nothing shows it',
  maker: 'taken to be made: the driver that makes it has to be there, and may find against it',
  'mc-stream-id': 'its stream ID is taken to be the usual one: it is in a register',
  'module-times': 'modules are taken to have come in the first minute: nothing shows when',
  'mtk-arbiters': 'every arbiter is taken to be there: the tree names none',
  'no-dsdt': 'host bridges are taken to be as usual, and their DMA coherent: there is no DSDT',
  'one-iommu': 'one IOMMU is taken to be there for all functions: nothing shows which there are',
  pamu: 'the kernel is taken to be built without CONFIG_FSL_PAMU: the model has no fsl_pamu, with which it is in a group, and DMA stays as the boot loader left it',
  'pci-config':
    'taken to be a conventional function with nothing beside it: its configuration space is not shown',
  'pci-functions':
    'taken to be there because a map or a node is about it: nothing shows the functions',
  rimt: 'RIMT, which says more, is not read',
  'smmu-implementation':
    'its SMMU is taken to be a plain one: what its maker changed is not modelled',
  'smmu-registers': 'its SMMU is taken to have room for every ID: no log shows its registers',
  'soc-revision':
    'its IOMMU is taken to be one that Linux uses: the revision of the SoC is not shown',
  'tegra-groups': 'its software group is taken to be for it alone',
  'virtio-endpoints': 'its virtio-iommu is taken to know every endpoint: nothing shows them',
  'virtio-slot': 'the slot is taken to hold a virtio-iommu: nothing shows what is in it',
  'vmd-order': 'the VMDs are taken to have made their domains in the order of their functions',
  'vmd-unknown': 'taken to do its own DMA: nothing shows the function that made its domain',
};

/** The name of every assumption. */
export const assumptionNames: readonly string[] = Object.keys(assumptions);

/**
 * An assumption as an answer carries it: its name, a colon, and what is assumed.
 *
 * @param about the object, node or file that it is about, where there is one
 */
export function assume(name: Assumption, about: string | null = null): string {
  return `${name}: ${assumptions[name]}${about === null ? '' : ` (${about})`}`;
}
