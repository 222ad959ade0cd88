// Where a machine is in what was given: at the top, or where Linux shows it.

import { type Files, namesIn } from './files.ts';
import { blobNames } from './parts.ts';

/**
 * The folders whose content counts, of a directory with these names; of others there is no end. Names of
 * folders are from the top and end in `/`.
 */
export function foldersToRead(names: readonly string[]): (folder: string) => boolean {
  if (names.includes('#address-cells')) return () => true;
  const inside = places.flatMap(({ from, to }) =>
    to === '' ? machineFolders.map((name) => from + name) : [from],
  );
  const counting = [...machineFolders, ...inside];
  return (folder) => counting.some((of) => folder.startsWith(of) || of.startsWith(folder));
}

/** The folders that a machine may have. */
export const machineFolders: readonly string[] = ['acpi/', 'devicetree/', 'pci/'];

/** Where Linux has them: in copies of its file systems, the folders around them may be there. */
const places = [
  { from: 'sys/firmware/', to: '' },
  { from: 'firmware/', to: '' },
  { from: 'proc/device-tree/', to: 'devicetree/' },
  { from: 'device-tree/', to: 'devicetree/' },
] as const;

/** The files with the machine at the top, where it is in one of the places in which Linux has it. */
export function atTheTop(files: Files): Files {
  const names = namesIn(files, '');
  const isPart = (name: string): boolean => machineFolders.includes(name) || name.startsWith('#');
  if (names.some((name) => isPart(name) || blobNames.includes(name))) return files;
  const place = places.find(({ from }) => namesIn(files, from).length > 0);
  if (place === undefined) return files;
  const { from, to } = place;
  const moved = new Map(
    [...files.keys()].map((name) => [
      name.startsWith(from) ? to + name.slice(from.length) : name,
      name,
    ]),
  );
  return {
    has: (name) => moved.has(name),
    keys: () => moved.keys(),
    get: (name) => files.get(moved.get(name) ?? name),
  };
}
