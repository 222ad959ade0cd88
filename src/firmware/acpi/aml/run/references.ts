// References, and what is behind them (ACPI 6.5, 19.6.25, 19.6.31, 19.6.62 and 19.6.116).

import type { Term } from '../grammar/term.ts';
import {
  AmlBuffer,
  AmlPackage,
  AmlText,
  Failure,
  integerOf,
  isCertain,
  Reference,
  Unknown,
  type Value,
} from '../tree/value.ts';
import { ones, sizeIn } from './operators.ts';
import { Byte, Element, Named, Slot, Some } from './places.ts';
import { byText, type Handler, Nowhere, type Run } from './run.ts';

function step(by: bigint): Handler {
  return (run, term) => {
    const place = run.place(term.term(0));
    if (place === null) throw new Failure('no place');
    const number = integerOf(run.machine.read(place), run.machine.width);
    const next = number instanceof Unknown ? number : (number + by) & ones(run.machine.width);
    run.store(place, next, true);
    return next;
  };
}

function indexOf(run: Run, term: Term): Value {
  const source = run.operand(term.term(0));
  const index = integerOf(run.operand(term.term(1)), run.machine.width);
  run.machine.work(1);
  const found = elementAt(source, index);
  const place = run.place(term.term(2));
  if (place !== null) run.store(place, found, false);
  return found;
}

function elementAt(source: Value, index: bigint | Unknown): Value {
  if (source instanceof Unknown) return source;
  if (source instanceof AmlPackage || source instanceof AmlBuffer || source instanceof AmlText) {
    if (index instanceof Unknown) {
      return source instanceof AmlText ? index : new Reference(new Some(source, index), true);
    }
    const length = sizeIn(source);
    if (typeof length === 'bigint' && index >= length) throw new Failure('an index too large');
    const at = Number(index);
    const to = source instanceof AmlPackage ? new Element(source, at) : new Byte(source, at);
    return new Reference(to, true);
  }
  throw new Failure('an index into what has no elements');
}

function dereference(run: Run, term: Term): Value {
  const value = run.value(term.term(0));
  if (value instanceof Unknown) return value;
  if (value instanceof AmlText) return run.machine.valueAt(byText(run, value.text), []);
  if (!(value instanceof Reference)) throw new Failure('no reference');
  const found = run.machine.read(value.to);
  if (found === undefined) throw new Failure('a reference to nothing');
  return found;
}

function reference(run: Run, term: Term): Value {
  const place = run.place(term.term(0));
  if (place === null) throw new Failure('a reference to nothing');
  const held = place instanceof Slot && place.isArgument ? place.read() : undefined;
  if (held instanceof Reference) return held;
  return place instanceof Nowhere ? place.why : new Reference(place);
}

function conditionalReference(run: Run, term: Term): Value {
  const of = term.term(0);
  const node = of.opcode.name === 'NameString' ? run.context.scope.find(of.aml(0)) : null;
  if (of.opcode.name === 'NameString') {
    if (node === null) return run.machine.unseen ?? 0n;
    if (!isCertain(node.born, run.machine.doubt)) return node.born?.why;
  }
  const found = reference(run, term);
  const place = run.place(term.term(1));
  if (place !== null) run.store(place, found, false);
  return found instanceof Unknown ? found : ones(run.machine.width);
}

/** What is in a place, behind references too. */
export function held(run: Run, term: Term): Value {
  const place = run.place(term.term(0));
  let value = place === null ? undefined : run.machine.read(place);
  for (let level = 0; value instanceof Reference && level < 8; level++) {
    value = run.machine.read(value.to);
  }
  return value;
}

const typeNumbers: Readonly<Record<string, bigint>> = {
  field: 5n,
  device: 6n,
  event: 7n,
  method: 8n,
  mutex: 9n,
  region: 10n,
  power: 11n,
  processor: 12n,
  thermal: 13n,
  'buffer-field': 14n,
};

function typeOf(run: Run, term: Term): Value {
  const place = run.place(term.term(0));
  const kind = place instanceof Named ? place.node.content.kind : 'data';
  const number = typeNumbers[kind];
  if (number !== undefined) return number;
  const value = held(run, term);
  if (value instanceof Unknown) return value;
  if (typeof value === 'bigint') return 1n;
  if (value instanceof AmlText) return 2n;
  if (value instanceof AmlBuffer) return 3n;
  if (value instanceof AmlPackage) return 4n;
  if (value === undefined || value instanceof Reference) return 0n;
  return typeNumbers[value.content.kind] ?? 0n;
}

export const references: readonly (readonly [string, Handler])[] = [
  ['RefOf', reference],
  ['CondRefOf', conditionalReference],
  ['DerefOf', dereference],
  ['Index', indexOf],
  ['Increment', step(1n)],
  ['Decrement', step(-1n)],
  ['SizeOf', (run, term) => sizeIn(held(run, term))],
  ['ObjectType', typeOf],
];
