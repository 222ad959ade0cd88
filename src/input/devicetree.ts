// A devicetree out of a file: which of several, and whether it describes a machine at all.

import { type Fdt, parseFdt } from '../firmware/index.ts';
import { refuse } from './bytes.ts';
import { nameInCommands, standardInput } from './files.ts';
import { type FoundTree, isFit, isOverlay, titleOf, treePart, treesIn } from './trees.ts';

/** The tree that was asked for. */
export interface ChosenTree {
  /** Its file, with its number where that was asked for. */
  readonly file: string;
  readonly fdt: Fdt;
  readonly bytes: Uint8Array;
  readonly notes: readonly string[];
}

/**
 * The tree in a file that begins with one: the first, and a note where there are more, or the one of a
 * number, which begin at 1.
 */
export function treeOf(file: string, bytes: Uint8Array, number: number | null): ChosenTree {
  if (number !== null) return numbered(file, bytes, number);
  const fdt = parseFdt(bytes);
  if (isFit({ root: fdt.root })) throw fitRefusal(file, bytes, fdt);
  if (isOverlay(fdt)) throw overlayRefusal(file);
  const trees = treesIn(bytes);
  if (trees.length < 2) return { file, fdt, bytes, notes: [] };
  const [first, ...others] = trees;
  const title = first === undefined ? '' : titleOf(first);
  const note = `${trees.length} trees in this file, this is the first: ${title}; ${listed(file, others, 2)}`;
  return { file, fdt, bytes, notes: [note] };
}

/** The tree of a number in a file of any kind. */
export function numbered(file: string, bytes: Uint8Array, number: number): ChosenTree {
  const trees = treesInside(bytes);
  const found = trees[number - 1];
  const there = trees.length === 0 ? 'none' : `${trees.length}`;
  if (found === undefined) throw refuse('no-tree', 'file', null, `${number} trees`, there);
  const fdt = parseFdt(found.bytes);
  const name = `${file}#${number}`;
  if (isOverlay(fdt)) throw overlayRefusal(name);
  return { file: name, fdt, bytes: found.bytes, notes: [] };
}

/** The trees of a file; of an image that is itself written as a tree, those in it. */
function treesInside(bytes: Uint8Array): FoundTree[] {
  const [first, ...others] = treesIn(bytes);
  const image = first?.offset === 0 && isFit(parseFdt(first.bytes));
  return image ? treesIn(bytes, 4) : first === undefined ? [] : [first, ...others];
}

/** What the trees of a file are called, by number; of very many, the first. None of a file that is one. Raw. */
export function titlesIn(bytes: Uint8Array): string[] {
  const trees = treesInside(bytes);
  const [only, ...others] = trees;
  if (others.length === 0 && only?.offset === 0) return [];
  return trees.slice(0, mostTitles).map(titleOf);
}

const mostTitles = 500;

/** Which trees are in a file, and how to ask for them; empty where none is. */
export function choiceOf(file: string, bytes: Uint8Array): string {
  return listed(file, treesInside(bytes), 1);
}

const mostListed = 5;

function listed(file: string, trees: readonly FoundTree[], first: number): string {
  const operand = file === standardInput ? '-' : file;
  const named = trees
    .slice(0, mostListed)
    .map((tree, i) => `${operand}#${first + i} is ${titleOf(tree)}`);
  const more = trees.length - named.length;
  return [...named, ...(more > 0 ? [`and ${more} more`] : [])].join(', ');
}

function fitRefusal(file: string, bytes: Uint8Array, fdt: Fdt): Error {
  const part = treePart(fdt);
  const to = part?.packed ? 'machine.dtb.gz' : 'machine.dtb';
  const from = nameInCommands(file);
  const out = `dumpimage -T flat_dt -p ${part?.number ?? 'N'} -o ${to} ${from}`;
  const choice = choiceOf(file, bytes);
  const hint = `take the tree out of it: ${out}${choice === '' ? '' : `; ${choice}`}`;
  const found = 'a FIT image of U-Boot, which has trees in it and is none of a machine';
  return refuse('fit-image', 'file', 0, 'the devicetree of a machine', found, hint);
}

function overlayRefusal(file: string): Error {
  const found = 'an overlay, which says what to change in one';
  const hint = `apply it first: fdtoverlay -i base.dtb -o machine.dtb ${nameInCommands(file)}`;
  return refuse('overlay', 'file', 0, 'the devicetree of a machine', found, hint);
}
