export { isCut, notesOf, type ProgramOptions, programOf } from './c/program.ts';
export { decodeTokenC, encodeTokenC, isTokenC, type ReplayableC } from './c/token.ts';
export type * from './ir/instruction.ts';
export { Metadata, type MetadataNode, type MetadataValue } from './ir/metadata.ts';
export { type Alias, type GlobalVariable, Module } from './ir/module.ts';
export { type Type, typeText } from './ir/type.ts';
export type * from './ir/value.ts';
export { type DebugType, fieldByPath, sizeOf } from './layout/debug.ts';
export { type MemoryCell, MemoryLock, MemoryState } from './memory/cells.ts';
export {
  FunctionObject,
  PrivateMemory,
  SharedMemory,
  Variable,
} from './memory/objects.ts';
export { Pointer, type RuntimeValue, type Scalar, undef } from './memory/value.ts';
export { Compiled, type Environment, type External, Machine } from './run/thread/machine.ts';
export { Thread } from './run/thread/thread.ts';
export { big, binary, canonical, isSame } from './run/values/arithmetic.ts';
export { Linked } from './run/values/linked.ts';
