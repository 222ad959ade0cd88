import { readdirSync, readFileSync } from 'node:fs';
import { parseFdt } from '../../src/firmware/fdt/index.ts';
import { type Machine, machineFromDevicetree } from '../../src/machine/index.ts';

const folder = new URL('../fixtures/captures/', import.meta.url);

/** What the captured kernel made of the machine, as far as `inspect` says something about it. */
export interface Captured {
  readonly devices: readonly { readonly name: string }[];
  readonly drivers: Readonly<Record<string, string>>;
  readonly groups: readonly { readonly type: string; readonly devices: readonly string[] }[];
  readonly deferred: readonly string[];
  readonly fwspec_ids: Readonly<Record<string, readonly string[]>>;
}

export const captures: readonly string[] = readdirSync(folder, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);

export function machineOfCapture(name: string): Machine {
  const bytesOf = (path: string) => new Uint8Array(readFileSync(new URL(path, folder)));
  const pci = readdirSync(new URL(`${name}/pci`, folder)).map((file): [string, Uint8Array] => [
    file.replace(/\.bin$/, ''),
    bytesOf(`${name}/pci/${file}`),
  ]);
  return machineFromDevicetree(parseFdt(bytesOf(`${name}/machine.dtb`)), new Map(pci));
}

export function capturedOf(name: string): Captured {
  return JSON.parse(readFileSync(new URL(`${name}/expected.json`, folder), 'utf8'));
}
