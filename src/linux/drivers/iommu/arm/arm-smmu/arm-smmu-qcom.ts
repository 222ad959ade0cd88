import { compatibleOf, type FdtNode } from '../../../../../firmware/fdt/index.ts';

/** Which SMMUs are Qualcomm's to the driver, and which devices it leaves alone behind them. */
export interface QcomMatches {
  /** @linux drivers/iommu/arm/arm-smmu/arm-smmu-qcom.c qcom_smmu_impl_of_match */
  readonly smmus: readonly string[];
  /** @linux drivers/iommu/arm/arm-smmu/arm-smmu-qcom.c qcom_smmu_client_of_match */
  readonly clients: readonly string[];
}

export function matches(np: FdtNode | null, list: readonly string[]): boolean {
  return np !== null && compatibleOf(np).some((name) => list.includes(name));
}

const qcom = (...names: readonly string[]): readonly string[] =>
  names.map((name) => `qcom,${name}`);

/** In v6.1. */
export const qcomV6_1: QcomMatches = {
  smmus: [
    ...qcom('adreno-smmu', 'msm8998-smmu-v2', 'sdm630-smmu-v2'),
    ...qcom('qcm2290-smmu-500', 'sc7180-smmu-500', 'sc7280-smmu-500', 'sc8180x-smmu-500'),
    ...qcom('sc8280xp-smmu-500', 'sdm845-smmu-500', 'sm6125-smmu-500', 'sm6350-smmu-500'),
    ...qcom('sm6375-smmu-500', 'sm8150-smmu-500', 'sm8250-smmu-500', 'sm8350-smmu-500'),
    ...qcom('sm8450-smmu-500'),
  ],
  clients: [
    ...qcom('adreno', 'adreno-gmu', 'mdp4', 'mdss', 'sc7180-mdss', 'sc7180-mss-pil'),
    ...qcom('sc7280-mdss', 'sc7280-mss-pil', 'sc8180x-mdss', 'sm8250-mdss'),
    ...qcom('sdm845-mdss', 'sdm845-mss-pil'),
  ],
};

/** In v6.12; those between are taken to be the same. MSM8996 counts for its GPU only. */
export const qcomV6_12: QcomMatches = {
  smmus: [
    ...qcomV6_1.smmus,
    ...qcom('qdu1000-smmu-500', 'sc7180-smmu-v2', 'sdm670-smmu-v2', 'sdm845-smmu-v2'),
    ...qcom('sm6115-smmu-500', 'sm6350-smmu-v2', 'sm6375-smmu-v2', 'sm7150-smmu-v2', 'smmu-500'),
  ],
  clients: [
    ...qcomV6_1.clients,
    ...qcom('qcm2290-mdss', 'sc8280xp-mdss', 'sdm670-mdss', 'sm6115-mdss', 'sm6350-mdss'),
    ...qcom('sm6375-mdss', 'sm8150-mdss', 'sm8450-mdss', 'x1e80100-mdss'),
  ],
};

/** In v7.3. */
export const qcomV7_3: QcomMatches = {
  ...qcomV6_12,
  clients: [...qcomV6_12.clients, ...qcom('glymur-mdss', 'sar2130p-mdss')],
};
