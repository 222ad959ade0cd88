// Changes of a text as a unified diff, which `patch -p1` and `git apply` take.

/** What is to stand there instead. Lines and columns are from 1; the end is behind the part. */
export interface Change {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
  readonly text: string;
}

/** Lines that go and come, counted from 0. Lines keep their line breaks. */
interface LineChange {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/** So many lines around a change are shown. */
const around = 3;

/**
 * The diff of a file.
 *
 * @param name of the file, as it is seen from where the patch is applied
 * @param changes that do not overlap
 */
export function unifiedDiff(name: string, text: string, changes: readonly Change[]): string[] {
  const lines = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  const hunks: LineChange[][] = [];
  for (const change of lineChanges(lines, changes)) {
    const last = hunks.at(-1)?.at(-1);
    if (last !== undefined && change.from - last.to <= 2 * around) hunks.at(-1)?.push(change);
    else hunks.push([change]);
  }
  let shift = 0;
  const shown = hunks.flatMap((hunk) => {
    const [said, grown] = hunkLines(lines, hunk, shift);
    shift += grown;
    return said;
  });
  return shown.length === 0
    ? []
    : [`--- ${fileName('a', name)}`, `+++ ${fileName('b', name)}`, ...shown];
}

/** Whole lines, together where they meet, without those at both ends that stay. */
function lineChanges(lines: readonly string[], changes: readonly Change[]): LineChange[] {
  const sorted = changes.toSorted((a, b) => a.line - b.line || a.column - b.column);
  const met: { from: number; to: number; changes: Change[] }[] = [];
  for (const change of sorted) {
    const from = change.line - 1;
    // A part that ends where a line begins has nothing of that.
    const to = change.endColumn === 1 ? change.endLine - 1 : change.endLine;
    const end = Math.min(to, lines.length);
    const last = met.at(-1);
    if (last !== undefined && from <= last.to) {
      last.to = Math.max(last.to, end);
      last.changes.push(change);
    } else met.push({ from, to: end, changes: [change] });
  }
  return met.map(({ from, to, changes: of }) => {
    const text = replaced(lines, from, to, of);
    const joins = text !== '' && !text.endsWith('\n') && to < lines.length;
    return { from, to: joins ? to + 1 : to, text: joins ? text + lines[to] : text };
  });
}

function replaced(
  lines: readonly string[],
  from: number,
  to: number,
  changes: readonly Change[],
): string {
  let text = '';
  let [line, column] = [from, 0];
  const copy = (toLine: number, toColumn: number): void => {
    for (; line < toLine; line++, column = 0)
      text += [...(lines[line] ?? '')].slice(column).join('');
    text += [...(lines[line] ?? '')].slice(column, toColumn).join('');
  };
  for (const change of changes) {
    copy(change.line - 1, change.column - 1);
    text += change.text;
    [line, column] = [change.endLine - 1, change.endColumn - 1];
  }
  if (line < to) copy(to, 0);
  return text;
}

/** How it is shown, and how many lines there are more. */
function hunkLines(
  lines: readonly string[],
  hunk: readonly LineChange[],
  shift: number,
): [string[], number] {
  const start = Math.max(0, (hunk[0]?.from ?? 0) - around);
  const end = Math.min(lines.length, (hunk.at(-1)?.to ?? 0) + around);
  const body: string[] = [];
  const say = (sign: string, of: readonly string[]): void => {
    for (const line of of)
      body.push(
        ...(line.endsWith('\n')
          ? [`${sign}${line.slice(0, -1)}`]
          : [`${sign}${line}`, '\\ No newline at end of file']),
      );
  };
  let at = start;
  let grown = 0;
  for (const { from, to, text } of hunk) {
    const come = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
    say(' ', lines.slice(at, from));
    say('-', lines.slice(from, to));
    say('+', come);
    grown += come.length - (to - from);
    at = to;
  }
  say(' ', lines.slice(at, end));
  const count = end - start;
  return [
    [`@@ -${range(start, count)} +${range(start + shift, count + grown)} @@`, ...body],
    grown,
  ];
}

/** Of no line, the one before. */
function range(start: number, count: number): string {
  return `${count === 0 ? start : start + 1},${count}`;
}

/** A name that is not plain is quoted as in C, byte by byte. */
function fileName(side: string, name: string): string {
  const path = `${side}/${name}`;
  if (!/[^ -~]|["\\]/.test(path)) return path.includes(' ') ? `${path}\t` : path;
  const bytes = [...encodeURIComponent(path).matchAll(/%([0-9A-F]{2})|(.)/g)];
  const shown = bytes.map(([, hex, plain]) => {
    const code = hex === undefined ? (plain ?? '').charCodeAt(0) : Number.parseInt(hex, 16);
    const isPlain = code >= 0x20 && code < 0x7f && code !== 0x22 && code !== 0x5c;
    return isPlain ? String.fromCharCode(code) : `\\${code.toString(8).padStart(3, '0')}`;
  });
  return `"${shown.join('')}"`;
}
