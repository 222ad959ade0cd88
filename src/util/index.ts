export { assert, InternalError, present } from './assert.ts';
export { FormatError, type FormatProblem, UsageError } from './errors.ts';
export { groupBy } from './group.ts';
export { hex } from './hex.ts';
export { distance, hintFor, nearest, ranked } from './near.ts';
export { percentDecoded, percentEncoded } from './percent.ts';
export { FirstRange, type NumberRange } from './ranges.ts';
export { Sequence } from './sequence.ts';
export { clip, columnsOf, escapeText, few, fill, jsonPieces, jsonText, table } from './text.ts';
