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

/** Columns of text, each as wide as its widest cell; the last column is left ragged. */
export function table(rows: readonly (readonly string[])[], gap = 2): string[] {
  const widths: number[] = [];
  for (const row of rows) {
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, cell.length);
    });
  }
  return rows.map((row) =>
    row
      .map((cell, column) =>
        column === row.length - 1 ? cell : cell.padEnd((widths[column] ?? 0) + gap),
      )
      .join('')
      .trimEnd(),
  );
}
