import { Cursor, decode } from './cursor.ts';

/** A node of metadata: `!DILocation(line: 3, ...)`, or a list `!{!1, !2}`. */
export interface MetadataNode {
  /** The word before the bracket; empty for a list. */
  readonly kind: string;
  readonly fields: Readonly<Record<string, MetadataValue>>;
  readonly elements: readonly MetadataValue[];
}

/** A reference to a node, a text, a number, or other words as they stand. */
export type MetadataValue =
  | { readonly kind: 'node'; readonly id: number }
  | { readonly kind: 'text' | 'word'; readonly text: string }
  | { readonly kind: 'null' };

/** The numbered metadata of a module. A node is read when somebody asks for it. */
export class Metadata {
  readonly #text: string;
  /** Where each begins, behind its `=`. */
  readonly #places: ReadonlyMap<number, number>;
  readonly #nodes = new Map<number, MetadataNode>();
  readonly #lists = new Map<MetadataNode, readonly MetadataNode[]>();

  constructor(text: string, places: ReadonlyMap<number, number>) {
    this.#text = text;
    this.#places = places;
  }

  get size(): number {
    return this.#places.size;
  }

  /** Null where there is no such node. */
  node(id: number): MetadataNode | null {
    const known = this.#nodes.get(id);
    if (known !== undefined) return known;
    const at = this.#places.get(id);
    if (at === undefined) return null;
    const node = readNode(new Cursor(this.#text, at));
    this.#nodes.set(id, node);
    return node;
  }

  /** The node that a field refers to. */
  nodeOf(node: MetadataNode, field: string): MetadataNode | null {
    const value = node.fields[field];
    return value?.kind === 'node' ? this.node(value.id) : null;
  }

  /** The nodes that a list refers to. */
  nodesOf(list: MetadataNode): readonly MetadataNode[] {
    const known = this.#lists.get(list);
    if (known !== undefined) return known;
    const nodes = list.elements.flatMap((value) => {
      const node = value.kind === 'node' ? this.node(value.id) : null;
      return node === null ? [] : [node];
    });
    this.#lists.set(list, nodes);
    return nodes;
  }
}

/** The text of a field; null where it has none. */
export function textOf(node: MetadataNode, field: string): string | null {
  const value = node.fields[field];
  return value?.kind === 'text' || value?.kind === 'word' ? value.text : null;
}

/** The number of a field; 0 where it has none, as metadata leaves out what is 0. */
export function numberOf(node: MetadataNode, field: string): number {
  const text = textOf(node, field);
  return text !== null && /^-?\d+$/.test(text) ? Number(text) : 0;
}

function readNode(cursor: Cursor): MetadataNode {
  cursor.takeIf('distinct');
  cursor.expect('!');
  if (cursor.peek() === '{') return { kind: '', fields: {}, elements: readList(cursor, '{', '}') };
  const kind = cursor.takeWord();
  if (kind === 'DIExpression' || kind === 'DIArgList') {
    cursor.skipBrackets();
    return { kind, fields: {}, elements: [] };
  }
  return { kind, fields: readFields(cursor), elements: [] };
}

function readList(cursor: Cursor, open: string, close: string): MetadataValue[] {
  cursor.expect(open);
  const values: MetadataValue[] = [];
  if (cursor.take(close)) return values;
  do values.push(readMetadata(cursor));
  while (cursor.take(','));
  cursor.expect(close);
  return values;
}

function readFields(cursor: Cursor): Record<string, MetadataValue> {
  const fields: Record<string, MetadataValue> = {};
  cursor.expect('(');
  if (cursor.take(')')) return fields;
  do {
    const name = cursor.takeWord();
    cursor.expect(':');
    fields[name] = readMetadata(cursor);
  } while (cursor.take(','));
  cursor.expect(')');
  return fields;
}

function readMetadata(cursor: Cursor): MetadataValue {
  if (cursor.peek() === '"') return { kind: 'text', text: decode(cursor.takeQuoted()) };
  if (cursor.take('!')) {
    const next = cursor.peek();
    if (/\d/.test(next)) return { kind: 'node', id: cursor.takeCount() };
    if (next === '"') return { kind: 'text', text: decode(cursor.takeQuoted()) };
    return { kind: 'word', text: readRest(cursor) };
  }
  if (cursor.takeIf('null')) return { kind: 'null' };
  return { kind: 'word', text: readRest(cursor) };
}

/** Words up to the next comma or closing bracket: `DIFlagPrototyped | DIFlagArtificial`, `i32 7`. */
function readRest(cursor: Cursor): string {
  const { at } = cursor;
  for (;;) {
    const next = cursor.peek();
    if (next === '' || next === ',' || next === ')' || next === '}') break;
    if ('({['.includes(next)) cursor.skipBrackets();
    else if (next === '"') cursor.takeQuoted();
    else cursor.at++;
  }
  return cursor.text.slice(at, cursor.at).trim();
}
