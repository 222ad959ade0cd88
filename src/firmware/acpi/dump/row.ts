// A line of what hexdump, xxd, od and acpidump print.

import { bytesOf } from './plain.ts';

export interface Line {
  readonly number: number;
  /** In the text. */
  readonly offset: number;
  readonly text: string;
}

/** A line of a dump: its address as printed, and its bytes. */
export interface Row extends Line {
  readonly address: string;
  /** Whether one follows the address, as xxd and acpidump print it. */
  readonly colon: boolean;
  readonly bytes: Uint8Array;
}

export function* lines(text: string): Generator<Line> {
  let offset = 0;
  for (let number = 1; offset < text.length; number++) {
    const newline = text.indexOf('\n', offset);
    const end = newline < 0 ? text.length : newline;
    yield { number, offset, text: text.slice(offset, end) };
    offset = end + 1;
  }
}

/** Longer lines than any dump has are not looked at. */
const longestLine = 1000;

/** The line as a row of a dump; null when it is something else. */
export function parseRow(line: Line): Row | null {
  if (line.text.length > longestLine) return null;
  const found = /^[\s>]{0,16}([0-9A-Fa-f]{4,16})(:?)(?:\s+(\S.*))?$/.exec(line.text.trimEnd());
  if (found === null) return null;
  const { 1: address = '', 2: colon = '', 3: rest = '' } = found;
  // xxd and acpidump print the characters behind two spaces; hexdump -C between bars.
  const [digits = ''] = rest.split(colon === '' ? /\s+[|>]/ : /\s{2,}/);
  const bytes: number[] = [];
  for (const group of digits.split(/\s+/)) {
    if (!/^(?:[0-9A-Fa-f]{2}){1,8}$/.test(group)) break;
    bytes.push(...(colon !== '' ? bytesOf(group) : bytesOfNumber(group)));
  }
  if (bytes.length === 0 && rest !== '') return null;
  return { ...line, address, colon: colon !== '', bytes: Uint8Array.from(bytes) };
}

/** A number of two bytes as od prints it when it is not told how. Nothing else prints three bytes. */
const octal = /^[01][0-7]{5}$/;

/** Of a number as hexdump and od print it: lowest byte last. */
function bytesOfNumber(group: string): Uint8Array {
  if (!octal.test(group)) return bytesOf(group).reverse();
  const number = Number.parseInt(group, 8);
  return Uint8Array.of(number & 0xff, number >> 8);
}

/** `*` stands for rows like the one before it. */
export function isRepeat({ text }: Line): boolean {
  return /^[\s>]{0,16}\*\s*$/.test(text);
}
