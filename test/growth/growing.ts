// Inputs that can be made as large as one likes, one for each way in which they can be large.

import { raw } from '../firmware/fdt-builder.ts';

/** What is grown, how large it is to begin with, and what is asked about it. */
export interface Growing {
  readonly name: string;
  readonly start: number;
  /** More cannot be built, or is refused. */
  readonly most?: number;
  readonly make: (n: number) => Input;
  /** The command and its options; without it `inspect --json`. */
  readonly ask?: (path: string) => readonly string[];
}

/** Parts of a machine, as they lie in a directory. */
export interface Input {
  readonly dtb?: Uint8Array;
  readonly acpi?: Readonly<Record<string, Uint8Array>>;
  readonly pci?: ReadonlyMap<string, Uint8Array>;
  /** How much of each configuration space is shown. */
  readonly shown?: 64 | 256 | 4096;
  /** Whatever else, by its name. */
  readonly files?: Readonly<Record<string, Uint8Array>>;
}

/** The files of a machine, by their names. */
export function filesOf({
  dtb,
  acpi = {},
  pci,
  shown = 64,
  files = {},
}: Input): Map<string, Uint8Array> {
  const found = new Map(Object.entries(files));
  if (dtb !== undefined) found.set('machine.dtb', dtb);
  for (const [name, bytes] of Object.entries(acpi)) found.set(`acpi/${name}.bin`, bytes);
  if (pci !== undefined) found.set('lspci.txt', latin1(lspci(pci, shown)));
  return found;
}

/** As `lspci -x`, `-xxx` or `-xxxx` prints it. */
export function lspci(pci: ReadonlyMap<string, Uint8Array>, shown: number): string {
  return [...pci]
    .map(([name, space]) => {
      const lines = times(shown / 16, (i) => {
        const bytes = [...space.subarray(i * 16, i * 16 + 16)].map((byte) => hex(byte, 2));
        return `${hex(i * 16, 2)}: ${bytes.join(' ')}\n`;
      });
      return `${name} Ethernet controller: Somebody Something\n${lines.join('')}`;
    })
    .join('\n');
}

export const times = <T>(n: number, make: (i: number) => T): T[] =>
  Array.from({ length: n }, (_, i) => make(i));

export const hex = (value: number, digits = 0): string => value.toString(16).padStart(digits, '0');

export const latin1: (text: string) => Uint8Array = raw;
