// Where the cells of a property are in its source. The compiler has said which line and column, or line at
// least, the property begins at; what is found here is held against what it made of it.

import type { SourceLine } from './annotated.ts';
import type { FdtProperty } from './types.ts';

/** A part of a text: the first character, and the first behind it. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** A property in a source. */
export interface Written extends Span {
  /** What is between `<` and `>`, each as many cells. Together they are the value. */
  readonly lists: readonly (Span & { readonly cells: readonly Span[] })[];
}

/**
 * The property in the text of its source; null where that does not have it, or has its cells in a way that
 * only the compiler knows, as where a macro stands for several.
 */
export function writtenIn(
  text: string,
  { line }: Pick<SourceLine, 'line'>,
  { name, value }: Pick<FdtProperty, 'name' | 'value'>,
): Written | null {
  const [from, to] = lineAt(text, line);
  for (const { index } of text.slice(from, to).matchAll(nameOf(name))) {
    const lists: Written['lists'][number][] = [];
    const end = listsFrom(text, from + index + name.length, lists);
    const cells = lists.flatMap((list) => list.cells);
    if (end !== null && areValue(text, cells, value)) return { start: from + index, end, lists };
  }
  return null;
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

const blanks = /(?:\s+|\/\*[^]*?\*\/|\/\/.*)*/y;
/** A number, a label, a name, a macro with what it is given, or an expression, whose end is to be found. */
const word = /(?:&\{[^}]*\}|&?[\w.]+)/y;

/** Read what is behind the name, up to and with the semicolon; null where it has other things than cells. */
function listsFrom(text: string, start: number, lists: Written['lists'][number][]): number | null {
  let at = behind(blanks, text, start);
  if (text[at] === ';') return at + 1;
  if (text[at] !== '=') return null;
  for (;;) {
    at = behind(blanks, text, at + 1);
    if (text[at] !== '<') return null;
    const cells: Span[] = [];
    const first = at;
    at = behind(blanks, text, at + 1);
    while (text[at] !== '>') {
      const end = cellEnd(text, at);
      if (end === null) return null;
      cells.push({ start: at, end });
      at = behind(blanks, text, end);
    }
    lists.push({ start: first, end: at + 1, cells });
    at = behind(blanks, text, at + 1);
    if (text[at] === ';') return at + 1;
    if (text[at] !== ',') return null;
  }
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
