// Buffers and packages as they are written (ACPI 6.5, 19.6.10 and 19.6.102).

import type { AmlName } from '../grammar/reader.ts';
import type { Term } from '../grammar/term.ts';
import type { AmlNode } from '../tree/node.ts';
import {
  AmlBuffer,
  AmlPackage,
  copyOf,
  Failure,
  integerOf,
  MAX_BUFFER,
  Reference,
  sizeOf,
  Unknown,
  type Value,
} from '../tree/value.ts';
import type { Machine } from './machine.ts';
import { Loose, Named } from './places.ts';
import type { Handler, Run } from './run.ts';

function bufferOfTerm(run: Run, term: Term): Value {
  const size = integerOf(run.operand(term.term(0)), run.machine.width);
  if (size instanceof Unknown) return size;
  const { start, end } = term.span(1);
  const length = Math.max(Number(size), end - start);
  if (length > MAX_BUFFER) throw new Failure('a value that is too large');
  run.machine.work(length >> 3, length >> 6);
  const bytes = new Uint8Array(length);
  bytes.set(run.context.code.bytes.subarray(start, end));
  return new AmlBuffer(bytes);
}

function packageOf(run: Run, term: Term): Value {
  const said =
    term.opcode.name === 'Package'
      ? term.number(0)
      : integerOf(run.operand(term.term(0)), run.machine.width);
  if (said instanceof Unknown) return said;
  if (said > 0xffffn) throw new Failure('a value that is too large');
  run.machine.work(Number(said) >> 3);
  const written = term.elements(1).map((element) => elementOf(run, element));
  const missing = Math.max(Number(said) - written.length, 0);
  return new AmlPackage([...written, ...Array<undefined>(missing)]);
}

/** Names of data are their values; others stay references, to what may come later. */
function elementOf(run: Run, term: Term): Value {
  run.machine.work(1, 0);
  if (term.opcode.name !== 'NameString') return run.value(term);
  const name = term.aml(0);
  const node = run.context.scope.find(name);
  if (node === null) return new Reference(new Late(name, run.context.scope, run.machine));
  const place = new Named(node, run.machine.width);
  const value = run.machine.read(place);
  run.machine.work(sizeOf(value) >> 3);
  return value === node ? new Reference(place) : copyOf(value);
}

/** An object that is looked for when it is asked for. */
class Late extends Loose {
  readonly aml: AmlName;
  readonly #scope: AmlNode;
  readonly #machine: Machine;

  constructor(aml: AmlName, scope: AmlNode, machine: Machine) {
    super(undefined);
    this.aml = aml;
    this.#scope = scope;
    this.#machine = machine;
  }

  get node(): AmlNode | null {
    return this.#scope.find(this.aml);
  }

  override read(): Value {
    const { node } = this;
    if (node === null) return this.#machine.unseen ?? undefined;
    return this.#machine.read(new Named(node, this.#machine.width));
  }
}

/** The object that a reference leads to, null for other places. */
export function nodeIn({ to }: Reference): AmlNode | null {
  return to instanceof Named || to instanceof Late ? to.node : null;
}

export const objects: readonly (readonly [string, Handler])[] = [
  ['Buffer', bufferOfTerm],
  ['Package', packageOf],
  ['VarPackage', packageOf],
];
