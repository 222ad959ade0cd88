// The namespace: objects by name, each below another (ACPI 6.5, 5.3).

import type { AmlName, Span } from '../grammar/reader.ts';
import { type AmlBuffer, type Doubt, Failure, type Unknown, type Value } from './value.ts';

/** The bytes that code is in. */
export interface Code {
  /** To say where something is. */
  readonly table: string;
  readonly bytes: Uint8Array;
}

/** A method, or what Linux answers in place of one. */
export interface Method {
  readonly kind: 'method';
  readonly arity: number;
  readonly body: { readonly code: Code; readonly span: Span } | ((args: Value[]) => Value);
}

/** A piece of memory, I/O or configuration space. */
export interface Region {
  readonly kind: 'region';
  readonly space: number;
  /** Its bytes, where the input has them; what is stored there is not kept. */
  readonly bytesOf: (region: AmlNode) => Uint8Array | null;
  isStored: boolean;
}

/** Bits of a region, of which nothing is known when it is null; in bits. */
export interface FieldUnit {
  readonly kind: 'field';
  readonly of: 'Region' | 'Bank' | 'Index';
  readonly region: AmlNode | null;
  readonly offset: number;
  readonly length: number;
  readonly why: Unknown;
}

/** Bits of a buffer; where they are may not be known. */
export interface BufferField {
  readonly kind: 'buffer-field';
  readonly buffer: AmlBuffer | Unknown;
  readonly offset: number | Unknown;
  readonly length: number;
}

/** Objects without anything that code could read. */
export interface Plain {
  readonly kind: 'scope' | 'device' | 'processor' | 'power' | 'thermal' | 'mutex' | 'untyped';
}

export interface Event {
  readonly kind: 'event';
  signals: number;
}

export interface Alias {
  readonly kind: 'alias';
  readonly of: AmlNode;
}

export interface Data {
  readonly kind: 'data';
  value: Value;
}

export type Content = Method | Region | FieldUnit | BufferField | Plain | Event | Alias | Data;

const scopes: readonly Content['kind'][] = ['scope', 'device', 'processor', 'power', 'thermal'];

/** Longer than any real path, counted in segments. */
const MAX_LEVEL = 255;

export class AmlNode {
  readonly name: string;
  readonly parent: AmlNode | null;
  readonly children: Map<string, AmlNode> = new Map();
  readonly born: Doubt | null;
  /** When it was made. */
  readonly age: number;
  readonly level: number;
  content: Content;

  constructor(
    name: string,
    parent: AmlNode | null,
    content: Content,
    since: { readonly born: Doubt | null; readonly age: number } = { born: null, age: 0 },
  ) {
    this.name = name;
    this.parent = parent;
    this.content = content;
    this.born = since.born;
    this.age = since.age;
    this.level = parent === null ? 0 : parent.level + 1;
    if (this.level > MAX_LEVEL) throw new Failure('a path that is too long');
  }

  /** As Linux and IORT spell it: `\_SB_.PCI0`. */
  get path(): string {
    const names: string[] = [];
    for (let node: AmlNode = this; node.parent !== null; node = node.parent) names.push(node.name);
    return `\\${names.reverse().join('.')}`;
  }

  /** Whether terms can be in it. */
  get isScope(): boolean {
    return scopes.includes(this.content.kind);
  }

  /** An object in place of what it is an alias of. */
  get target(): AmlNode {
    return this.content.kind === 'alias' ? this.content.of : this;
  }

  /** The object that a name means, seen from here: one segment alone is looked for further up. */
  find({ absolute, up, segments }: AmlName): AmlNode | null {
    const [only] = segments;
    if (!absolute && up === 0 && segments.length === 1 && only !== undefined) {
      for (let scope: AmlNode | null = this; scope !== null; scope = scope.parent) {
        const found = scope.children.get(only);
        if (found !== undefined) return found.target;
      }
      return null;
    }
    let node: AmlNode | null = this.base(absolute, up);
    for (const segment of segments) node = node?.children.get(segment)?.target ?? null;
    return node;
  }

  /** Where a name begins. */
  base(absolute: boolean, up: number): AmlNode | null {
    let node: AmlNode | null = this;
    if (absolute) while (node.parent !== null) node = node.parent;
    for (let level = 0; level < up && node !== null; level++) node = node.parent;
    return node;
  }
}

/** As it is written, for messages. */
export function spelled({ absolute, up, segments }: AmlName): string {
  return `${absolute ? '\\' : '^'.repeat(up)}${segments.join('.')}`;
}

export function missing(name: AmlName): Failure {
  return new Failure(`there is no ${spelled(name)}`);
}
