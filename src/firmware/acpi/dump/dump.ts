// Tables as text: what acpidump, hexdump, xxd and od print, and what people paste of it.

import { MAX_INPUT_SIZE } from '../table.ts';
import { Dump } from './bytes.ts';
import { base64, plainHex } from './plain.ts';
import { isRepeat, lines, parseRow } from './row.ts';

/** The bytes of every dump in a text, each from its offset 0 on. None where the text has no dump. */
export function readDumps(text: string): Uint8Array[] {
  const compact = text.replace(/\s+/g, '');
  const plain = plainHex(compact) ?? base64(compact);
  if (plain !== null) return [plain];
  const dumps: Dump[] = [];
  let size = 0;
  for (const line of lines(text)) {
    let dump = dumps.at(-1);
    if (isRepeat(line)) {
      dump?.repeat();
      continue;
    }
    const row = parseRow(line);
    if (row === null) continue;
    if (/^0+$/.test(row.address) && row.bytes.length > 0) {
      dump = new Dump();
      dumps.push(dump);
    }
    // Before the first row at offset 0 it is prose that only looks like a row.
    size += dump?.add(row, MAX_INPUT_SIZE - size) ?? 0;
  }
  return dumps.map((dump) => dump.bytes());
}
