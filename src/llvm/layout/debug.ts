import { type Metadata, type MetadataNode, numberOf, textOf } from '../ir/metadata.ts';
import type { Module } from '../ir/module.ts';

/** A place in the source. */
export interface SourcePlace {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** A type of the source, as far as names go. */
export interface DebugType {
  readonly metadata: Metadata;
  readonly node: MetadataNode;
}

/** Scopes and types are not further within one another, unless they are in a circle. */
const mostNested = 100;

/** What the debug information of a module says. */
export class Debug {
  readonly #metadata: Metadata;
  readonly #module: Module;
  readonly #structs = new Map<string, DebugType | null>();

  constructor(module: Module) {
    this.#module = module;
    this.#metadata = module.metadata;
  }

  /** Where an instruction was written; null where nobody says. */
  place(location: number | null): SourcePlace | null {
    const node = location === null ? null : this.#metadata.node(location);
    if (node?.kind !== 'DILocation') return null;
    const file = this.#fileOf(node);
    if (file === null) return null;
    return { file, line: numberOf(node, 'line'), column: numberOf(node, 'column') };
  }

  /** Where a function begins. */
  functionPlace(subprogram: number | null): SourcePlace | null {
    const node = subprogram === null ? null : this.#metadata.node(subprogram);
    const file = node === null ? null : this.#fileOf(node);
    return node === null || file === null
      ? null
      : { file, line: numberOf(node, 'line'), column: 0 };
  }

  /** The file of a node, or of the scope it is in. */
  #fileOf(node: MetadataNode): string | null {
    let left = mostNested;
    for (let at: MetadataNode | null = node; at !== null; at = this.#metadata.nodeOf(at, 'scope')) {
      if (left-- === 0) return null;
      const file = at.kind === 'DIFile' ? at : this.#metadata.nodeOf(at, 'file');
      if (file !== null) return textOf(file, 'filename');
    }
    return null;
  }

  /** The type of a local variable, by its node. */
  variable(id: number): { readonly name: string; readonly type: DebugType | null } | null {
    const node = this.#metadata.node(id);
    if (node?.kind !== 'DILocalVariable' && node?.kind !== 'DIGlobalVariable') return null;
    return { name: textOf(node, 'name') ?? '', type: this.#typeOf(node, 'type') };
  }

  /** The type of a variable of the module. */
  globalType(name: string): DebugType | null {
    const global = this.#module.global(name);
    if (global === null || !('debug' in global)) return null;
    for (const id of global.debug) {
      const expression = this.#metadata.node(id);
      const variable = expression && this.#metadata.nodeOf(expression, 'var');
      if (variable) return this.#typeOf(variable, 'type');
    }
    return null;
  }

  /** A structure by its name; null where the module does not say what is in it. */
  struct(name: string): DebugType | null {
    let found = this.#structs.get(name);
    if (found === undefined) {
      found = this.#findStruct(name);
      this.#structs.set(name, found);
    }
    return found;
  }

  #findStruct(name: string): DebugType | null {
    const form = `^!(\\d+) = .*DICompositeType\\(tag: DW_TAG_structure_type, name: "${name}".* elements: !`;
    const found = new RegExp(form, 'm').exec(this.#module.text);
    const node = found === null ? null : this.#metadata.node(Number(found[1]));
    return node === null ? null : { metadata: this.#metadata, node };
  }

  #typeOf(node: MetadataNode, field: string): DebugType | null {
    const type = this.#metadata.nodeOf(node, field);
    return type === null ? null : bare({ metadata: this.#metadata, node: type });
  }
}

const transparent = new Set([
  'DW_TAG_typedef',
  'DW_TAG_const_type',
  'DW_TAG_volatile_type',
  'DW_TAG_restrict_type',
  'DW_TAG_atomic_type',
  'DW_TAG_member',
]);

/** A type without the names and qualifiers around it. */
function bare(type: DebugType): DebugType {
  let at = type;
  for (let left = mostNested; left > 0 && transparent.has(textOf(at.node, 'tag') ?? ''); left--) {
    const inner = at.metadata.nodeOf(at.node, 'baseType');
    if (inner === null) return at;
    at = { metadata: at.metadata, node: inner };
  }
  return at;
}

/** What a pointer type points to; null for what is no pointer, and for `void *`. */
export function pointee(type: DebugType): DebugType | null {
  if (textOf(type.node, 'tag') !== 'DW_TAG_pointer_type') return null;
  const node = type.metadata.nodeOf(type.node, 'baseType');
  return node === null ? null : bare({ metadata: type.metadata, node });
}

/** Whether a type has fields, so that its name says what an object is. */
export function isComposite({ node }: DebugType): boolean {
  return ['DW_TAG_structure_type', 'DW_TAG_union_type'].includes(textOf(node, 'tag') ?? '');
}

/** What a type is called: `node`; empty where it has no name. */
export function nameOfType({ node }: DebugType): string {
  return textOf(node, 'name') ?? '';
}

const insides = new Set(['__data', '__size', '__align']);

/** What has been asked of a type, by its node: the same few fields over and over. */
class Answers<K, V> {
  readonly #known = new WeakMap<MetadataNode, Map<K, V>>();

  of({ node }: DebugType, question: K, answer: () => V): V {
    let known = this.#known.get(node);
    if (known === undefined) {
      known = new Map();
      this.#known.set(node, known);
    }
    let found = known.get(question);
    if (found === undefined) {
      found = answer();
      known.set(question, found);
    }
    return found;
  }
}

const names = new Answers<number, string | null>();

/**
 * What the source calls a place in an object: `next`, `lock.owner`, `parts[2]`; empty for the object
 * as a whole, null where it cannot be said.
 */
export function fieldAt(type: DebugType, offset: number, left: number = mostNested): string | null {
  return left === 0 ? null : names.of(type, offset, () => nameAt(type, offset, left - 1));
}

function nameAt(type: DebugType, offset: number, left: number): string | null {
  const tag = textOf(type.node, 'tag');
  if (tag === 'DW_TAG_array_type') return elementAt(type, offset, left);
  if (!isComposite(type)) return offset === 0 ? '' : null;
  const { metadata } = type;
  const list = metadata.nodeOf(type.node, 'elements');
  if (list === null) return null;
  // Of fields that share their bits, as those of a union do, the first is as good as any.
  let best: { member: MetadataNode; at: number } | null = null;
  for (const member of metadata.nodesOf(list)) {
    if (textOf(member, 'tag') !== 'DW_TAG_member') continue;
    if (textOf(member, 'flags')?.includes('DIFlagStaticMember') === true) continue;
    const at = Math.floor(numberOf(member, 'offset') / 8);
    if (at <= offset && (best === null || at > best.at)) best = { member, at };
  }
  if (best === null) return null;
  const inner = bare({ metadata, node: best.member });
  const name = textOf(best.member, 'name') ?? '';
  // What a C library has in its locks is nobody's business: the lock is meant.
  if (insides.has(name)) return offset === 0 ? '' : null;
  const rest = fieldAt(inner, offset - best.at, left);
  if (rest === null) return offset === best.at ? name : null;
  return joined(name, rest);
}

function joined(name: string, rest: string): string {
  if (name === '') return rest;
  return rest === '' || rest.startsWith('[') ? name + rest : `${name}.${rest}`;
}

function elementAt({ metadata, node }: DebugType, offset: number, left: number): string | null {
  const of = metadata.nodeOf(node, 'baseType');
  const list = metadata.nodeOf(node, 'elements');
  if (of === null || list === null) return null;
  const counts = metadata.nodesOf(list).map((range) => numberOf(range, 'count'));
  const element = bare({ metadata, node: of });
  let size = sizeOf(element);
  if (size === 0) return null;
  const index = Math.floor(offset / size);
  const indices: number[] = [];
  let rest = index;
  for (const count of [...counts].reverse()) {
    indices.unshift(counts.length === 1 || count === 0 ? rest : rest % count);
    if (count > 0) rest = Math.floor(rest / count);
  }
  size *= index;
  const inner = fieldAt(element, offset - size, left) ?? '';
  const path = indices.map((one) => `[${one}]`).join('');
  return inner === '' || inner.startsWith('[') ? path + inner : `${path}.${inner}`;
}

/** In bytes; 0 where it is not known. */
export function sizeOf(type: DebugType): number {
  return Math.floor(numberOf(type.node, 'size') / 8);
}

/**
 * What a type is made of that is read and written as one, and where.
 *
 * @param end where the memory ends that has it: an array of no length goes on to there
 */
export function* scalarsOf(
  type: DebugType,
  at = 0,
  end = 0,
  left: number = mostNested,
): Generator<{ readonly offset: number; readonly size: number }> {
  if (left === 0) return;
  const { metadata, node } = type;
  const list = metadata.nodeOf(node, 'elements');
  if (textOf(node, 'tag') === 'DW_TAG_array_type' && list !== null) {
    const of = metadata.nodeOf(node, 'baseType');
    if (of === null) return;
    const element = bare({ metadata, node: of });
    const size = sizeOf(element);
    const count = metadata.nodesOf(list).reduce((all, one) => all * numberOf(one, 'count'), 1);
    const isOpen = count <= 0 && size > 0;
    const all = isOpen ? Math.floor((end - at) / size) : count;
    for (let i = 0; i < all; i++) yield* scalarsOf(element, at + i * size, 0, left - 1);
    return;
  }
  if (!isComposite(type) || list === null) {
    const size = sizeOf(type);
    if (size > 0) yield { offset: at, size };
    return;
  }
  const isUnion = textOf(node, 'tag') === 'DW_TAG_union_type';
  let next = at;
  for (const member of metadata.nodesOf(list)) {
    if (textOf(member, 'tag') !== 'DW_TAG_member') continue;
    const start = at + Math.floor(numberOf(member, 'offset') / 8);
    // Fields of bits lie in one value, and those of a union in one place: the first stands for all.
    if (start < next) continue;
    for (const part of scalarsOf(bare({ metadata, node: member }), start, end, left - 1)) {
      yield part;
      next = part.offset + part.size;
    }
    if (isUnion) return;
  }
}

/** The same of memory that has a type, or several of it one behind the other. */
export function partsOf(
  type: DebugType,
  size: number,
): readonly { readonly offset: number; readonly size: number }[] {
  const parts = [...scalarsOf(type, 0, size)];
  const each = sizeOf(type);
  const isOpen = parts.some((part) => part.offset >= each);
  if (isOpen || each === 0 || size <= each) return parts;
  const all = Array.from({ length: Math.floor(size / each) }, (_, i) =>
    parts.map((part) => ({ offset: i * each + part.offset, size: part.size })),
  );
  return all.flat();
}

/** A field of a structure. */
export interface Field {
  readonly offset: number;
  readonly size: number;
  readonly type: DebugType;
}

const fields = new Answers<string, Field | null>();

/** A field of a structure by its path, `kobj.parent`: where it is, how large, and of which type. */
export function fieldByPath(type: DebugType, path: string): Field | null {
  return fields.of(type, path, () => fieldBehind(type, path));
}

function fieldBehind(type: DebugType, path: string): Field | null {
  let at = type;
  let offset = 0;
  for (const name of path.split('.')) {
    const found = memberNamed(at, name);
    if (found === null) return null;
    offset += found.offset;
    at = found.type;
  }
  return { offset, size: sizeOf(at), type: at };
}

/** A member by its name, also of structures and unions that have none. */
function memberNamed(
  { metadata, node }: DebugType,
  name: string,
  left: number = mostNested,
): { readonly offset: number; readonly type: DebugType } | null {
  if (left === 0) return null;
  const list = metadata.nodeOf(node, 'elements');
  if (list === null) return null;
  for (const member of metadata.nodesOf(list)) {
    if (textOf(member, 'tag') !== 'DW_TAG_member') continue;
    const offset = Math.floor(numberOf(member, 'offset') / 8);
    const type = bare({ metadata, node: member });
    const own = textOf(member, 'name') ?? '';
    if (own === name) return { offset, type };
    if (own !== '') continue;
    const inner = memberNamed(type, name, left - 1);
    if (inner !== null) return { offset: offset + inner.offset, type: inner.type };
  }
  return null;
}
