export {
  type DmaRange,
  type DmaRangeEntry,
  dmaCellsOf,
  dmaRangeOf,
  dmaRangesOf,
  type RegEntry,
  regOf,
  translateAddress,
} from './addresses.ts';
export {
  lineOf,
  parseAnnotated,
  propertyKey,
  type SourceLine,
  type SourceLines,
} from './annotated.ts';
export { flattenFdt, type LooseNode } from './flatten.ts';
export { fdt_header } from './header.ts';
export { parseFdt } from './parse.ts';
export {
  baseName,
  cells,
  compatibleOf,
  isAvailable,
  nodesOf,
  propertyOf,
  stringList,
  stringsOf,
  stringValue,
  u32,
  u32Of,
  wholeCells,
} from './properties.ts';
export { type MapEntry, mapEntries, type SpecifierEntry, specifiers } from './specifiers.ts';
export type { Fdt, FdtHeader, FdtNode, FdtProperty, FdtReservation } from './types.ts';
export { type CellList, positionIn, type Span, type Written, writtenIn } from './written.ts';
