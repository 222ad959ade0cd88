import { readdirSync, readFileSync } from 'node:fs';
import { parseFdt } from '../../src/firmware/fdt/index.ts';
import { type Machine, machineFromDevicetree } from '../../src/machine/index.ts';

const folder = new URL('../fixtures/captures/', import.meta.url);

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

/** What the captured kernel decided, as the file has it. */
export function answersOfCapture(name: string): string {
  return readFileSync(new URL(`${name}/expected.json`, folder), 'utf8');
}
