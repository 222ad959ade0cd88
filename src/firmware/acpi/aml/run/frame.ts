// Code that runs: calls of methods, loads of tables, and what is known of where they go.

import type { AmlNode, Code } from '../tree/node.ts';
import { AmlText, copyOf, type Doubt, Unknown, type Value } from '../tree/value.ts';

/** Where code that ran goes on. */
export type Flow = 'next' | 'return' | 'break' | 'continue';

/** One call of a method, or the load of a table. */
export interface Frame {
  readonly kind: 'table' | 'method';
  readonly born: Doubt | null;
  readonly locals: Value[];
  readonly args: Value[];
  /** What it may return. */
  readonly results: Value[];
  /** Objects that end with it. */
  readonly created: AmlNode[];
  /** When it began. */
  readonly age: number;
  /** Since when it may have returned. */
  left: Doubt | null;
  /** What the way that it took depends on. */
  why: Unknown | null;
}

export function frameOf(
  kind: Frame['kind'],
  born: Doubt | null,
  args: Value[],
  age: number,
): Frame {
  const locals: Value[] = Array.from({ length: 8 }, () => undefined);
  return { kind, born, locals, args, results: [], created: [], age, left: null, why: null };
}

/** Where code runs. */
export interface Context {
  readonly frame: Frame;
  readonly scope: AmlNode;
  readonly code: Code;
  /** The loop that it is in, and since when that may have ended. */
  readonly loop: { left: Doubt | null } | null;
}

/** A loop that runs until nothing that is older than it stops being known. */
export interface Settling {
  readonly age: number;
  changed: boolean;
  /** Something changed whose age is not kept. */
  strange: boolean;
}

/** Something that was not read. */
export interface Gap {
  readonly table: string;
  readonly offset: number;
  readonly message: string;
}

/** What calls gave that changed nothing. Where both ways of a condition are followed, many are alike. */
export class Calls {
  readonly #results = new Map<AmlNode, Map<string, Value>>();
  #changes = 0;

  /** What the same call gave, if nothing has changed since; null when there was none. */
  again(node: AmlNode, args: readonly Value[], changes: number): { result: Value } | null {
    if (this.#changes !== changes) this.#results.clear();
    this.#changes = changes;
    const results = this.#results.get(node);
    if (results === undefined || !args.every(isPlain)) return null;
    const key = keyOf(args);
    return results.has(key) ? { result: copyOf(results.get(key)) } : null;
  }

  /** Only what no later code can change. */
  keep(node: AmlNode, args: readonly Value[], result: Value): void {
    if (!isPlain(result) || !args.every(isPlain)) return;
    const results = this.#results.get(node) ?? new Map<string, Value>();
    this.#results.set(node, results.set(keyOf(args), result));
  }
}

function isPlain(value: Value): boolean {
  const data = typeof value === 'bigint' || value instanceof AmlText;
  return data || value instanceof Unknown || value === undefined;
}

function keyOf(args: readonly Value[]): string {
  return args
    .map((arg) => {
      if (typeof arg === 'bigint') return `${arg}`;
      if (arg instanceof AmlText) return JSON.stringify(arg.text);
      return arg instanceof Unknown ? '?' : '-';
    })
    .join(' ');
}
