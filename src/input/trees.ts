// Devicetrees in a file: alone, one behind the other, or in an image of another kind.

import { type Fdt, type FdtNode, parseFdt, propertyOf, stringValue } from '../firmware/index.ts';
import { FormatError } from '../util/index.ts';
import { lettersOf, startsWith, view } from './bytes.ts';

const magic = '\xd0\x0d\xfe\xed';
const headerSize = 40;

/** What an image holds is told; nobody chooses among more than this. */
const mostTrees = 4096;

/** A tree, and where in the file it begins. */
export interface FoundTree {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/**
 * Every tree that is whole, one behind the other or with anything in between.
 *
 * @param from where to begin: behind the magic of a tree that has others in it
 */
export function treesIn(bytes: Uint8Array, from = 0): FoundTree[] {
  const found: FoundTree[] = [];
  for (let at = bytes.indexOf(0xd0, from); at >= 0; at = bytes.indexOf(0xd0, at)) {
    const size = sizeAt(bytes, at);
    if (size > 0) found.push({ offset: at, bytes: bytes.subarray(at, at + size) });
    if (found.length === mostTrees) break;
    at += Math.max(1, size);
  }
  return found;
}

/** The size of a tree whose header says nothing impossible; 0 for anything else. */
function sizeAt(bytes: Uint8Array, at: number): number {
  if (at + headerSize > bytes.length || bytes[at + 1] !== 0x0d) return 0;
  if (!startsWith(bytes, magic, at)) return 0;
  const data = view(bytes);
  const [size, structure, strings, , version] = [4, 8, 12, 16, 20].map((field) =>
    data.getUint32(at + field),
  ) as [number, number, number, number, number];
  const fits = size >= headerSize && size <= bytes.length - at;
  return fits && structure < size && strings <= size && version >= 16 && version <= 0xff ? size : 0;
}

/** What a tree is called: its model, else what it is compatible with. Raw. */
export function titleOf({ bytes }: FoundTree): string {
  try {
    return titleOfRoot(parseFdt(bytes).root);
  } catch (error) {
    if (error instanceof FormatError) return 'a damaged tree';
    throw error;
  }
}

function titleOfRoot(root: FdtNode): string {
  if (isOverlay({ root })) return 'an overlay';
  for (const name of ['model', 'compatible', 'description']) {
    const property = propertyOf(root, name);
    const text = property === undefined ? '' : stringValue(property);
    if (text !== '') return text;
  }
  return 'a tree without a model name';
}

/** A tree that says what to change in another one. */
export function isOverlay({ root }: Pick<Fdt, 'root'>): boolean {
  return root.children.some(
    ({ name, children }) =>
      name === '__fixups__' || children.some((child) => child.name === '__overlay__'),
  );
}

/** U-Boot's image of several parts, which is a devicetree of another kind. */
export function isFit({ root }: Pick<Fdt, 'root'>): boolean {
  return ['images', 'configurations'].every((name) =>
    root.children.some((child) => child.name === name),
  );
}

/** A part of an image: its number, as dumpimage counts, and whether gzip has packed it. */
interface TreePart {
  readonly number: number;
  readonly packed: boolean;
}

/** The first part of an image that is a tree; null where none is. */
export function treePart({ root }: Pick<Fdt, 'root'>): TreePart | null {
  const images = root.children.find(({ name }) => name === 'images')?.children ?? [];
  const says = (image: FdtNode, name: string, word: string): boolean => {
    const property = propertyOf(image, name);
    return property !== undefined && lettersOf(property.value) === `${word}\0`;
  };
  const number = images.findIndex((image) => says(image, 'type', 'flat_dt'));
  const image = images[number];
  return image === undefined ? null : { number, packed: says(image, 'compression', 'gzip') };
}
