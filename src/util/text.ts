/**
 * Text that came from outside, made safe for a terminal: control characters (escape sequences
 * among them), bidirectional overrides and lone surrogates are shown as `\xNN` or `\u{...}`.
 */
export function escapeText(text: string): string {
  let safe = '';
  for (const char of text) {
    const code = char.codePointAt(0) as number;
    if (code < 0x20 || (code >= 0x7f && code < 0xa0)) {
      safe += `\\x${code.toString(16).padStart(2, '0')}`;
    } else if (isInvisible(code)) {
      safe += `\\u{${code.toString(16)}}`;
    } else {
      safe += char;
    }
  }
  return safe;
}

/** A document as JSON. What JSON leaves as it is and terminals obey is escaped, too. */
export function jsonText(document: unknown): string {
  let safe = '';
  for (const char of JSON.stringify(document, null, 2)) {
    const code = char.codePointAt(0) as number;
    safe += (code >= 0x7f && code < 0xa0) || isInvisible(code) ? escapedUnits(char) : char;
  }
  return safe;
}

function escapedUnits(char: string): string {
  return char
    .split('')
    .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('');
}

/** Characters that change how their neighbours are shown, or show nothing themselves. */
function isInvisible(code: number): boolean {
  return (
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    (code >= 0xe0000 && code <= 0xe007f) ||
    code === 0x061c ||
    code === 0xfeff
  );
}

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
