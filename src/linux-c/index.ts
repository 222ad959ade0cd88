export { type LinuxShape, lacks, linuxFirmwares } from './scenario/shape.ts';
export {
  driverCoreFiles,
  type LinuxOptions,
  type LinuxScenario,
  linuxScenarios,
} from './scenarios.ts';
export { Structs } from './structs.ts';
export {
  decodeTokenLinux,
  encodeTokenLinux,
  isTokenLinux,
  type ReplayableLinux,
} from './token.ts';
export { Kernel, Platform } from './world/index.ts';
