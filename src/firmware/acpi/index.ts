export type { AmlReference, AmlValue } from './aml/data.ts';
export { osiFeatures, osiSystems } from './aml/os.ts';
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
} from './dmar.ts';
export { type Line, parseRow as parseDumpRow } from './dump-row.ts';
export { dumpsIn, isAcpi, isTable } from './input.ts';
export { iortNodeAt, parseIort } from './iort.ts';
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
} from './iort-types.ts';
export { type Ivhd, type Ivmd, type Ivrs, parseIvrs } from './ivrs.ts';
export type { IvhdEntry, IvhdSpecial } from './ivrs-entries.ts';
export { type MadtEntry, madtEntries } from './madt.ts';
export { type Mcfg, type McfgAllocation, parseMcfg } from './mcfg.ts';
export { type AcpiDevice, type AcpiNamespace, readNamespace } from './namespace.ts';
export { type Acpi, type AcpiFile, readAcpi } from './read.ts';
export type { Sdt, SdtHeader } from './table.ts';
export {
  parseViot,
  type Viot,
  type ViotIommu,
  type ViotMmioEndpoint,
  type ViotNode,
  type ViotPciRange,
  type ViotVirtioIommuMmio,
  type ViotVirtioIommuPci,
} from './viot.ts';
