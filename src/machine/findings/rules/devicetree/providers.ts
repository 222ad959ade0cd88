import type { Rule } from '../rule.ts';
import { block, gic, master, smmu2, smmu2Alone, smmu3 } from './trees.ts';

const off = 'status = "disabled";';

function ipmmu(name: string, ...lines: readonly string[]): string {
  const at = { main: 'e67b0000', ds: 'e6740000' }[name] ?? 'e7730000';
  return block(
    `ipmmu_${name}: iommu@${at}`,
    'compatible = "renesas,ipmmu-r8a7795";',
    `reg = <0 0x${at} 0 0x1000>;`,
    '#iommu-cells = <1>;',
    ...lines,
  );
}

function clock(...lines: readonly string[]): string {
  return block(
    'clk: clock-controller@30000000',
    'compatible = "vendor,clock";',
    'reg = <0 0x30000000 0 0x1000>;',
    '#clock-cells = <0>;',
    ...lines,
  );
}

function rockchip(...lines: readonly string[]): string {
  return block(
    'mmu: iommu@10000000',
    'compatible = "rockchip,iommu";',
    'reg = <0 0x10000000 0 0x100>;',
    ...lines,
  );
}

function oneUnitTwice(second: string): string {
  return smmu3() + smmu3('smmu_b') + master('dma', `<&smmu 5>, <&${second} 6>`);
}

const clocked = ['#iommu-cells = <1>;', 'clocks = <&clk>;'];

const r8a7795 = 'compatible = "renesas,r8a7795";';

/** Rules about the IOMMUs that are named. */
export const providerRules: readonly Rule[] = [
  {
    name: 'cells-driver',
    severity: 'error',
    about: '#iommu-cells is what the driver of the IOMMU reads',
    linux:
      'Linux reads the list by #iommu-cells, and the driver takes the cells that it knows: with another count it refuses the device, as mtk_iommu with "invalid #iommu-cells", or takes a wrong ID.',
    fix: 'Write the #iommu-cells of the binding, and as many cells at each user of the IOMMU.',
    example: {
      bad: rockchip('#iommu-cells = <1>;') + master('dma', '<&mmu 0>'),
      good: rockchip('#iommu-cells = <0>;') + master('dma', '<&mmu>'),
    },
  },
  {
    name: 'iommu-cycle',
    severity: 'warning',
    about: 'what an IOMMU waits for is not behind that IOMMU',
    linux:
      'The supplier waits for its IOMMU, and the IOMMU for its supplier. Only the deferral time-out ends that, with devices that run without translation: iommus is an optional link to fw_devlink, which does not see the circle.',
    fix: 'Leave iommus out at what the IOMMU itself needs.',
    example: {
      bad: smmu2(...clocked) + clock('iommus = <&smmu 7>;'),
      good: smmu2(...clocked) + clock(),
    },
  },
  {
    name: 'iommu-disabled',
    severity: 'note',
    about: 'an IOMMU that an enabled device names is not disabled',
    linux:
      'Linux answers -ENODEV for an IOMMU that is disabled: the device works without translation, and no message above dev_dbg() says so. Where it is a later entry of the list, the IOMMUs before it are lost as well.',
    fix: 'Enable the IOMMU, or leave it to the boot loader, if that is what switches it on.',
    example: {
      bad: smmu3('smmu', off) + master('dma', '<&smmu 5>'),
      good: smmu3() + master('dma', '<&smmu 5>'),
    },
  },
  {
    name: 'iommu-disabled-dev',
    severity: 'note',
    about: 'an IOMMU that a disabled device names is not disabled',
    linux:
      'Nothing happens, as nobody probes the device. Once it is enabled alone it works without translation.',
    fix: 'Enable the IOMMU together with the device.',
    example: {
      bad: smmu3('smmu', off) + master('dma', '<&smmu 5>', off),
      good: smmu3() + master('dma', '<&smmu 5>', off),
    },
  },
  {
    name: 'iommu-mixed-drivers',
    severity: 'error',
    about: 'all IOMMUs of one device belong to one driver',
    linux:
      'A device has one fwspec, of one driver: iommu_fwspec_init() answers -EINVAL for the second, and the device has no IOMMU at all.',
    fix: 'Name IOMMUs of one kind at each device.',
    example: {
      bad: smmu3('smmu_b') + smmu2('#iommu-cells = <1>;') + master('dma', '<&smmu_b 5>, <&smmu 6>'),
      good:
        smmu3('smmu_b') + smmu2('#iommu-cells = <1>;') + master('dma', '<&smmu_b 5>, <&smmu_b 6>'),
    },
  },
  {
    name: 'iommu-multi-instance',
    severity: 'error',
    about: 'a device names one instance, unless the driver supports several',
    linux:
      'The fwspec keeps the first instance, and the IDs of the second are added to those of the first, without a message: the device is known there by IDs that are others’, and its DMA by way of the second is not translated.',
    fix: 'Name one IOMMU at each device, or describe the other part as a device of its own.',
    example: { bad: oneUnitTwice('smmu_b'), good: oneUnitTwice('smmu') },
  },
  {
    name: 'iommu-no-driver',
    severity: 'warning',
    about: 'a driver of the model binds to every IOMMU that is named',
    linux:
      'The devices that name it wait, until after 10 seconds the kernel says "deferred probe timeout, ignoring dependency". Then they work without translation.',
    fix: 'Choose a kernel that has a driver for the IOMMU and in which it is enabled, or correct compatible.',
    example: {
      bad:
        block(
          'mmu: iommu@10000000',
          'compatible = "vendor,unknown-mmu";',
          'reg = <0 0x10000000 0 0x1000>;',
          '#iommu-cells = <0>;',
        ) + master('dma', '<&mmu>'),
      good: rockchip('#iommu-cells = <0>;') + master('dma', '<&mmu>'),
    },
  },
  {
    name: 'iommu-not-registered',
    severity: 'warning',
    about: 'every IOMMU that has a driver registers',
    linux:
      'The probe of the driver ends in an error, and the devices behind the IOMMU wait for it until the deferral time-out. Then they work without translation.',
    fix: 'Compare the node with the binding of its driver: reg, interrupts, clocks, cells.',
    example: {
      bad: smmu3('smmu', 'iommus = <&smmu_b 1>;') + smmu3('smmu_b'),
      good: smmu3() + smmu3('smmu_b'),
    },
  },
  {
    name: 'iommu-self',
    severity: 'error',
    about: 'an IOMMU does not name itself',
    linux:
      'Its probe waits for itself, and so do all devices behind it, until the deferral time-out.',
    fix: 'Leave the entry out.',
    example: { bad: smmu3('smmu', 'iommus = <&smmu 5>;'), good: smmu3() },
  },
  {
    name: 'iommu-supplier',
    severity: 'warning',
    about: 'what supplies an IOMMU with clocks, power and interrupts is enabled and comes up',
    linux:
      'The IOMMU defers its probe as long as a supplier is missing, and everybody behind it with it. After the deferral time-out they work without translation; one behind a power domain that never comes ends in -ETIMEDOUT.',
    fix: 'Enable the supplier, and build its driver into the kernel or load it early.',
    example: {
      bad: smmu2(...clocked) + clock(off),
      good: smmu2(...clocked) + clock(),
    },
  },
  {
    name: 'ipmmu-allowlist',
    severity: 'warning',
    about: 'the driver of an IPMMU serves the devices that name it',
    linux:
      'On R-Car Gen3 and RZ/G2, ipmmu-vmsa serves PCI functions and the devices that a list in the driver has; on some SoCs none. All others get -ENODEV and work without translation, without a message.',
    fix: 'Do not count on the IOMMU for such a device, or have it added to the list in the driver.',
    example: {
      bad:
        r8a7795 +
        ipmmu('main') +
        ipmmu('ds', 'renesas,ipmmu-main = <&ipmmu_main 0>;') +
        master('dma', '<&ipmmu_ds 1>'),
      good:
        r8a7795 +
        ipmmu('main') +
        ipmmu('ds', 'renesas,ipmmu-main = <&ipmmu_main 0>;') +
        block(
          'mmc@ee100000',
          'compatible = "renesas,sdhi-r8a7795", "renesas,rcar-gen3-sdhi";',
          'reg = <0 0xee100000 0 0x2000>;',
          'iommus = <&ipmmu_ds 32>;',
        ),
    },
  },
  {
    name: 'ipmmu-main',
    severity: 'note',
    about: 'an IPMMU that no device names hands on to a main unit, or is it',
    linux:
      'ipmmu-vmsa takes a unit without renesas,ipmmu-main for the main one, which translates for all others. That nobody names it is no mistake; of a unit that is not the main one it is.',
    fix: 'Leave the main unit as it is, and give any other renesas,ipmmu-main.',
    example: {
      bad: ipmmu('main') + ipmmu('rt') + master('dma', '<&ipmmu_main 1>'),
      good:
        ipmmu('main') +
        ipmmu('rt', 'renesas,ipmmu-main = <&ipmmu_main 0>;') +
        master('dma', '<&ipmmu_main 1>'),
    },
  },
  {
    name: 'qcom-identity',
    severity: 'note',
    about: 'a device behind an SMMU of Qualcomm gets a domain that translates',
    linux:
      'For GPUs, display subsystems and modems arm-smmu asks for an identity domain: what the boot loader has set up goes on working, and their drivers make translated domains themselves. Who expects translation by default is mistaken.',
    fix: 'Leave it so; what counts is the domain that the driver of the device makes.',
    example: {
      bad: qcom('qcom,sdm845-mdss'),
      good: qcom('vendor,dma'),
    },
  },
];

function qcom(client: string): string {
  return (
    gic +
    smmu2Alone('#iommu-cells = <1>;').replace(
      '"arm,smmu-v2"',
      '"qcom,sdm845-smmu-500", "arm,mmu-500"',
    ) +
    master('dma', '<&smmu 5>').replace('vendor,dma', client)
  );
}
