// Terms that have a value, and places that terms mean (ACPI 6.5, 19.6).

import type { Term } from '../grammar/term.ts';
import type { AmlNode, FieldUnit } from '../tree/node.ts';
import {
  AmlText,
  copyOf,
  Failure,
  isCertain,
  isSame,
  type Place,
  Reference,
  sizeOf,
  Unknown,
  type Value,
} from '../tree/value.ts';
import type { Context } from './frame.ts';
import type { Machine } from './machine.ts';
import { objects } from './objects.ts';
import { match, ones, operators } from './operators.ts';
import { Byte, converted, Loose, Named, Slot } from './places.ts';
import { references } from './references.ts';
import { byText, type Handler, Nowhere, nodeOf, type Run } from './run.ts';
import { system } from './system.ts';

/** Evaluates the terms of a context. */
export class Evaluation implements Run {
  readonly machine: Machine;
  readonly context: Context;

  constructor(machine: Machine, context: Context) {
    this.machine = machine;
    this.context = context;
  }

  value(term: Term): Value {
    const { machine } = this;
    return machine.deeper(() => {
      const { name, operands } = term.opcode;
      const handler = handlers.get(name);
      if (handler !== undefined) return handler(this, term);
      const operator = operators.get(name);
      if (operator === undefined) throw new Failure(`${name} in place of a value`);
      machine.work(1);
      const count = operands.filter((operand) => operand === 'term').length;
      const args = operands.slice(0, count).map((_, index) => this.operand(term.term(index)));
      for (const arg of args) machine.work(sizeOf(arg) >> 3);
      const found = operator(machine.width, ...args);
      const results = Array.isArray(found) ? (found as readonly Value[]) : [found as Value];
      for (const [index, target] of term.termsFrom(count).entries()) {
        const place = this.place(target);
        const result = found instanceof Unknown ? found : results[index];
        if (place !== null) this.store(place, result, true);
      }
      return results.at(-1);
    });
  }

  /** Of references, ACPICA follows none but those of Index into a package. */
  operand(term: Term): Value {
    let value = this.value(term);
    if (value instanceof Reference && term.opcode.name === 'Index' && !(value.to instanceof Byte)) {
      value = this.machine.read(value.to);
    }
    if (value === undefined) throw new Failure('nothing in place of a value');
    if (value instanceof Reference) throw new Failure('a reference in place of a value');
    return value;
  }

  place(term: Term): Place | null {
    const { machine, context } = this;
    const { name, code } = term.opcode;
    const { locals, args } = context.frame;
    if (name === 'NullName') return null;
    if (name === 'Local') return new Slot(locals, code - 0x60, context.frame);
    if (name === 'Arg') return new Slot(args, code - 0x68, context.frame);
    if (name === 'Debug') return new Loose(undefined);
    if (name === 'NameString') {
      const node = nodeOf(this, term.aml(0));
      return node instanceof Unknown ? new Nowhere(node) : new Named(node, machine.width);
    }
    const of = name === 'DerefOf' ? term.term(0) : term;
    const value = this.value(of);
    if (value instanceof Reference) return value.to;
    if (value instanceof Unknown) return new Nowhere(value);
    if (name === 'DerefOf' && value instanceof AmlText) {
      return new Named(byText(this, value.text), machine.width);
    }
    return new Loose(value);
  }

  store(place: Place, value: Value, conversion: boolean): void {
    const { machine } = this;
    machine.work(1 + (sizeOf(value) >> 3));
    if (value === undefined) throw new Failure('nothing in place of a value');
    if (place instanceof Nowhere) {
      machine.lose(place.why);
      return;
    }
    if (place instanceof Named && place.node.content.kind === 'field') {
      this.#storeOutside(place.node.content);
      return;
    }
    const old = place.read();
    if (place instanceof Slot && place.isArgument && old instanceof Reference && !old.indexed) {
      machine.deeper(() => this.store(old.to, value, conversion));
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

  /** What a register is after a store only the machine knows. */
  #storeOutside({ region }: FieldUnit): void {
    const content = region?.content;
    if (content?.kind !== 'region' || content.isStored) return;
    content.isStored = true;
    this.machine.changes++;
  }
}

function isFixed({ content }: AmlNode): boolean {
  return !['data', 'untyped', 'buffer-field'].includes(content.kind);
}

function bitsOf({ content }: AmlNode): number {
  return content.kind === 'buffer-field' ? content.length : 0;
}

/** A constant, whatever the width of integers is. */
function constant(of: (term: Term) => bigint): Handler {
  return ({ machine }, term) => of(term) & ones(machine.width);
}

const nothing: Handler = () => undefined;

/** Terms whose operands are looked at, and that have no effect here. */
function ignoring(value: Value): Handler {
  return (run, term) => {
    for (const [index, operand] of term.opcode.operands.entries()) {
      if (operand === 'term') run.operand(term.term(index));
    }
    return value;
  };
}

function storing(conversion: boolean): Handler {
  return (run, term) => {
    const value = run.value(term.term(0));
    const place = run.place(term.term(1));
    if (place !== null) run.store(place, value, conversion);
    return value;
  };
}

function slot(run: Run, term: Term): Value {
  const value = run.place(term)?.read();
  if (value === undefined) throw new Failure(`a ${term.opcode.name} that nothing was stored in`);
  return value;
}

function named(run: Run, term: Term): Value {
  const node = nodeOf(run, term.aml(0));
  if (node instanceof Unknown) return node;
  const args = term.termsFrom(1).map((arg) => run.value(arg));
  return run.machine.valueAt(node, args);
}

/** Its conditions are numbers, and the operands behind them. */
function matchOf(run: Run, term: Term): Value {
  const [value, first, second, start] = [0, 2, 4, 5].map((index) => run.operand(term.term(index)));
  run.machine.work(sizeOf(value));
  const conditions = [
    [term.number(1), first],
    [term.number(3), second],
  ] as const;
  return match(run.machine.width, value, conditions, start);
}

const handlers: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ...objects,
  ...references,
  ...system,
  ['Zero', constant(() => 0n)],
  ['One', constant(() => 1n)],
  ['Ones', ({ machine }) => ones(machine.width)],
  ...['Byte', 'Word', 'DWord', 'QWord'].map((name): [string, Handler] => [
    name,
    constant((term) => term.number(0)),
  ]),
  ['String', (_machine, term) => new AmlText(term.text(0))],
  ['Revision', constant(() => 0x2020_0925n)],
  ['NameString', named],
  ['Local', slot],
  ['Arg', slot],
  ['Store', storing(true)],
  ['CopyObject', storing(false)],
  ['Match', matchOf],
  ['Acquire', ignoring(0n)],
  ['Release', nothing],
  ['Timer', () => new Unknown('the time')],
  ...['Fatal', 'Notify', 'Stall', 'Sleep'].map((name): [string, Handler] => [
    name,
    ignoring(undefined),
  ]),
  ...['Noop', 'BreakPoint', 'Unload', 'Debug'].map((name): [string, Handler] => [name, nothing]),
]);
