// Texts that are no description of a machine, and what to do with each.

import { parseDumpRow } from '../../firmware/index.ts';
import { groupsListed, isLogLine } from '../../machine/index.ts';
import { lettersOf } from '../bytes.ts';
import { textOf } from '../files.ts';

/** What can be said of something that is no description of a machine. */
export interface Other {
  readonly is: 'other';
  readonly what: string;
  /** What to do about it; `FILE` stands for its name. */
  readonly hint: string | null;
}

interface Text {
  readonly what: string;
  readonly hint: string;
  readonly is: (text: string) => boolean;
}

export const groupListing = 'a listing of IOMMU groups';
export const kernelLog = 'a kernel log';

/** Where what is needed comes from, on any machine. */
export const whereFrom =
  'on the machine: sudo acpidump > acpi.txt, or /sys/firmware/fdt; for groups alone sudo lspci -xxxx > lspci.txt';

const tablesWanted = `it tells what Linux did, not what firmware says; ${whereFrom}`;

/** In this order: the first that it is counts. */
const texts: readonly Text[] = [
  {
    what: 'a page of HTML',
    hint: 'save the text itself, as "raw" or "download" gives it',
    is: (text) => /^\s*<(?:!doctype html|html|head|body)[\s>]/i.test(text),
  },
  {
    what: 'a pointer of Git LFS, not the file',
    hint: 'git lfs pull',
    is: (text) => text.startsWith('version https://git-lfs.github.com/spec/'),
  },
  {
    what: 'XML',
    hint: whereFrom,
    is: (text) => /^\s*<(?:\?xml|domain|node|list)\b/.test(text),
  },
  {
    what: 'a capture as the repository of fwspec has them, packed',
    hint: 'there: node tools/captures.mjs unpack DIRECTORY NAME',
    is: (text) => /^\s*\{\s*"files":\s*\{/.test(text),
  },
  {
    what: 'the answers of a capture, without its firmware',
    hint: 'give the directory that it is in',
    is: (text) => /^\s*\{/.test(text) && /"fwspec_ids"|"configure_calls"|"iommu_dmesg"/.test(text),
  },
  {
    what: 'a document of JSON',
    hint: 'give what it was made from: a devicetree, tables or what lspci -xxxx prints',
    is: (text) => /^\s*[[{]\s*(?:"|\{|\[|\}|\])/.test(text),
  },
  {
    what: 'disassembled ACPI, as iasl -d writes it',
    hint: 'give the table itself, the .dat or .aml that it was made from; or compile it: iasl FILE',
    is: (text) =>
      /^\s*\/\*[\s\S]{0,200}(?:Intel ACPI Component Architecture|Disassembl)/.test(text) ||
      /^[ \t]*DefinitionBlock[ \t]*\(/m.test(text),
  },
  {
    what: groupListing,
    hint: tablesWanted,
    is: (text) =>
      /^[^\w\n]*(?:IOMMU[\s_]{0,3})?Group\W{0,3}\d|iommu_groups(?:\/\d|\/?\s*$)|^\.?\/?\d+\/devices\//im.test(
        text,
      ) && groupsListed(text) !== null,
  },
  { what: kernelLog, hint: tablesWanted, is: isLog },
  {
    what: 'the tree of lspci -t',
    hint: 'bytes are needed: sudo lspci -xxxx > lspci.txt',
    is: (text) => /^-\+?-?\[[0-9a-f]{4}[:\]]/m.test(text),
  },
  {
    what: 'what lspci -mm or -vmm prints',
    hint: 'bytes are needed: sudo lspci -xxxx > lspci.txt',
    is: (text) =>
      /^Slot:[ \t]+[0-9a-f:.]+$/m.test(text) || /^[0-9a-f:]{5,10}\.[0-7] "[^"]*" "/m.test(text),
  },
  {
    what: 'what dmidecode prints',
    hint: `it does not describe IOMMUs; ${whereFrom}`,
    is: (text) => /^# dmidecode \d/m.test(text),
  },
  {
    what: 'the configuration of a kernel',
    hint: `it counts beside a machine, in a directory, as kconfig; ${whereFrom}`,
    is: (text) => /^(?:CONFIG_\w+=|# CONFIG_\w+ is not set)/m.test(text),
  },
  {
    what: 'the environment of U-Boot',
    hint: `it says which tree is booted, at most; ${whereFrom}`,
    is: (text) => /^boot(?:cmd|delay|args)=/m.test(text),
  },
  {
    what: 'a part of a devicetree source, without /dts-v1/',
    hint: 'give the .dts that includes it',
    is: (text) => /^[ \t]*(?:\/ |&[\w{/-]+ |[\w,.@-]+: [\w,.@-]+ )\{/m.test(text),
  },
  {
    what: 'a script',
    hint: 'give what it prints, where that has bytes in it',
    is: (text) => text.startsWith('#!'),
  },
];

/** A line in four, at least, as a log has lines that go on and journals those of others. */
function isLog(text: string): boolean {
  const lines = text
    .slice(0, 20_000)
    .split('\n')
    .filter((line) => line.trim() !== '');
  if (/^(?:\S+ kernel: )?Linux version \d/.test(lines[0] ?? '')) return true;
  const logged = lines.filter((line) => isLogLine(line.trimStart().slice(0, 120)));
  return logged.length > 0 && logged.length * 4 >= lines.length;
}

/** As much of a text as what it is is told by. */
export const preface: number = 1 << 18;

/** What cannot be read: a text of a known kind, a dump that was damaged, any text, or any bytes. */
export function otherText(bytes: Uint8Array): Other {
  const start = bytes.subarray(0, preface);
  const text = textOf(start);
  if (isEnvironment(lettersOf(start)))
    return { is: 'other', what: 'the environment of U-Boot', hint: whereFrom };
  if (!isMostlyText(text)) return { is: 'other', what: 'other bytes', hint: whereFrom };
  if (text.trim() === '') return { is: 'other', what: 'nothing but white space', hint: whereFrom };
  const known = texts.find(({ is }) => is(text));
  if (known !== undefined) return { is: 'other', what: known.what, hint: known.hint };
  return (
    damagedDump(lettersOf(start)) ?? {
      is: 'other',
      what: `text: ${JSON.stringify(firstLine(text))}`,
      hint: whereFrom,
    }
  );
}

/** A checksum, in some a flag, and `name=value` with a zero behind each. */
function isEnvironment(letters: string): boolean {
  return /^[\s\S]{4,5}?(?:[a-zA-Z_]\w*=[\t-\r\x20-\x7e]*\0){3}/.test(letters);
}

/** Logs have escape sequences now and then, and letters of old character sets. */
export function isMostlyText(text: string): boolean {
  const odd = text.match(/[^\t-\r\x20-\x7e\xa0-\ufffc]/g)?.length ?? 0;
  return odd * 20 <= text.length && !text.includes('\0');
}

function firstLine(text: string): string {
  const line = text.trimStart().split(/\r?\n|\r/, 1)[0] ?? '';
  return line.length > 40 ? `${line.slice(0, 40)}...` : line;
}

/** Rows of a dump, or the line that acpidump puts before them, and no row that begins at 0. */
function damagedDump(text: string): Other | null {
  let offset = 0;
  for (const [i, line] of text.split('\n').entries()) {
    const isTitle = /^[\s>]{0,16}[A-Z][A-Z0-9_!]{3} @ 0x[\da-f]+/i.test(line);
    const row = parseDumpRow({ number: i + 1, offset, text: line });
    if (isTitle || (row !== null && row.bytes.length >= 8)) {
      const place = `line ${i + 1} at offset 0x${offset.toString(16)}`;
      return {
        is: 'other',
        what: `a damaged dump of an ACPI table: ${place}, and no row that begins a table at 0000 behind it`,
        hint: 'copy all rows of it: sudo acpidump > acpi.txt',
      };
    }
    offset += line.length + 1;
  }
  return null;
}
