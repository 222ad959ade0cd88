export type {
  PciAcs,
  PciCapability,
  PciConfig,
  PciExpress,
  PciExtendedCapability,
  PciSriov,
} from './config.ts';
