import type { Context } from '../../machine/index.ts';
import { clip, escapeText } from '../../util/index.ts';

/**
 * The bytes of a table as a hexdump has them, or the cells of a property as a source has them, and below
 * them what is wrong.
 */
export function contextLines(context: Context, margin: string, width: number): string[] {
  const { start, values, unit, marked, isCut } = context;
  const isTable = unit === 1;
  const head = isTable ? `${start.toString(16).padStart(4, '0')}  ` : `${isCut ? '... ' : ''}<`;
  const words = values.map((value) =>
    isTable ? value.toString(16).padStart(2, '0') : `0x${value.toString(16)}`,
  );
  const [from, to] = marked;
  const before = head.length + words.slice(0, from).join(' ').length + (from > 0 ? 1 : 0);
  const wrong = words.slice(from, Math.max(to, from + 1)).join(' ');
  const line = `${head}${words.join(' ')}${isTable ? '' : `>${isCut ? ' ...' : ''}`}`;
  const name = nameOf(context);
  const marks = `${' '.repeat(before)}${'^'.repeat(wrong.length)}`;
  if (!isTable) return [line, marks].map((text) => clip(`${margin}${text}`, width));
  const isBeside = margin.length + marks.length + 1 + name.length <= width;
  const lines = isBeside ? [line, `${marks} ${name}`] : [line, marks, name];
  return lines.map((text) => clip(`${margin}${text}`.trimEnd(), width));
}

/** `output_reference of IORT ID mapping at 0x74`. */
function nameOf({ of, field }: Context): string {
  return escapeText(field === null ? of : `${field} of ${of}`);
}
