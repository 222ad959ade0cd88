// Where the cells of a property are in its source. The compiler has said which line and column, or line at
// least, the property begins at; what is found here is held against what it made of it.

import type { SourceLine } from './annotated.ts';
import type { FdtProperty } from './types.ts';

/** A part of a text: the first character, and the first behind it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A property in a source, from its name to the semicolon. */
export interface Written extends Span {
  /**
   * From each `<` to its `>`, and the cells between: together they are the value. Null where the value is
   * something else, or has cells that only the compiler can count, as where a macro stands for several.
   */
  readonly lists: readonly CellList[] | null;
}

export interface CellList extends Span {
  readonly cells: readonly Span[];
}

/** The property in the text of its source; null where that does not have it. */
export function writtenIn(
  text: string,
  { line }: Pick<SourceLine, 'line'>,
  { name, value }: Pick<FdtProperty, 'name' | 'value'>,
): Written | null {
  const [from, to] = lineAt(text, line);
  let first: Written | null = null;
  for (const { index } of text.slice(from, to).matchAll(nameOf(name))) {
    const start = from + index;
    const end = endFrom(text, start + name.length);
    if (end === null) continue;
    const lists = listsFrom(text, start + name.length);
    const cells = lists?.flatMap((list) => list.cells) ?? [];
    if (lists !== null && areValue(text, cells, value)) return { start, end, lists };
    first ??= { start, end, lists: null };
  }
  return first;
}

/** The line and the column of a character, from 1. */
export function positionIn(
  text: string,
  at: number,
): { readonly line: number; readonly column: number } {
  const before = text.slice(0, at);
  const start = before.lastIndexOf('\n') + 1;
  return { line: before.split('\n').length, column: [...before.slice(start)].length + 1 };
}

/** Where the line begins and ends, which is counted from 1. */
function lineAt(text: string, line: number): readonly [from: number, to: number] {
  let from = 0;
  for (let i = 1; i < line; i++) {
    const next = text.indexOf('\n', from);
    if (next < 0) return [text.length, text.length];
    from = next + 1;
  }
  const to = text.indexOf('\n', from);
  return [from, to < 0 ? text.length : to];
}

function nameOf(name: string): RegExp {
  return new RegExp(`(?<![\\w,.+*#?@-])${escaped(name)}(?=\\s*(?:[=;]|/[/*]|$))`, 'g');
}

function escaped(name: string): string {
  return name.replaceAll(
    /[^\w]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

const blanks = /(?:\s+|\/\*[\s\S]*?\*\/|\/\/.*)*/y;
/** A number, a label, a name, a macro with what it is given, or an expression, whose end is to be found. */
const word = /(?:&\{[^}]*\}|&?[\w.]+)/y;

const quoted = /"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])+'/y;

/** Behind the semicolon of a property whose name ends here; null where there is none. */
function endFrom(text: string, start: number): number | null {
  for (let at = start; ; ) {
    at = behind(blanks, text, at);
    const char = text[at];
    if (char === ';') return at + 1;
    if (char === undefined || char === '{' || char === '}') return null;
    const end = behind(quoted, text, behind(word, text, at));
    at = end > at ? end : at + 1;
  }
}

/** What stands behind the name; null where it is something else than cells. */
function listsFrom(text: string, start: number): CellList[] | null {
  const lists: CellList[] = [];
  let at = behind(blanks, text, start);
  if (text[at] === ';') return lists;
  for (let sign = '='; text[at] === sign; sign = ',') {
    const first = behind(blanks, text, at + 1);
    if (text[first] !== '<') return null;
    const cells: Span[] = [];
    at = behind(blanks, text, first + 1);
    while (text[at] !== '>') {
      const end = cellEnd(text, at);
      if (end === null) return null;
      cells.push({ start: at, end });
      at = behind(blanks, text, end);
    }
    lists.push({ start: first, end: at + 1, cells });
    at = behind(blanks, text, at + 1);
  }
  return text[at] === ';' ? lists : null;
}

/** Behind one cell; null where it is none. */
function cellEnd(text: string, start: number): number | null {
  let at = behind(word, text, start);
  if (text[at] === '(') {
    for (let depth = 0; ; at++) {
      if (at >= text.length || text[at] === ';') return null;
      if (text[at] === '(') depth++;
      if (text[at] === ')' && --depth === 0) break;
    }
    at++;
  }
  return at === start || text[at] === ':' ? null : at;
}

/** Behind what the pattern matches here, if that is anything. */
function behind(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/** Whether there are as many cells as the compiler made, and the numbers are the same. */
function areValue(text: string, cells: readonly Span[], value: Uint8Array): boolean {
  if (cells.length * 4 !== value.length) return false;
  const view = new DataView(value.buffer, value.byteOffset, value.length);
  return cells.every(({ start, end }, i) => {
    const said = text.slice(start, end);
    return !/^\d/.test(said) || numberOf(said) === view.getUint32(i * 4);
  });
}

/** As in C: octal behind a 0. */
function numberOf(said: string): number {
  const digits = said.replace(/[ulUL]+$/, '');
  return /^0\d/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
}
