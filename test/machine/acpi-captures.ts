import { readdirSync, readFileSync } from 'node:fs';
import { readAcpi } from '../../src/firmware/index.ts';
import { type Machine, machineFromAcpi } from '../../src/machine/index.ts';

const folder = new URL('../fixtures/captures-acpi/', import.meta.url);

/** What the captured kernel made of the machine, as far as `inspect` says something about it. */
export interface Captured {
  readonly devices: readonly {
    readonly name: string;
    readonly bus: string;
    readonly path: string;
    /** The object of the namespace. */
    readonly acpi_path: string | null;
  }[];
  readonly drivers: Readonly<Record<string, string>>;
  readonly groups: readonly { readonly type: string; readonly devices: readonly string[] }[];
  readonly deferred: readonly string[];
  readonly fwspec_ids: Readonly<Record<string, readonly string[]>>;
}

export const captures: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function machineOfCapture(
  name: string,
  { without = [] }: { readonly without?: readonly string[] } = {},
): Machine {
  const filesIn = (path: string) =>
    readdirSync(new URL(path, folder)).map((file) => ({
      name: file.replace(/\.bin$/, ''),
      bytes: new Uint8Array(readFileSync(new URL(`${path}/${file}`, folder))),
    }));
  const pci = new Map(filesIn(`${name}/pci`).map((file) => [file.name, file.bytes]));
  const tables = filesIn(`${name}/acpi`).filter((file) => !without.includes(file.name));
  return machineFromAcpi(readAcpi(tables), pci);
}

export function capturedOf(name: string): Captured {
  return JSON.parse(readFileSync(new URL(`${name}/expected.json`, folder), 'utf8'));
}
