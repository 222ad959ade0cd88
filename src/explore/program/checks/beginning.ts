import { ModelError } from '../failure.ts';
import { Cell } from '../objects/cell.ts';
import { Struct } from '../objects/heap.ts';
import { Shared } from '../objects/shared.ts';
import type { Start } from '../program.ts';
import type { TaskState } from '../task.ts';
import { describeValue } from '../text.ts';
import type { World } from '../world.ts';
import { gist } from './alike.ts';

/** Two executions of one program that should be the same have seen something differently. */
export class NotDeterministic extends ModelError {
  constructor(what: string) {
    super(
      `the program is not deterministic: ${what}. ` +
        'Setup and tasks may depend on nothing but what they read from cells.',
    );
  }
}

type Entry = (what: string, value: unknown) => void;

/**
 * What an execution begins with: the objects that setup has made and what is in them, tasks and the
 * first step of each, properties. Every execution of a program begins with the same.
 */
export class Beginning {
  /** What each entry is about, and its value, in turn. */
  readonly #entries: unknown[] = [];

  /** @throws NotDeterministic when it is not what it was the first time */
  check(world: World, start: Start, tasks: readonly (TaskState | undefined)[]): void {
    const entries = this.#entries;
    if (entries.length === 0) {
      visit(world, start, tasks, (what, value) => entries.push(what, value));
      return;
    }
    let at = 0;
    visit(world, start, tasks, (what, value) => {
      if (entries[at] !== what || !Object.is(entries[at + 1], value))
        throw differs(what, value, entries[at] === what ? entries[at + 1] : undefined);
      at += 2;
    });
    if (at !== entries.length) throw differs(entries[at] as string, undefined, entries[at + 1]);
  }

  /** The same text for the same beginning, in another process, too. */
  digest(): string {
    return digestOf(this.#entries.map((entry) => String(entry)).join('\n'));
  }
}

function visit(
  { roots, heap }: World,
  { tasks, properties = [] }: Start,
  started: readonly (TaskState | undefined)[],
  entry: Entry,
): void {
  entry('the number of objects', roots.length);
  for (const root of roots) if (root instanceof Shared) visitObject(root, entry);
  for (const object of heap) if (object instanceof Struct) visitObject(object, entry);
  entry('the number of tasks', tasks.length);
  tasks.forEach(({ name, spared = false }, i) => {
    entry('the name of a task', name);
    entry('spared of a task', spared);
    const step = started[i]?.pending ?? null;
    entry('the first step of a task', step === null ? -1 : step.address * 16 + step.kind);
  });
  entry('the number of properties', properties.length);
  for (const property of properties) {
    entry('the kind of a property', property.kind);
    entry('the name of a property', property.name);
    if (property.kind !== 'always') continue;
    for (const { label } of property.watched) entry('what a property watches', label);
  }
}

function visitObject(object: Shared, entry: Entry): void {
  entry('the name of an object', object.label);
  if (object instanceof Cell) visitCell(object, entry);
  else if (object instanceof Struct) for (const cell of object.cells) visitCell(cell, entry);
}

function visitCell(cell: Cell<unknown>, entry: Entry): void {
  if (Object.getOwnPropertyDescriptor(cell, 'value')?.get !== undefined)
    throw new ModelError(`${cell.text} says itself what is in a cell`);
  entry(cell.label, comparable(cell.value));
}

/** Objects by what there is to them: two executions cannot have the same. */
function comparable(value: unknown): unknown {
  const isSame = (typeof value !== 'object' || value === null) && typeof value !== 'function';
  return isSame && typeof value !== 'symbol' ? value : gist(value);
}

function differs(what: string, now: unknown, first: unknown): NotDeterministic {
  const [is, was] = [now, first].map((value) =>
    value === undefined ? 'nothing' : typeof value === 'string' ? value : describeValue(value),
  );
  return new NotDeterministic(`${what} is ${is}, and was ${was} the first time`);
}

/** 64 bits that tell texts apart: not against somebody who wants them to be the same. */
export function digestOf(text: string): string {
  let a = 0x9e3779b9;
  let b = 0x85ebca6b;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x01000193);
    b = Math.imul((b << 5) ^ (b >>> 27) ^ unit, 0xc2b2ae35);
  }
  return [a, b].map((half) => (half >>> 0).toString(16).padStart(8, '0')).join('');
}
