// What terms need of the code that they are in.

import type { AmlName } from '../grammar/reader.ts';
import type { Term } from '../grammar/term.ts';
import { type AmlNode, missing } from '../tree/node.ts';
import type { Place, Unknown, Value } from '../tree/value.ts';
import type { Context } from './frame.ts';
import type { Machine } from './machine.ts';
import { Loose } from './places.ts';

/** Terms are evaluated in a context. */
export interface Run {
  readonly machine: Machine;
  readonly context: Context;
  /** What a term gives; undefined where that is nothing. */
  value(term: Term): Value;
  /** What it gives as an operand, which has to be something. */
  operand(term: Term): Value;
  /** Where a store to it goes; null where nothing is to be stored. */
  place(term: Term): Place | null;
  /** Store a value, made what the place holds or as it is. */
  store(place: Place, value: Value, conversion: boolean): void;
}

/** Does what an opcode says. */
export type Handler = (run: Run, term: Term) => Value;

/** It is not known where. */
export class Nowhere extends Loose {
  readonly why: Unknown;

  constructor(why: Unknown) {
    super(why);
    this.why = why;
  }
}

/** The object that a name means. */
export function nodeOf({ machine, context: { scope } }: Run, name: AmlName): AmlNode | Unknown {
  const found = scope.find(name) ?? machine.unseen;
  if (found === null) throw missing(name);
  return found;
}

export function byText({ context: { scope } }: Run, text: string): AmlNode {
  const [, root, up = '', path = ''] = /^(\\?)(\^*)(.*)$/s.exec(text) ?? [];
  const segments = path === '' ? [] : path.split('.').map((segment) => segment.padEnd(4, '_'));
  const name = { absolute: root === '\\', up: up.length, segments };
  const found = scope.find(name);
  if (found === null) throw missing(name);
  return found;
}
