export { classNameOf } from './classes.ts';
export {
  type PciAcs,
  type PciCapability,
  type PciConfig,
  type PciExpress,
  type PciExtendedCapability,
  type PciSriov,
  parsePciConfig,
} from './config.ts';
export { type PciIds, parsePciIds, titleOf } from './ids.ts';
export { isLspci, type LspciTitle, lspciTitles, parseLspci } from './lspci.ts';
