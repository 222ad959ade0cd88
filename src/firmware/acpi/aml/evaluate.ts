// Terms that have a value, and places that terms mean (ACPI 6.5, 19.6).

import type { Context, Machine } from './machine.ts';
import { type AmlNode, missing } from './node.ts';
import { match, ones, operators, sizeIn } from './operators.ts';
import { Byte, converted, Element, Loose, Named, Slot, Some } from './places.ts';
import type { AmlName } from './reader.ts';
import type { Term } from './term.ts';
import {
  AmlBuffer,
  AmlPackage,
  AmlText,
  copyOf,
  Failure,
  integerOf,
  isCertain,
  isSame,
  MAX_BUFFER,
  type Place,
  Reference,
  sizeOf,
  textOf,
  Unknown,
  type Value,
} from './value.ts';

type Handler = (machine: Machine, term: Term, context: Context) => Value;

/** What a term gives; undefined where that is nothing. */
export function valueOf(machine: Machine, term: Term, context: Context): Value {
  return machine.deeper(() => {
    const { name, operands } = term.opcode;
    const handler = handlers.get(name);
    if (handler !== undefined) return handler(machine, term, context);
    const operator = operators.get(name);
    if (operator === undefined) throw new Failure(`${name} in place of a value`);
    machine.work(1);
    const count = operands.filter((operand) => operand === 'term').length;
    const args = operands
      .slice(0, count)
      .map((_, index) => operandOf(machine, term.term(index), context));
    for (const arg of args) machine.work(sizeOf(arg) >> 3);
    const found = operator(machine.width, ...args);
    const results = Array.isArray(found) ? (found as readonly Value[]) : [found as Value];
    for (const [index, target] of term.termsFrom(count).entries()) {
      const place = placeOf(machine, target, context);
      const result = found instanceof Unknown ? found : results[index];
      if (place !== null) store(machine, place, result, true);
    }
    return results.at(-1);
  });
}

/** The value of an operand. Of references, ACPICA follows none but those of Index into a package. */
export function operandOf(machine: Machine, term: Term, context: Context): Value {
  let value = valueOf(machine, term, context);
  if (value instanceof Reference && term.opcode.name === 'Index' && !(value.to instanceof Byte)) {
    value = machine.read(value.to);
  }
  if (value === undefined) throw new Failure('nothing in place of a value');
  if (value instanceof Reference) throw new Failure('a reference in place of a value');
  return value;
}

/** Where a store to the term goes; null where it says that nothing is to be stored. */
function placeOf(machine: Machine, term: Term, context: Context): Place | null {
  const { name, code } = term.opcode;
  const { locals, args } = context.frame;
  if (name === 'NullName') return null;
  if (name === 'Local') return new Slot(locals, code - 0x60, context.frame);
  if (name === 'Arg') return new Slot(args, code - 0x68, context.frame);
  if (name === 'Debug') return new Loose(undefined);
  if (name === 'NameString') {
    const node = nodeOf(machine, term.aml(0), context);
    return node instanceof Unknown ? new Nowhere(node) : new Named(node, machine.width);
  }
  const of = name === 'DerefOf' ? term.term(0) : term;
  const value = valueOf(machine, of, context);
  if (value instanceof Reference) return value.to;
  if (value instanceof Unknown) return new Nowhere(value);
  if (name === 'DerefOf' && value instanceof AmlText) {
    return new Named(byText(value.text, context), machine.width);
  }
  return new Loose(value);
}

/** It is not known where. */
class Nowhere extends Loose {
  readonly why: Unknown;

  constructor(why: Unknown) {
    super(why);
    this.why = why;
  }
}

/** The object that a name means. */
function nodeOf(machine: Machine, name: AmlName, { scope }: Context): AmlNode | Unknown {
  const found = scope.find(name) ?? machine.unseen;
  if (found === null) throw missing(name);
  return found;
}

function byText(text: string, { scope }: Context): AmlNode {
  const [, root, up = '', path = ''] = /^(\\?)(\^*)(.*)$/s.exec(text) ?? [];
  const segments = path === '' ? [] : path.split('.').map((segment) => segment.padEnd(4, '_'));
  const name = { absolute: root === '\\', up: up.length, segments };
  const found = scope.find(name);
  if (found === null) throw missing(name);
  return found;
}

/** Store a value; as what the place holds, or `as` it is. */
function store(machine: Machine, place: Place, value: Value, conversion: boolean): void {
  machine.work(1 + (sizeOf(value) >> 3));
  if (value === undefined) throw new Failure('nothing in place of a value');
  if (place instanceof Nowhere) {
    machine.lose(place.why);
    return;
  }
  if (place instanceof Named && place.node.content.kind === 'field') return;
  const old = place.read();
  if (place instanceof Slot && place.isArgument && old instanceof Reference && !old.indexed) {
    machine.deeper(() => store(machine, old.to, value, conversion));
    return;
  }
  if (place instanceof Named && conversion && isFixed(place.node)) {
    throw new Failure('a store to what holds no value');
  }
  const fitting = conversion && place instanceof Named;
  let now = fitting ? converted(value, old, machine.width) : value;
  now = copyOf(now);
  if (!isCertain(machine.doubt, place.born)) {
    if (isSame(old, now)) return;
    now = machine.poison(place, old);
  }
  machine.work(place instanceof Named ? bitsOf(place.node) >> 6 : 0);
  if (!(place instanceof Slot || isSame(old, now))) machine.changes++;
  place.write(now);
}

function isFixed({ content }: AmlNode): boolean {
  return !['data', 'untyped', 'buffer-field'].includes(content.kind);
}

function bitsOf({ content }: AmlNode): number {
  return content.kind === 'buffer-field' ? content.length : 0;
}

/** A constant, whatever the width of integers is. */
function constant(of: (term: Term) => bigint): Handler {
  return (machine, term) => of(term) & ones(machine.width);
}

const nothing: Handler = () => undefined;

/** Terms whose operands are looked at, and that have no effect here. */
function ignoring(value: Value): Handler {
  return (machine, term, context) => {
    for (const [index, operand] of term.opcode.operands.entries()) {
      if (operand === 'term') operandOf(machine, term.term(index), context);
    }
    return value;
  };
}

function step(by: bigint): Handler {
  return (machine, term, context) => {
    const place = placeOf(machine, term.term(0), context);
    if (place === null) throw new Failure('no place');
    const number = integerOf(machine.read(place), machine.width);
    const next = number instanceof Unknown ? number : (number + by) & ones(machine.width);
    store(machine, place, next, true);
    return next;
  };
}

function storing(conversion: boolean): Handler {
  return (machine, term, context) => {
    const value = valueOf(machine, term.term(0), context);
    const place = placeOf(machine, term.term(1), context);
    if (place !== null) store(machine, place, value, conversion);
    return value;
  };
}

function bufferOfTerm(machine: Machine, term: Term, context: Context): Value {
  const size = integerOf(operandOf(machine, term.term(0), context), machine.width);
  if (size instanceof Unknown) return size;
  const { start, end } = term.span(1);
  const length = Math.max(Number(size), end - start);
  if (length > MAX_BUFFER) throw new Failure('a value that is too large');
  machine.work(length >> 3);
  const bytes = new Uint8Array(length);
  bytes.set(context.code.bytes.subarray(start, end));
  return new AmlBuffer(bytes);
}

function packageOf(machine: Machine, term: Term, context: Context): Value {
  const said =
    term.opcode.name === 'Package'
      ? term.number(0)
      : integerOf(operandOf(machine, term.term(0), context), machine.width);
  if (said instanceof Unknown) return said;
  if (said > 0xffffn) throw new Failure('a value that is too large');
  machine.work(Number(said) >> 3);
  const written = term.elements(1).map((element) => elementOf(machine, element, context));
  const missing = Math.max(Number(said) - written.length, 0);
  return new AmlPackage([...written, ...Array<undefined>(missing)]);
}

/** Names of data are their values; others stay references, to what may come later. */
function elementOf(machine: Machine, term: Term, context: Context): Value {
  machine.work(1);
  if (term.opcode.name !== 'NameString') return valueOf(machine, term, context);
  const name = term.aml(0);
  const node = context.scope.find(name);
  if (node === null) return new Reference(new Late(name, context.scope, machine));
  const place = new Named(node, machine.width);
  const value = machine.read(place);
  machine.work(sizeOf(value) >> 3);
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

function indexOf(machine: Machine, term: Term, context: Context): Value {
  const source = operandOf(machine, term.term(0), context);
  const index = integerOf(operandOf(machine, term.term(1), context), machine.width);
  machine.work(1);
  const found = elementAt(source, index);
  const place = placeOf(machine, term.term(2), context);
  if (place !== null) store(machine, place, found, false);
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

function dereference(machine: Machine, term: Term, context: Context): Value {
  const value = valueOf(machine, term.term(0), context);
  if (value instanceof Unknown) return value;
  if (value instanceof AmlText) return machine.valueAt(byText(value.text, context), []);
  if (!(value instanceof Reference)) throw new Failure('no reference');
  const found = machine.read(value.to);
  if (found === undefined) throw new Failure('a reference to nothing');
  return found;
}

function reference(machine: Machine, term: Term, context: Context): Value {
  const place = placeOf(machine, term.term(0), context);
  if (place === null) throw new Failure('a reference to nothing');
  const held = place instanceof Slot && place.isArgument ? place.read() : undefined;
  if (held instanceof Reference) return held;
  return place instanceof Nowhere ? place.why : new Reference(place);
}

function conditionalReference(machine: Machine, term: Term, context: Context): Value {
  const of = term.term(0);
  const node = of.opcode.name === 'NameString' ? context.scope.find(of.aml(0)) : null;
  if (of.opcode.name === 'NameString') {
    if (node === null) return machine.unseen ?? 0n;
    if (!isCertain(node.born, machine.doubt)) return node.born?.why;
  }
  const found = reference(machine, term, context);
  const place = placeOf(machine, term.term(1), context);
  if (place !== null) store(machine, place, found, false);
  return found instanceof Unknown ? found : ones(machine.width);
}

function held(machine: Machine, term: Term, context: Context): Value {
  const place = placeOf(machine, term.term(0), context);
  let value = place === null ? undefined : machine.read(place);
  for (let level = 0; value instanceof Reference && level < 8; level++) {
    value = machine.read(value.to);
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

function typeOf(machine: Machine, term: Term, context: Context): Value {
  const place = placeOf(machine, term.term(0), context);
  const kind = place instanceof Named ? place.node.content.kind : 'data';
  const number = typeNumbers[kind];
  if (number !== undefined) return number;
  const value = held(machine, term, context);
  if (value instanceof Unknown) return value;
  if (typeof value === 'bigint') return 1n;
  if (value instanceof AmlText) return 2n;
  if (value instanceof AmlBuffer) return 3n;
  if (value instanceof AmlPackage) return 4n;
  if (value === undefined || value instanceof Reference) return 0n;
  return typeNumbers[value.content.kind] ?? 0n;
}

function slot(machine: Machine, term: Term, context: Context): Value {
  const value = placeOf(machine, term, context)?.read();
  if (value === undefined) throw new Failure(`a ${term.opcode.name} that nothing was stored in`);
  return value;
}

function named(machine: Machine, term: Term, context: Context): Value {
  const node = nodeOf(machine, term.aml(0), context);
  if (node instanceof Unknown) return node;
  const args = term.termsFrom(1).map((arg) => valueOf(machine, arg, context));
  return machine.valueAt(node, args);
}

const unseenTable = 'a table that code loads from memory';

function load(machine: Machine, term: Term, context: Context): Value {
  const value = held(machine, term, context);
  if (value instanceof AmlBuffer && value.unknown === null) {
    return machine.loadBytes(value.bytes, context.scope) ? ones(machine.width) : 0n;
  }
  machine.gap(context.code, term.offset, `${unseenTable} is not read`);
  machine.changes++;
  machine.unseen ??= new Unknown(unseenTable);
  return machine.unseen;
}

function loadTable(machine: Machine, term: Term, context: Context): Value {
  const [signature, oem, table] = [0, 1, 2].map((index) =>
    textOf(operandOf(machine, term.term(index), context), machine.width),
  );
  if (typeof signature !== 'string' || typeof oem !== 'string' || typeof table !== 'string') {
    machine.changes++;
    machine.unseen ??= new Unknown(unseenTable);
    return machine.unseen;
  }
  return machine.loadTable(signature, oem, table) ? ones(machine.width) : 0n;
}

/** Its conditions are numbers, and the operands behind them. */
function matchOf(machine: Machine, term: Term, context: Context): Value {
  const [value, first, second, start] = [0, 2, 4, 5].map((index) =>
    operandOf(machine, term.term(index), context),
  );
  machine.work(sizeOf(value));
  const conditions = [
    [term.number(1), first],
    [term.number(3), second],
  ] as const;
  return match(machine.width, value, conditions, start);
}

function wait(machine: Machine, term: Term, context: Context): Value {
  operandOf(machine, term.term(1), context);
  const place = placeOf(machine, term.term(0), context);
  const event = place instanceof Named ? place.node.content : null;
  if (event?.kind !== 'event') throw new Failure('no event');
  machine.changes++;
  if (event.signals === 0) return ones(machine.width);
  event.signals--;
  return 0n;
}

function signal(of: (signals: number) => number): Handler {
  return (machine, term, context) => {
    const place = placeOf(machine, term.term(0), context);
    const event = place instanceof Named ? place.node.content : null;
    if (event?.kind !== 'event') throw new Failure('no event');
    machine.changes++;
    event.signals = of(event.signals);
    return undefined;
  };
}

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Zero', constant(() => 0n)],
  ['One', constant(() => 1n)],
  ['Ones', (machine) => ones(machine.width)],
  ...['Byte', 'Word', 'DWord', 'QWord'].map((name): [string, Handler] => [
    name,
    constant((term) => term.number(0)),
  ]),
  ['String', (_machine, term) => new AmlText(term.text(0))],
  ['Revision', constant(() => 0x2020_0925n)],
  ['Buffer', bufferOfTerm],
  ['Package', packageOf],
  ['VarPackage', packageOf],
  ['NameString', named],
  ['Local', slot],
  ['Arg', slot],
  ['Store', storing(true)],
  ['CopyObject', storing(false)],
  ['RefOf', reference],
  ['CondRefOf', conditionalReference],
  ['DerefOf', dereference],
  ['Index', indexOf],
  ['Increment', step(1n)],
  ['Decrement', step(-1n)],
  ['SizeOf', (machine, term, context) => sizeIn(held(machine, term, context))],
  ['ObjectType', typeOf],
  ['Match', matchOf],
  ['Load', load],
  ['LoadTable', loadTable],
  ['Acquire', ignoring(0n)],
  ['Release', nothing],
  ['Signal', signal((signals) => signals + 1)],
  ['Reset', signal(() => 0)],
  ['Wait', wait],
  ['Timer', () => new Unknown('the time')],
  [
    'Fatal',
    () => {
      throw new Failure('Fatal');
    },
  ],
  ...['Notify', 'Stall', 'Sleep'].map((name): [string, Handler] => [name, ignoring(undefined)]),
  ...['Noop', 'BreakPoint', 'Unload', 'Debug'].map((name): [string, Handler] => [name, nothing]),
]);
