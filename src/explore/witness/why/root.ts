import { joining } from '../../execution/verdict.ts';
import { addressOf, isLock, kindOf } from '../../program/dependence.ts';
import { CellOperation, Store } from '../../program/objects/cell.ts';
import { Struct } from '../../program/objects/heap.ts';
import { FREE, type Operation, WRITE } from '../../program/op.ts';
import type { Program } from '../../program/program.ts';
import { shortName } from '../../program/text.ts';
import type { Bug } from '../outcome.ts';
import { Calls, type Invocation } from '../replay/calls.ts';
import { orderOf, type Ran } from '../replay/ran.ts';
import { record } from '../replay/replay.ts';
import type { CauseAccess } from './causes.ts';
import type { DecidingEvent, Explained, Why } from './why.ts';

/** What a bug is put down to. Bugs of one exploration with the same `id` have the same cause. */
export interface Root {
  readonly id: string;
  readonly title: string;
  readonly pair: readonly [CauseAccess, CauseAccess] | null;
}

/** Put a bug down to what decides it. */
export function rootOf(
  program: Program,
  bug: Bug,
  explained: Explained,
  everywhere: boolean,
): Root {
  const { why, failing, pair } = explained;
  const locks = contradicting(bug, failing);
  if (locks.length > 1) {
    const title = `${locks.join(' and ')} are taken in contradicting orders`;
    return { id: `locks:${locks.join('+')}`.replaceAll(' ', '-'), title, pair: accesses(why) };
  }
  if (failing === null || pair === null || why.first === null || why.second === null) {
    const when = everywhere ? 'in any order' : 'in every order that was tried';
    return { id: `any-order:${bug.id}`, title: `${bug.title}, ${when}`, pair: null };
  }
  return new Interference(callsOf(program, failing), failing, pair, [why.first, why.second]).root();
}

/** The locks that block one another; none where something else is waited for, too. */
function contradicting({ kind, object }: Bug, failing: Ran | null): string[] {
  const names = object.split(' / ');
  if (kind === 'lock-order') return names;
  if (kind !== 'deadlock' || failing === null) return [];
  const { run } = failing;
  const locks = new Set(
    run.operation
      .slice(0, run.length)
      .flatMap((operation, i) => (isLock(run.foot[i] as number) ? [operation?.subject()] : [])),
  );
  // Who waits for the end of one that is blocked has no part in it.
  const waited = names.filter((name) => name !== joining);
  return waited.every((name) => locks.has(name)) ? waited : [];
}

/** Which functions its tasks were in, also behind what the bug's witness shows. */
function callsOf(program: Program, { run }: Ran): Calls {
  const { tasks, ways } = orderOf(run);
  const { steps, tasks: names } = record(program, tasks, ways, run.names);
  return new Calls(steps, names);
}

function accesses({ first, second }: Why): Root['pair'] {
  return first === null || second === null ? null : [access(first), access(second)];
}

function access({ task, function: name, op, object }: DecidingEvent): CauseAccess {
  return { task, function: name, access: op, cell: object };
}

/** An object that goes: by one function, which clears a pointer to it or just frees it. */
interface Destruction {
  readonly by: string;
  readonly what: string;
  /** The pointer that was cleared; -1 when there was none. */
  readonly address: number;
  readonly object: Struct | null;
}

/**
 * Two accesses, seen as one task interfering with another. Of an access that changes something and
 * one that does not, the first interferes; of two that do, the one that comes first. Where it is
 * met does not matter: what one interference breaks in many places has one cause.
 */
class Interference {
  readonly #ran: Ran;
  readonly #calls: Calls;
  readonly #events: readonly [number, number];
  readonly #told: readonly [DecidingEvent, DecidingEvent];
  /** Which of the two interferes. */
  readonly #which: 0 | 1;

  constructor(
    calls: Calls,
    ran: Ran,
    events: readonly [number, number],
    told: readonly [DecidingEvent, DecidingEvent],
  ) {
    this.#ran = ran;
    this.#calls = calls;
    this.#events = events;
    this.#told = told;
    this.#which = changes(ran, events[0]) || !changes(ran, events[1]) ? 0 : 1;
  }

  root(): Root {
    const [first, second] = this.#told;
    const pair = [access(first), access(second)] as const;
    const intruder = this.#told[this.#which];
    const victim = this.#told[1 - this.#which] as DecidingEvent;
    const destroyed = this.#destruction();
    if (destroyed !== null) {
      const { by, what } = destroyed;
      const id = idOf('free', what, by, intruder.task, victim.task);
      return { id, title: this.#destroys(destroyed, intruder, victim), pair };
    }
    const verb = this.#verb();
    const id = idOf(
      this.#which === 0 ? `${verb}-before` : `${verb}-after`,
      intruder.object,
      intruder.function,
      intruder.task,
      victim.task,
    );
    return { id, title: this.#title(verb, intruder, victim), pair };
  }

  #destroys(
    { what, address, object }: Destruction,
    intruder: DecidingEvent,
    victim: DecidingEvent,
  ): string {
    if (this.#which === 1) {
      const [user, other] = inTurn(victim, intruder);
      return `${user} uses ${what}${inFunction(victim)} before ${other} frees it`;
    }
    const [p, q] = inTurn(intruder, victim);
    const got = this.#gotBefore(this.#events[0], this.#events[1], address, object);
    if (victim.op === 'free') return `${p} frees ${what} before ${q} frees it again`;
    if (got === null) return `${p} frees ${what} before ${q} uses it`;
    return `${p} frees ${what} between ${q}'s ${got}() and its use`;
  }

  #title(verb: string, intruder: DecidingEvent, victim: DecidingEvent): string {
    const what = intruder.object;
    const [first, second] = this.#told;
    const [p, q] = inTurn(first, second);
    if (verb === 'lock')
      return `${p} takes ${what}${inFunction(first)} before ${q} does${inFunction(second)}`;
    const other = verbs[victim.op] ?? 'uses';
    const [does, then] = this.#which === 1 ? [other, verb] : [verb, other];
    return `${p} ${does} ${what}${inFunction(first)} before ${q} ${then} it${inFunction(second)}`;
  }

  /** What the interfering access does, in a word. */
  #verb(): string {
    const event = this.#events[this.#which];
    const { run } = this.#ran;
    if (event >= run.length || isLock(run.foot[event] as number)) return 'lock';
    const operation = run.operation[event];
    if (!(operation instanceof Store))
      return this.#told[this.#which].op === 'free' ? 'frees' : 'reads';
    if (operation.after === null || operation.after === undefined) return 'clears';
    return operation.before === null || operation.before === undefined ? 'sets' : 'changes';
  }

  /**
   * The destruction that the interfering access is a part of: it frees an object, or clears the
   * pointer to one that the same function frees. What is freed on the way to that belongs to it.
   */
  #destruction(): Destruction | null {
    const event = this.#events[this.#which];
    const { run } = this.#ran;
    if (event >= run.length) return null;
    const task = run.task[event] as number;
    const own = (wanted: (other: number) => boolean): number[] =>
      run.task
        .slice(0, run.length)
        .flatMap((by, other) => (by === task && wanted(other) ? [other] : []));
    const frees = own((other) => kindOf(run.foot[other] as number) === FREE);
    const lost = this.#pointerCleared(event);
    const freed =
      kindOf(run.foot[event] as number) === FREE
        ? event
        : frees.find(
            (other) => lost !== null && addressOf(run.foot[other] as number) === lost.address,
          );
    if (freed === undefined) return null;
    const owner = this.#owner(event, freed, frees);
    const within = (other: number): boolean =>
      owner === null ? other === event || other === freed : this.#calls.of(other).includes(owner);
    const gone = new Set(frees.filter(within).map((other) => addressOf(run.foot[other] as number)));
    const cleared = own(within).find((other) => {
      const object = this.#pointerCleared(other);
      return object !== null && gone.has(object.address);
    });
    const operation = run.operation[cleared ?? freed] as Operation<unknown>;
    return {
      by: owner?.name ?? (run.site[freed] as string),
      what: operation.subject(),
      address: cleared === undefined ? -1 : operation.address,
      object: cleared === undefined ? null : this.#pointerCleared(cleared),
    };
  }

  /** The function that clears and frees, and those around it that free something themselves. */
  #owner(event: number, freed: number, frees: readonly number[]): Invocation | null {
    const around = this.#calls.of(freed);
    const chain = this.#calls.of(event).filter((invocation) => around.includes(invocation));
    const direct = new Set(frees.map((other) => this.#calls.of(other).at(-1)));
    let level = chain.length - 1;
    while (level > 0 && direct.has(chain[level - 1])) level--;
    return chain[level] ?? null;
  }

  /** The object from the heap that an access took the pointer away to. */
  #pointerCleared(event: number): Struct | null {
    const operation = this.#ran.run.operation[event];
    if (!(operation instanceof Store) || !operation.done) return null;
    const { before, after } = operation as Store<unknown, unknown>;
    return (after === null || after === undefined) && before instanceof Struct ? before : null;
  }

  /** The function in which the other task first got hold of the object, by the pointer to it. */
  #gotBefore(event: number, victim: number, address: number, object: Struct | null): string | null {
    const { run } = this.#ran;
    const task = run.task[victim];
    for (let other = 0; other < event; other++) {
      if (run.task[other] !== task || addressOf(run.foot[other] as number) !== address) continue;
      const operation = run.operation[other];
      if (!(operation instanceof CellOperation)) continue;
      const value: unknown = operation instanceof Store ? operation.after : operation.value;
      const site = run.site[other] as string;
      if (value === object && /^\w+$/.test(site)) return site;
    }
    return null;
  }
}

/** Whether an event changes what it touches. */
function changes({ run }: Ran, event: number): boolean {
  if (event >= run.length) return false;
  const kind = kindOf(run.foot[event] as number);
  return kind === WRITE || kind === FREE;
}

/** Two tasks as a title tells of them, one after the other; which of several of a name, it leaves open. */
function inTurn(first: DecidingEvent, second: DecidingEvent): [string, string] {
  const [p, q] = [shortName(first.task), shortName(second.task)];
  return p === q ? [`one ${p}`, 'another'] : [p, q];
}

const verbs: Readonly<Record<string, string>> = { read: 'reads', write: 'writes', free: 'frees' };

function inFunction({ task, function: name }: DecidingEvent): string {
  return name === task ? '' : ` in ${name}()`;
}

function idOf(what: string, object: string, by: string, task: string, other: string): string {
  return `${what}:${object}:${by}:${shortName(task)}:${shortName(other)}`.replaceAll(' ', '-');
}
