// Devices that firmware has set up behind a Qualcomm SMMU are left alone.
import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../../src/linux/index.ts';
import { inspect } from '../../../../src/machine/index.ts';
import { designOf } from '../../../../src/series/index.ts';
import { be32, node, prop } from '../../../firmware/fdt-builder.ts';
import { compatible, interrupts, machineOf, phandle, reg64 } from '../../../machine/trees.ts';

/** The default domain of a client behind an SMMU, by their compatible strings. */
function domainOf(kernel: string, smmu: readonly string[], client: string): string | null {
  const machine = machineOf([
    node('iommu@1000', [
      compatible(...smmu),
      reg64(0x1000),
      phandle(1),
      prop('#iommu-cells', be32(2)),
      ...interrupts(1),
    ]),
    node('dev@2000', [compatible(client), reg64(0x2000), prop('iommus', be32(1, 0x800, 0x2))]),
  ]);
  return inspect(machine, designOf(kernel), defaultKconfig).devices.at(-1)?.domain ?? null;
}

const sdm845 = ['qcom,sdm845-smmu-500', 'arm,mmu-500'];
const sm6115 = ['qcom,sm6115-smmu-500', 'qcom,smmu-500', 'arm,mmu-500'];
const msm8996 = ['qcom,msm8996-smmu-v2', 'qcom,smmu-v2'];

test.each<[string, readonly string[], string, string]>([
  ['v6.1', sdm845, 'qcom,sdm845-mdss', 'identity'],
  ['v6.1', sdm845, 'qcom,sdhci-msm-v5', 'DMA'],
  ['v6.1', ['arm,mmu-500'], 'qcom,sdm845-mdss', 'DMA'],
  ['v6.1', sm6115, 'qcom,mdss', 'DMA'],
  ['v6.12', sm6115, 'qcom,mdss', 'identity'],
  ['v6.1', sdm845, 'qcom,sm6115-mdss', 'DMA'],
  ['v6.12', sdm845, 'qcom,sm6115-mdss', 'identity'],
  ['v6.12', sdm845, 'qcom,glymur-mdss', 'DMA'],
  ['v7.3', sdm845, 'qcom,glymur-mdss', 'identity'],
  ['v7.3', msm8996, 'qcom,mdp4', 'DMA'],
  ['v7.3', ['qcom,adreno-smmu', ...msm8996], 'qcom,adreno', 'identity'],
])('%s: behind %j %s has a domain of type %s', (kernel, smmu, client, domain) => {
  expect(domainOf(kernel, smmu, client)).toBe(domain);
});
