import { FormatError } from '../util/index.ts';

/** Letters of one byte each, as they are in headers and in what old programs print. */
export function lettersOf(bytes: Uint8Array, most: number = bytes.length): string {
  let text = '';
  const end = Math.min(most, bytes.length);
  for (let at = 0; at < end; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, Math.min(end, at + 4096)));
  return text;
}

export function startsWith(bytes: Uint8Array, letters: string, at = 0): boolean {
  if (bytes.length < at + letters.length) return false;
  return lettersOf(bytes.subarray(at, at + letters.length)) === letters;
}

export function view(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

export function refuse(
  code: string,
  field: string,
  offset: number | null,
  expected: string,
  found: string,
  hint?: string,
): FormatError {
  const problem = { code: `input/${code}`, offset, field, expected, found };
  return new FormatError(hint === undefined ? problem : { ...problem, hint });
}
