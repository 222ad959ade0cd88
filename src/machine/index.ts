export { machineFromAcpi } from './acpi.ts';
export { asCaptured } from './as-captured.ts';
export type { BootOptions } from './boot.ts';
export { type Bindings, type Built, bindingsOf, buildKernel } from './build.ts';
export { type Capture, type CapturedDevice, parseCapture } from './capture.ts';
export { bootargsOf, machineFromDevicetree } from './devicetree.ts';
export { type EndState, endStateOf } from './end-state.ts';
export { explain } from './explain.ts';
export type { ExplainStep, Explanation, TraceLine } from './explanation.ts';
export { inspect } from './inspect.ts';
export type {
  DeviceOutcome,
  DomainName,
  Finding,
  InspectedDevice,
  InspectedGroup,
  InspectedId,
  InspectedIommu,
  Inspection,
  IommuState,
  Severity,
} from './inspection.ts';
export { type KernelOptions, kconfigFor } from './kconfig.ts';
export type {
  HostBridge,
  Machine,
  MachineDevice,
  PciFunction,
  Source,
  Sources,
} from './machine.ts';
export { type Rule, rules } from './rules.ts';
export {
  type Shape,
  type ShapeGroup,
  type ShapeIommu,
  type ShapeSpecifier,
  shapeKey,
  shapesOf,
} from './shape.ts';
export { type Besides, machineOfShape, type ShapeMachine } from './shape-machine.ts';
export { hasUnits } from './shape-units.ts';
export {
  type Disagreement,
  type FieldCount,
  type Verification,
  type VerifyField,
  verify,
} from './verify.ts';
