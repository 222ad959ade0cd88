import { FormatError } from '../../util/index.ts';

/** `00:1f.3 Audio device: ...`, the segment before it when there are several, or with `-D`. */
const header = /^(?:([0-9a-f]{4,8}):)?([0-9a-f]{2}:[01][0-9a-f]\.[0-7])(?:\s|$)/i;
/** What follows it: class and, behind a colon, vendor and device. */
const titled = /^\S+ (?:Class )?([^:[\]]+)(?: \[[0-9a-f]{4}\])?: (.*)$/i;
/** `1f0: 10 00 2c ...`; the first digit is there from 0x100 on. */
const hexLine = /^\s*([0-9a-f]{2,3}):((?: [0-9a-f]{2}){1,16})\s*$/i;

const lineSize = 16;
const fullSize = 4096;

/** A function as far as it was read, and where it began. */
interface Dump {
  readonly name: string;
  readonly line: number;
  readonly bytes: number[];
}

/**
 * Read what `lspci -x`, `-xxx` or `-xxxx` prints: the configuration space of each function, by its
 * name with the segment (`0000:00:01.0`). What `-v` writes in between does not matter.
 */
export function parseLspci(text: string): Map<string, Uint8Array> {
  const dumps: Dump[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    const [, segment = '0000', address] = header.exec(line) ?? [];
    if (address !== undefined) {
      const name = `${segment}:${address}`.toLowerCase();
      dumps.push({ name, line: index + 1, bytes: [] });
      return;
    }
    const [, offset, bytes] = hexLine.exec(line) ?? [];
    if (offset === undefined || bytes === undefined) return;
    append(dumps.at(-1), index + 1, Number.parseInt(offset, 16), bytes.trim().split(' '));
  });
  return byName(dumps);
}

/** What a function is, in words. Raw: to be escaped before printing. */
export interface LspciTitle {
  /** `Ethernet controller` */
  readonly class_name: string;
  /** Vendor and device: `Intel Corporation 82540EM Gigabit Ethernet Controller`. */
  readonly title: string;
}

/** What `lspci` calls each function, by its name with the segment; none of them with `-n`. */
export function lspciTitles(text: string): Map<string, LspciTitle> {
  const titles = new Map<string, LspciTitle>();
  for (const line of text.split(/\r?\n/)) {
    const [, segment = '0000', address] = header.exec(line) ?? [];
    const [, class_name, rest] = titled.exec(line) ?? [];
    if (address === undefined || class_name === undefined || rest === undefined) continue;
    const title = rest.replace(
      /(?: \((?:rev|prog-if) [^()]*\)| \[[0-9a-f]{4}:[0-9a-f]{4}\])+$/i,
      '',
    );
    if (!/^[0-9a-f]{4}$/i.test(class_name))
      titles.set(`${segment}:${address}`.toLowerCase(), { class_name, title });
  }
  return titles;
}

/** Whether text looks like that of `lspci`: its first line that is not empty names a function. */
export function isLspci(bytes: Uint8Array): boolean {
  let line = '';
  for (const byte of bytes.subarray(0, 4096)) {
    const char = String.fromCharCode(byte);
    if (char !== '\n') line += char;
    else if (line.trim() === '') line = '';
    else break;
  }
  return header.test(line.trimEnd());
}

/** The next line of a dump: no byte may be missing before it. */
function append(dump: Dump | undefined, line: number, offset: number, bytes: string[]): void {
  if (dump === undefined) {
    throw problem('lspci/no-function', line, 'the name of a function', 'a hexadecimal dump');
  }
  if (offset !== dump.bytes.length || offset % lineSize !== 0 || offset >= fullSize) {
    const expected = `offset ${dump.bytes.length.toString(16)} of ${dump.name}`;
    throw problem('lspci/gap', line, expected, `offset ${offset.toString(16)}`);
  }
  for (const byte of bytes) dump.bytes.push(Number.parseInt(byte, 16));
}

function byName(dumps: readonly Dump[]): Map<string, Uint8Array> {
  if (dumps.length === 0) {
    throw problem('lspci/no-function', 1, 'what lspci prints', 'no line that names a function');
  }
  const functions = new Map<string, Uint8Array>();
  for (const { name, line, bytes } of dumps) {
    if (bytes.length === 0) {
      const expected = `a hexadecimal dump of ${name}, as sudo lspci -xxxx prints it`;
      throw problem('lspci/no-dump', line, expected, 'none', 'sudo lspci -xxxx > lspci.txt');
    }
    if (functions.has(name)) {
      throw problem('lspci/twice', line, 'each function once', `${name} again`);
    }
    functions.set(name, Uint8Array.from(bytes));
  }
  return functions;
}

function problem(
  code: string,
  line: number,
  expected: string,
  found: string,
  hint?: string,
): FormatError {
  return new FormatError({
    ...(hint === undefined ? {} : { hint }),
    code,
    offset: null,
    field: `line ${line}`,
    expected,
    found,
  });
}
