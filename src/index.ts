// The public interface of the package `fwspec`. The explorer alone is `fwspec/explore`, the readers
// of firmware alone are `fwspec/firmware`.

export {
  type Bug,
  Explorer,
  explore,
  type Outcome,
  replay,
  type TraceStep,
} from './explore/index.ts';
export { type Fdt, parseFdt } from './firmware/index.ts';
export { apply, type Design, defaultKconfig, type Kconfig, type Patch } from './linux/index.ts';
export {
  type Inspection,
  inspect,
  type Machine,
  machineFromDevicetree,
  type Shape,
  shapesOf,
} from './machine/index.ts';
export { exploreJson, exploreText, inspectJson, inspectText, lanes } from './report/index.ts';
export {
  builtinShape,
  decodeToken,
  encodeToken,
  programOf,
  type Scenario,
  scenarios,
} from './scenarios/index.ts';
export { designOf, kernels } from './series/index.ts';
export { FormatError, UsageError } from './util/index.ts';
