export {
  type PciAcs,
  type PciCapability,
  type PciConfig,
  type PciExpress,
  type PciExtendedCapability,
  type PciSriov,
  parsePciConfig,
} from './config.ts';
export { parseLspci } from './lspci.ts';
