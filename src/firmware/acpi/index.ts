export { osiFeatures, osiSystems } from './aml/os.ts';
export type { AmlReference, AmlValue } from './aml/run/data.ts';
export {
  type AcpiMemory,
  compatibleIds,
  dependenciesOf,
  devicePropertyOf,
  hardwareId,
  memoryOf,
  numberOf,
  uniqueId,
} from './device.ts';
export { type Line, parseRow as parseDumpRow } from './dump/row.ts';
export { type FieldAt, fieldAt } from './field-at.ts';
export { dumpsIn, isAcpi, isTable } from './input.ts';
export { type AcpiDevice, type AcpiNamespace, readNamespace } from './namespace.ts';
export { type Acpi, type AcpiFile, readAcpi } from './read.ts';
export type { Sdt, SdtHeader } from './table.ts';
export {
  type Dmar,
  type DmarAndd,
  type DmarAtsr,
  type DmarDrhd,
  type DmarPathEntry,
  type DmarRhsa,
  type DmarRmrr,
  type DmarSatc,
  type DmarScope,
  type DmarSidp,
  type DmarStructure,
  parseDmar,
} from './tables/dmar.ts';
export { iortNodeAt, parseIort } from './tables/iort.ts';
export {
  ACPI_IORT_ID_SINGLE_MAPPING,
  type Iort,
  type IortIdMapping,
  type IortInterrupt,
  type IortItsGroup,
  type IortIwb,
  type IortMemoryAccess,
  type IortMemoryRange,
  type IortNamedComponent,
  type IortNode,
  type IortPmcg,
  type IortRmr,
  type IortRootComplex,
  type IortSmmu,
  type IortSmmuV3,
} from './tables/iort-types.ts';
export { type Ivhd, type Ivmd, type Ivrs, parseIvrs } from './tables/ivrs.ts';
export type { IvhdEntry, IvhdSpecial } from './tables/ivrs-entries.ts';
export { type MadtEntry, madtEntries } from './tables/madt.ts';
export { type Mcfg, type McfgAllocation, parseMcfg } from './tables/mcfg.ts';
export { sratDomains } from './tables/srat.ts';
export {
  parseViot,
  type Viot,
  type ViotIommu,
  type ViotMmioEndpoint,
  type ViotNode,
  type ViotPciRange,
  type ViotVirtioIommuMmio,
  type ViotVirtioIommuPci,
} from './tables/viot.ts';
