import type { IortNode, ViotIommu } from '../../../firmware/acpi/index.ts';
import { compatibleOf, type FdtNode, propertyOf } from '../../../firmware/fdt/index.ts';
import type { Design, DriverName } from '../../design.ts';
import type { Kconfig } from '../../kconfig.ts';
import { amd_iommu_driver } from './amd/iommu.ts';
import { dart } from './apple-dart.ts';
import { arm_smmu } from './arm/arm-smmu/arm-smmu.ts';
import { qcom_iommu } from './arm/arm-smmu/qcom_iommu.ts';
import { arm_smmu_v3 } from './arm/arm-smmu-v3/arm-smmu-v3.ts';
import type { IommuDriver, IommuTable } from './common/driver.ts';
import { exynos_sysmmu } from './exynos-iommu.ts';
import { intel_iommu } from './intel/iommu.ts';
import { ipmmu_vmsa } from './ipmmu-vmsa.ts';
import { msm } from './msm_iommu.ts';
import { mtk_iommu } from './mtk_iommu.ts';
import { mtk_v1 } from './mtk_iommu_v1.ts';
import { omap_iommu } from './omap-iommu.ts';
import { riscv_iommu } from './riscv/iommu.ts';
import { rockchip_iommu } from './rockchip-iommu.ts';
import { s390_iommu } from './s390-iommu.ts';
import { sprd_iommu } from './sprd-iommu.ts';
import { sun50i_iommu } from './sun50i-iommu.ts';
import { tegra } from './tegra-smmu.ts';
import { virtio_iommu } from './virtio-iommu.ts';
import { vsi_iommu } from './vsi-iommu.ts';

/** All IOMMU drivers, in the order of their initcalls, which within a level is the link order. */
export const iommuDrivers: readonly IommuDriver[] = [
  exynos_sysmmu, // core_initcall
  tegra, // arch_initcall
  omap_iommu, // subsys_initcall
  s390_iommu, // subsys_initcall_sync
  amd_iommu_driver, // rootfs_initcall
  intel_iommu,
  qcom_iommu, // device_initcall, and so on to the end
  arm_smmu,
  arm_smmu_v3,
  riscv_iommu,
  ipmmu_vmsa,
  msm,
  mtk_iommu,
  mtk_v1,
  rockchip_iommu,
  sun50i_iommu,
  virtio_iommu,
  sprd_iommu,
  dart,
  vsi_iommu,
];

/** What the drivers of a kernel depend on. */
export interface Build {
  readonly design: Design;
  readonly config: Kconfig;
}

/** The driver of a kernel for which a condition holds, or null. */
function driverOf(
  { design, config }: Build,
  binds: (driver: IommuDriver) => boolean,
): IommuDriver | null {
  const isBuilt = ({ name, config: option }: IommuDriver): boolean =>
    config[option] === true && design.drivers[name] !== undefined;
  return iommuDrivers.find((driver) => isBuilt(driver) && binds(driver)) ?? null;
}

/** The driver that binds to the device of an IOMMU node in an ACPI table, or null. */
export function iommuDriverOfTable(
  { type }: IortNode | ViotIommu,
  build: Build,
): IommuDriver | null {
  return driverOf(build, ({ acpi }) => acpi?.nodes.includes(type) === true);
}

/** The driver of the units that a table lists without making devices of them, or null. */
export function iommuDriverOfUnits(table: IommuTable, build: Build): IommuDriver | null {
  return driverOf(build, ({ acpi }) => acpi?.table === table);
}

/** What any of them binds to. */
const compatibles = new Set(iommuDrivers.flatMap(({ compatible }) => compatible));

/** Whether any of them, of any kernel, may bind to a devicetree node. */
export function isOfIommu(np: FdtNode): boolean {
  return compatibleOf(np).some((name) => compatibles.has(name));
}

/** The driver that binds to a devicetree node as an IOMMU, or null. */
export function iommuDriverOf(np: FdtNode, build: Build): IommuDriver | null {
  const names = compatibleOf(np);
  if (!names.some((name) => compatibles.has(name))) return null;
  const cells = propertyOf(np, '#iommu-cells') !== undefined;
  return driverOf(
    build,
    ({ kind, name: driver, compatible, needsIommuCells }) =>
      kind !== 'bus-probe' &&
      (cells || needsIommuCells !== true) &&
      compatible.some((name) => names.includes(name) && isKnown(build.design, driver, name)),
  );
}

/** The driver of a kernel has learnt of this compatible string. */
export function isKnown({ drivers }: Design, driver: DriverName, compatible: string): boolean {
  return drivers[driver]?.not_for?.includes(compatible) !== true;
}
