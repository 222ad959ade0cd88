// Changes of a devicetree, and what they are in its source.

import {
  type CellList,
  type FdtNode,
  positionIn,
  propertyKey,
  propertyOf,
  type SourceLines,
  type Span,
  type Written,
  writtenIn,
} from '../../../firmware/index.ts';
import { hex } from '../../../util/index.ts';
import type { SourceEdit } from '../../inspection.ts';

/** One change of one property. Cells are counted from 0. */
export type TreeEdit = { readonly node: FdtNode; readonly property: string } & (
  | { readonly does: 'add'; readonly value: number }
  | { readonly does: 'put'; readonly cell: number; readonly value: number }
  | { readonly does: 'leave-out'; readonly from: number; readonly to: number }
);

/** It in the source; null where that does not show how. */
export function sourceEdit(lines: SourceLines, edit: TreeEdit): SourceEdit | null {
  // A new property stands behind the one that says what the node is.
  const found = writtenOf(lines, edit.node, edit.does === 'add' ? 'compatible' : edit.property);
  const change = found === null ? null : changeOf(found.text, found.written, edit);
  if (found === null || change === null) return null;
  const { text, file } = found;
  const [from, to] = [positionIn(text, change.start), positionIn(text, change.end)];
  return { file, ...from, endLine: to.line, endColumn: to.column, text: change.text };
}

type Change = Span & { readonly text: string };

function changeOf(text: string, written: Written, edit: TreeEdit): Change | null {
  if (edit.does === 'add') return added(text, written, `${edit.property} = <${edit.value}>;`);
  const { lists } = written;
  if (lists === null) return null;
  if (edit.does === 'leave-out') return without(text, { ...written, lists }, edit);
  const span = lists.flatMap(({ cells }) => cells)[edit.cell];
  return span === undefined ? null : { ...span, text: hex(edit.value) };
}

/** On a line of its own, where the other has one. */
function added(text: string, written: Written, line: string): Change {
  const { start, end } = written;
  if (!isAlone(text, written)) return { start: end, end, text: ` ${line}` };
  const indent = text.slice(lineStart(text, start), start);
  const at = lineEnd(text, end);
  const ending = text.slice(end, at).endsWith('\r\n') ? '\r\n' : '\n';
  return { start: at, end: at, text: `${indent}${line}${ending}` };
}

type WrittenCells = Written & { readonly lists: readonly CellList[] };

/** What is left keeps its place; a list with nothing in it goes, and so does the property. */
function without(
  text: string,
  written: WrittenCells,
  { from, to }: { readonly from: number; readonly to: number },
): Change {
  const { lists } = written;
  const cells = lists.flatMap((list, at) => list.cells.map((cell) => ({ cell, list, at })));
  const before = cells.slice(0, from).at(-1);
  const after = cells[to];
  if (before === undefined && after === undefined) return wholeLines(text, written);
  if (before !== undefined && before.list === after?.list)
    return { start: before.cell.end, end: after.cell.start, text: ' ' };
  const closes = before !== undefined && before.cell !== before.list.cells.at(-1);
  const opens = after !== undefined && after.cell !== after.list.cells[0];
  const start = before === undefined ? lists[0]?.start : closes ? before.cell.end : before.list.end;
  const end = after === undefined ? lists.at(-1)?.end : opens ? after.cell.start : after.list.start;
  // The blanks before the list that stays.
  const comma = text.slice(lists[(after?.at ?? 0) - 1]?.end, after?.list.start);
  const between = before === undefined || after === undefined ? '' : opens ? ', ' : comma;
  return {
    start: start ?? written.start,
    end: end ?? written.end,
    text: `${closes ? '>' : ''}${between}${opens ? '<' : ''}`,
  };
}

/** A property without a trace. */
function wholeLines(text: string, written: Written): Change {
  const { start, end } = written;
  if (!isAlone(text, written)) return { start, end, text: '' };
  return { start: lineStart(text, start), end: lineEnd(text, end), text: '' };
}

/** Whether nothing but blanks is beside it, and its last line ends. */
function isAlone(text: string, { start, end }: Span): boolean {
  const beside = text.slice(lineStart(text, start), start) + text.slice(end, lineEnd(text, end));
  return /^\s*$/.test(beside) && beside.endsWith('\n');
}

/** A property in the text of its source. */
function writtenOf(
  { texts, properties }: SourceLines,
  node: FdtNode,
  name: string,
): { readonly text: string; readonly file: string; readonly written: Written } | null {
  const property = propertyOf(node, name);
  const place = properties.get(propertyKey(node.path, name));
  const text = place === undefined ? undefined : texts?.get(place.file);
  if (property === undefined || place === undefined || text === undefined) return null;
  const written = writtenIn(text, place, property);
  return written === null ? null : { text, file: place.file, written };
}

/** Where a line begins. */
function lineStart(text: string, at: number): number {
  return text.lastIndexOf('\n', at - 1) + 1;
}

/** Behind the line. */
function lineEnd(text: string, at: number): number {
  const end = text.indexOf('\n', at);
  return end < 0 ? text.length : end + 1;
}
