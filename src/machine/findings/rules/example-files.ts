import { present } from '../../../util/index.ts';
import { bytesOf } from './bases/base.ts';
import { bases } from './bases/bases.ts';
import type { EditedExample, Example } from './example.ts';

/** The name of a devicetree's source among the files of an example. */
const sourceName = 'example.dts';

/** An example as the files that somebody would have of it. */
export function exampleFiles(
  example: Example,
  which: 'bad' | 'good',
): ReadonlyMap<string, Uint8Array> {
  if ('edits' in example) return partFiles(example, which);
  const source = treeSource(example[which]);
  const functions = Object.entries(example.functions ?? {});
  return new Map([
    [
      functions.length === 0 ? sourceName : 'machine.dts',
      Uint8Array.from(source, (char) => char.charCodeAt(0)),
    ],
    ...functions.map(([name, rows]) => [`pci/${name}.bin`, bytesOf(rows)] as const),
  ]);
}

/** The whole source that nodes of an example are in. */
function treeSource(nodes: string): string {
  const body = nodes.trim().replaceAll(/^(?=.)/gm, '\t');
  return `/dts-v1/;\n\n/ {\n\t#address-cells = <2>;\n\t#size-cells = <2>;\n\n${body}\n};\n`;
}

function partFiles(
  { base, edits }: EditedExample,
  which: 'bad' | 'good',
): ReadonlyMap<string, Uint8Array> {
  const parts = Object.entries(present(bases.get(base), `the base ${base}`));
  const files = parts.map(([name, rows]): [string, Uint8Array] => {
    const bytes = bytesOf(rows);
    const isTable = /^\w{4}$/.test(name);
    const own = edits.filter(({ in: where }) => where === name);
    for (const edit of own)
      for (let i = 0; i < edit.size; i++)
        bytes[edit.at + i] = Math.floor(edit[which] / 2 ** (8 * i)) & 0xff;
    if (isTable && own.every(({ at }) => at !== checksum)) setChecksum(bytes);
    return [isTable ? `acpi/${name}.dat` : `pci/${name}.bin`, bytes];
  });
  return new Map(files);
}

const checksum = 9;

/** It makes the sum of all bytes of a table zero, as many as the table says that it has. */
function setChecksum(bytes: Uint8Array): void {
  bytes[checksum] = 0;
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(4, true);
  bytes[checksum] = -bytes.subarray(0, length).reduce((sum, byte) => sum + byte, 0) & 0xff;
}
