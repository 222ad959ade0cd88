export type { BootOptions } from './boot/boot.ts';
export { type Bindings, type Built, bindingsOf, buildKernel } from './boot/build.ts';
export { type EndState, endStateOf } from './boot/end-state.ts';
export {
  assumedKernel,
  asTold,
  type KernelOptions,
  kconfigFor,
} from './boot/kconfig.ts';
export { kconfigIn, kconfigWords } from './boot/kconfig-words.ts';
export {
  asTraced,
  type Returned,
  type TracedFunction,
  tracedFunctions,
} from './boot/record/calls.ts';
export type { Aside } from './capture/afterwards.ts';
export { type Answers, answersIn, captureOf } from './capture/answers.ts';
export { asAsked, asCaptured, type CapturedBoot } from './capture/as-captured.ts';
export {
  type Capture,
  type CapturedDevice,
  parseCapture,
  type WholeCapture,
} from './capture/capture.ts';
export { groupsListed } from './capture/listing.ts';
export { isLogLine } from './capture/log.ts';
export type { TracedCall } from './capture/trace.ts';
export {
  type Disagreement,
  type FieldCount,
  type SetAside,
  type Verification,
  type VerifyField,
  verify,
} from './capture/verify.ts';
export { joinedAfterwards, wasGivenUp } from './capture/waiting.ts';
export { type Explainer, explain, explainerOf } from './explain/explain.ts';
export type { ExplainStep, Explanation, TraceLine } from './explain/explanation.ts';
export {
  type PartAt,
  partAt,
  type Reading,
  type Readings,
  readingsOf,
  sourceOf,
} from './explain/readings.ts';
export { truncatedFinding } from './findings/acpi/tables.ts';
export { type Context, contextOf } from './findings/context.ts';
export { groupFindings } from './findings/grouped.ts';
export { lint, lintNodes } from './findings/lint.ts';
export type { Edit, EditedExample, Example, TreeExample } from './findings/rules/example.ts';
export { exampleFiles } from './findings/rules/example-files.ts';
export type { Rule } from './findings/rules/rule.ts';
export { pageOf, type RuleFamily, ruleFamilies, rules, rulesFor } from './findings/rules/rules.ts';
export { machineFromAcpi } from './firmware/acpi/acpi.ts';
export { type AssumedIommu, assumedIommus } from './firmware/assumed-tables.ts';
export { bootargsOf, machineFromDevicetree } from './firmware/devicetree.ts';
export { machineFromFunctions, withShortDumps } from './firmware/functions.ts';
export {
  type Company,
  companyOf,
  type GroupMember,
  type GroupsReport,
  type GroupView,
  groupsOf,
  type NamedDevice,
  type Names,
  type UngroupedDevice,
} from './groups/groups.ts';
export type { Passthrough } from './groups/passthrough.ts';
export { inspect } from './inspect/inspect.ts';
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
  Kills,
  Severity,
} from './inspection.ts';
export type {
  HostBridge,
  Machine,
  MachineDevice,
  PciFunction,
  Source,
  Sources,
  Titles,
} from './machine.ts';
export { deviceNamed, devicesNamed } from './naming/naming.ts';
export { type Besides, machineOfShape, type ShapeMachine } from './shape/machine.ts';
export { type Member, membersOf } from './shape/members.ts';
export {
  mostOfAnything,
  type Shape,
  type ShapeBus,
  type ShapeGroup,
  type ShapeIommu,
  type ShapeSpecifier,
  shapeBuses,
  shapeKey,
  shapesByDevice,
  shapesOf,
} from './shape/shape.ts';
export { allTables, describes, isTables, type Tables } from './shape/tables.ts';
export { shapeText } from './shape/text.ts';
export { hasUnits } from './shape/units.ts';
