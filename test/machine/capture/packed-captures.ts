// The captured machines of test/fixtures/captures.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { inflateRawSync } from 'node:zlib';
import { parseFdt, readAcpi } from '../../../src/firmware/index.ts';
import {
  type Machine,
  machineFromAcpi,
  machineFromDevicetree,
  machineFromFunctions,
  parseCapture,
  type Source,
  type Sources,
  type Verification,
  verify,
} from '../../../src/machine/index.ts';
import { nearestRelease } from '../../../src/series/index.ts';

const folder = new URL('../../fixtures/captures/', import.meta.url);

/** A capture as it lies there: its files by path with the name of their content, and the answers. */
interface Packed {
  readonly files: Readonly<Record<string, string>>;
  readonly expected: object;
}

function jsonOf<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'));
}

const blobs = jsonOf<Readonly<Record<string, string>>>('blobs');

export const captures: readonly string[] = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'blobs.json')
  .map((name) => name.slice(0, -'.json'.length))
  .sort();

/** What the captured kernel decided, as `expected.json` of a capture has it. */
export function answersOf(name: string): string {
  return JSON.stringify(jsonOf<Packed>(name).expected);
}

/** The files of firmware and configuration space, by path. */
export function filesOf(name: string): Map<string, Uint8Array> {
  const files = Object.entries(jsonOf<Packed>(name).files);
  return new Map(
    files.map(([path, blob]) => [
      path,
      new Uint8Array(inflateRawSync(Buffer.from(blobs[blob] ?? '', 'base64'))),
    ]),
  );
}

/** Write it as a directory that `fwspec` reads. */
export function unpack(name: string, into: string): void {
  const files = new Map<string, Uint8Array | string>(filesOf(name));
  files.set('expected.json', answersOf(name));
  for (const [path, content] of files) {
    mkdirSync(dirname(join(into, path)), { recursive: true });
    writeFileSync(join(into, path), content);
  }
}

export function pciOf(files: ReadonlyMap<string, Uint8Array>): Map<string, Uint8Array> {
  return new Map(filesIn(files, 'pci').map(({ name, bytes }) => [name, bytes]));
}

/** Without the tables that `without` names. */
export function machineOf(
  name: string,
  {
    without = [],
    sources,
  }: { readonly without?: readonly string[]; readonly sources?: Sources } = {},
): Machine {
  const files = new Map(
    [...filesOf(name)].map(([path, bytes]) => {
      const changed = path.startsWith('pci/') ? sources?.get(path.slice(4, -4)) : undefined;
      return [path, changed?.bytes ?? bytes];
    }),
  );
  const tables = filesIn(files, 'acpi').filter((table) => !without.includes(table.name));
  if (tables.length > 0) return machineFromAcpi(readAcpi(tables), pciOf(files));
  const blob = files.get('machine.dtb');
  return blob === undefined
    ? machineFromFunctions(pciOf(files))
    : machineFromDevicetree(parseFdt(blob), pciOf(files));
}

function filesIn(files: ReadonlyMap<string, Uint8Array>, of: 'acpi' | 'pci') {
  return [...files]
    .filter(([path]) => path.startsWith(`${of}/`))
    .map(([path, bytes]) => ({ name: path.slice(of.length + 1).replace(/\.bin$/, ''), bytes }));
}

const nothingTold = { kconfig: {}, cmdline: null };

/** The prediction against these answers, or those of the capture. */
export function verificationOf(name: string, answers: string = answersOf(name)): Verification {
  const capture = parseCapture(answers);
  return verify(machineOf(name), capture, nearestRelease(capture.release), nothingTold);
}

/** What the machine was read from, as the command line has it. */
export function sourcesOf(name: string): Sources {
  const sources = [...filesOf(name)].flatMap(([path, bytes]): [string, Source][] => {
    const file = path.replace(/^.*\//, '').replace(/\.bin$/, '');
    if (path === 'machine.dtb') return [['devicetree', { file: path, bytes }]];
    return /^(?:acpi|pci)\//.test(path) ? [[file, { file: path, bytes }]] : [];
  });
  return new Map(sources);
}
