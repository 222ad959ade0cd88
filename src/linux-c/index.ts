export {
  driverCoreFiles,
  type LinuxOptions,
  type LinuxScenario,
  linuxScenarios,
} from './scenarios.ts';
export { Structs } from './structs.ts';
export { Kernel, Platform } from './world/index.ts';
