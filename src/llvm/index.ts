export { notesOf, programOf } from './c/program.ts';
export { decodeTokenC, encodeTokenC, isTokenC, type ReplayableC } from './c/token.ts';
export type * from './ir/instruction.ts';
export { Metadata, type MetadataNode, type MetadataValue } from './ir/metadata.ts';
export { type Alias, type GlobalVariable, Module } from './ir/module.ts';
export { type Type, typeText } from './ir/type.ts';
export type * from './ir/value.ts';
