/**
 * Text that came from outside, made safe for a terminal: control characters (escape sequences
 * among them), bidirectional overrides and lone surrogates are shown as `\xNN` or `\u{...}`.
 */
export function escapeText(text: string): string {
  return text.replace(unsafe, (char) => {
    const code = char.codePointAt(0) as number;
    const digits = code.toString(16);
    return code < 0xa0 ? `\\x${digits.padStart(2, '0')}` : `\\u{${digits}}`;
  });
}

/** A document as JSON. What JSON leaves as it is and terminals obey is escaped, too. */
export function jsonText(document: unknown): string {
  return [...jsonPieces(document)].join('');
}

/** How many entries of a list are put into one piece of a text. */
const entriesInPiece = 256;

/** The same in pieces: of a machine with many devices there is never more than one in memory. */
export function* jsonPieces(document: unknown): Generator<string> {
  if (Array.isArray(document) || typeof document !== 'object' || document === null) {
    yield piece(document);
    return;
  }
  // A long list is left empty first, and its entries are put where it is then.
  const entries = Object.entries(document as Record<string, unknown>);
  const isLong = (entry: [string, unknown]): entry is [string, unknown[]] =>
    Array.isArray(entry[1]) && entry[1].length > entriesInPiece;
  const short = entries.map((entry) => (isLong(entry) ? [entry[0], []] : entry));
  let rest = JSON.stringify(Object.fromEntries(short), null, 2);
  for (const [name, list] of entries.filter(isLong)) {
    const empty = `\n  ${JSON.stringify(name)}: [`;
    const at = rest.indexOf(`${empty}]`) + empty.length;
    yield rest.slice(0, at).replace(obeyed, escapedUnits);
    for (let from = 0; from < list.length; from += entriesInPiece) {
      const text = piece({ '': list.slice(from, from + entriesInPiece) });
      yield (from === 0 ? '' : ',') + text.slice('{\n  "": ['.length, -'\n  ]\n}'.length);
    }
    rest = `\n  ${rest.slice(at)}`;
  }
  yield rest.replace(obeyed, escapedUnits);
}

function piece(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(obeyed, escapedUnits);
}

function escapedUnits(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Characters that change how their neighbours are shown, or show nothing themselves. */
const invisible =
  '\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ud800-\\udfff\\u{e0000}-\\u{e007f}\\u061c\\ufeff';

/** These, and all that is no character, as far as JSON leaves it as it is. */
const obeyed = new RegExp(`[\\x7f-\\x9f${invisible}]`, 'gu');

/** What must not reach a terminal as it is. */
const unsafe = new RegExp(`[\\x00-\\x1f\\x7f-\\x9f${invisible}]`, 'gu');

/** How many columns a text takes in a font of fixed width. */
export function columnsOf(text: string): number {
  let columns = 0;
  for (const char of text) columns += widthOf(char);
  return columns;
}

/** The text, cut off with dots where it takes more columns than there are. */
export function clip(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  let clipped = '';
  let left = columns - 3;
  for (const char of text) {
    left -= widthOf(char);
    if (left < 0) break;
    clipped += char;
  }
  return `${clipped.trimEnd()}${'...'.slice(0, Math.max(columns, 0))}`;
}

function widthOf(char: string): number {
  if (wide.test(char)) return 2;
  return combining.test(char) ? 0 : 1;
}

/** East Asian wide characters and pictures. */
const wide =
  /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]/u;

/** Marks that stand on the character before them. */
const combining = /\p{Mn}|\p{Me}/u;

/** Text from the left, filled up to so many columns. */
export function fill(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - columnsOf(text)));
}

/** Columns of text, each as wide as its widest cell; the last column is left ragged. */
export function table(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, columnsOf(cell));
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : fill(cell, (widths[column] ?? 0) + gap),
      )
      .join('')
      .trimEnd(),
  );
}

/** Names in a row; of many the first, and how many more there are. */
export function few(names: readonly string[]): string {
  const first = names.slice(0, 4).join(', ');
  return names.length > 4 ? `${first} and ${names.length - 4} more` : first;
}
