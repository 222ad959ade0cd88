import {
  lineOf,
  positionIn,
  propertyKey,
  propertyOf,
  type SourceLine,
  type SourceLines,
  writtenIn,
} from '../../firmware/index.ts';
import type { Finding } from '../inspection.ts';
import { fixOf } from './fixes/fixes.ts';
import { sourceEdit } from './fixes/tree-edit.ts';
import type { Judged } from './judged.ts';
import { nodeAt } from './node-at.ts';

/** The finding with the place in the source that it is about, and what to write there where that is clear. */
export function inSource(lines: SourceLines, judged: Judged, finding: Finding): Finding {
  const place = cellOf(lines, judged, finding) ?? lineOf(lines, finding.node, finding.property);
  const edit = fixOf(judged, finding);
  const change = edit === null ? null : sourceEdit(lines, edit);
  return {
    ...finding,
    ...(place === null ? {} : place),
    ...(change === null ? {} : { fix: [change] }),
  };
}

/** A cell that is not the first of its property, where the source shows it. */
function cellOf(
  { texts, properties }: SourceLines,
  { fdt }: Judged,
  { node: path, property: name, offset }: Finding,
): SourceLine | null {
  if (name === null || offset === null) return null;
  const node = nodeAt(fdt.root, path);
  const property = node === null ? undefined : propertyOf(node, name);
  const place = properties.get(propertyKey(path, name));
  const text = place === undefined ? undefined : texts?.get(place.file);
  if (property === undefined || place === undefined || text === undefined) return null;
  const cell = (offset - property.offset) / 4;
  const lists = cell <= 0 ? null : writtenIn(text, place, property)?.lists;
  const span = lists?.flatMap(({ cells }) => cells)[cell];
  return span === undefined ? null : { file: place.file, ...positionIn(text, span.start) };
}
