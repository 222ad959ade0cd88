// Devicetree Specification v0.4, 5.4 "Structure Block" and 5.5 "Strings Block".

import { FormatError, hex } from '../../util/index.ts';
import { Cursor } from '../binary/cursor.ts';
import type { Note } from '../note.ts';
import type { Block, Layout } from './header.ts';
import { MAX_DEPTH, MAX_NAME, MAX_NODES, MAX_PATH } from './limits.ts';
import type { FdtNode, FdtProperty } from './types.ts';

const FDT_BEGIN_NODE = 1;
const FDT_END_NODE = 2;
const FDT_PROP = 3;
const FDT_NOP = 4;
const FDT_END = 9;

/** A node while the blob is read. */
export interface OpenNode extends FdtNode {
  readonly parent: OpenNode | null;
  readonly properties: Map<string, FdtProperty>;
  readonly children: OpenNode[];
  phandle: number | null;
}

/** All nodes in blob order, the root first. Throws {@link FormatError}; adds to `notes`. */
export function readStructure(bytes: Uint8Array, layout: Layout, notes: Note[]): OpenNode[] {
  return new StructureReader(bytes, layout, notes).read();
}

class StructureReader {
  readonly #cursor: Cursor;
  readonly #names: PropertyNames;
  readonly #layout: Layout;
  readonly #notes: Note[];
  readonly #nodes: OpenNode[] = [];
  /** The node whose properties are being read, and the names of its children, outermost first. */
  readonly #open: { readonly node: OpenNode; names: Set<string> | null }[] = [];
  /** QEMU leaves old bytes in a dozen places of every blob: one note for all of them. */
  readonly #dirty_padding: number[] = [];

  constructor(bytes: Uint8Array, layout: Layout, notes: Note[]) {
    this.#cursor = new Cursor(bytes, { format: 'fdt', endian: 'big', ...layout.structure });
    this.#names = new PropertyNames(bytes, layout.strings, notes);
    this.#layout = layout;
    this.#notes = notes;
  }

  read(): OpenNode[] {
    for (;;) {
      const offset = this.#cursor.offset;
      const token = this.#cursor.u32('token');
      if (token === FDT_BEGIN_NODE) this.#beginNode(offset);
      else if (token === FDT_END_NODE) this.#endNode(offset);
      else if (token === FDT_PROP) this.#property(offset);
      else if (token === FDT_END) return this.#end(offset);
      else if (token !== FDT_NOP) {
        reject('bad-token', offset, 'token', 'one of 1, 2, 3, 4, 9', hex(token));
      }
    }
  }

  #beginNode(offset: number): void {
    const name = this.#cursor.cstring('node name', MAX_NAME);
    this.#padding('node name padding');
    const parent = this.#open.at(-1);
    if (parent === undefined) {
      this.#push(this.#root(name, offset), null);
      return;
    }
    if (this.#open.length === MAX_DEPTH) {
      reject('limit', offset, 'FDT_BEGIN_NODE', `at most ${MAX_DEPTH} levels`, 'a deeper node');
    }
    if (this.#nodes.length === MAX_NODES) {
      reject('limit', offset, 'FDT_BEGIN_NODE', `at most ${MAX_NODES} nodes`, 'one more');
    }
    const above = parent.node.path;
    const path = above === '/' ? `/${name}` : `${above}/${name}`;
    if (path.length > MAX_PATH) {
      reject('limit', offset, 'node path', `at most ${MAX_PATH} characters`, `${path.length}`);
    }
    if (!NODE_NAME.test(name)) {
      this.#note('bad-node-name', offset, `"${name}" is not a node name`);
    }
    // Most nodes have no children.
    parent.names ??= new Set();
    if (parent.names.has(name)) {
      this.#note('duplicate-node', offset, `"${name}" has a sibling of the same name before it`);
    }
    parent.names.add(name);
    this.#push(newNode(name, path, offset, parent.node), parent.node);
  }

  #root(name: string, offset: number): OpenNode {
    if (this.#nodes.length > 0) {
      reject('several-roots', offset, 'FDT_BEGIN_NODE', 'FDT_END after the root node', 'a node');
    }
    if (name !== '') this.#note('bad-node-name', offset, `the root has a name, "${name}"`);
    return newNode('', '/', offset, null);
  }

  #push(node: OpenNode, parent: OpenNode | null): void {
    parent?.children.push(node);
    this.#nodes.push(node);
    this.#open.push({ node, names: null });
  }

  #endNode(offset: number): void {
    if (this.#open.pop() === undefined) {
      reject('unbalanced-node', offset, 'FDT_END_NODE', 'an open node to end', 'none');
    }
  }

  #property(offset: number): void {
    const node = this.#open.at(-1)?.node;
    if (node === undefined) {
      reject('property-outside', offset, 'FDT_PROP', 'a node around the property', 'none');
    }
    const size = this.#cursor.u32('FDT_PROP len');
    const name = this.#names.at(this.#cursor.u32('FDT_PROP nameoff'), this.#cursor.offset - 4);
    const value_offset = this.#cursor.offset;
    const value = this.#cursor.bytes('FDT_PROP value', size);
    this.#padding('FDT_PROP padding');
    if (node.children.length > 0) {
      this.#note('property-after-node', offset, `"${name}" comes after a child of its node`);
    }
    if (node.properties.has(name)) {
      this.#note('duplicate-property', offset, `"${name}" is there twice; the first counts`);
      return;
    }
    node.properties.set(name, { name, value, offset: value_offset });
  }

  #end(offset: number): OpenNode[] {
    if (this.#open.length > 0) {
      const found = `FDT_END with ${this.#open.length} nodes open`;
      reject('unbalanced-node', offset, 'FDT_END', 'FDT_END_NODE for every node', found);
    }
    if (this.#nodes.length === 0) reject('no-root', offset, 'FDT_END', 'a root node', 'none');
    const [dirty] = this.#dirty_padding;
    if (dirty !== undefined) {
      const count = this.#dirty_padding.length;
      this.#note('nonzero-padding', dirty, `padding that should be zero is not, ${count} times`);
    }
    const { header, structure } = this.#layout;
    const left = structure.end - this.#cursor.offset;
    if (header.size_dt_struct !== null && left > 0) {
      this.#note('structure-tail', this.#cursor.offset, `${left} bytes follow FDT_END`);
    }
    return this.#nodes;
  }

  #padding(field: string): void {
    const offset = this.#cursor.offset;
    if (!this.#cursor.align(field, 4)) this.#dirty_padding.push(offset);
  }

  #note(code: string, offset: number, message: string): void {
    this.#notes.push({ code: `fdt/${code}`, offset, message });
  }
}

/** Names in the strings block, each read once: many properties share one. */
class PropertyNames {
  readonly #bytes: Uint8Array;
  readonly #block: Block;
  readonly #notes: Note[];
  readonly #known = new Map<number, string>();

  constructor(bytes: Uint8Array, block: Block, notes: Note[]) {
    this.#bytes = bytes;
    this.#block = block;
    this.#notes = notes;
  }

  /** The name `nameoff` bytes into the block; `offset` is where the blob says so. */
  at(nameoff: number, offset: number): string {
    const known = this.#known.get(nameoff);
    if (known !== undefined) return known;
    const { start, end } = this.#block;
    if (nameoff >= end - start) {
      const expected = `less than the strings block's size, ${hex(end - start)}`;
      reject('bad-nameoff', offset, 'FDT_PROP nameoff', expected, hex(nameoff));
    }
    const extent = {
      ...this.#block,
      format: 'fdt',
      endian: 'big',
      start: start + nameoff,
    } as const;
    const name = new Cursor(this.#bytes, extent).cstring('property name', MAX_NAME);
    if (!PROPERTY_NAME.test(name)) {
      const message = `"${name}" is not a property name`;
      this.#notes.push({ code: 'fdt/bad-property-name', offset: start + nameoff, message });
    }
    this.#known.set(nameoff, name);
    return name;
  }
}

/** 2.2.1 "Node Names": characters only; lengths beyond 31 are common. */
const NODE_NAME = /^[0-9A-Za-z,._+-]+(?:@[0-9A-Za-z,._+-]+)?$/;

/** 2.2.4 "Properties". */
const PROPERTY_NAME = /^[0-9A-Za-z,._+?#-]+$/;

function newNode(name: string, path: string, offset: number, parent: OpenNode | null): OpenNode {
  return { name, path, offset, parent, properties: new Map(), children: [], phandle: null };
}

function reject(
  code: string,
  offset: number,
  field: string,
  expected: string,
  found: string,
): never {
  throw new FormatError({ code: `fdt/${code}`, offset, field, expected, found });
}
