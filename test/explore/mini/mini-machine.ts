import type { Instruction, Mini } from './mini.ts';
import { taskName } from './mini.ts';

/** What an event did, as far as the order of events is concerned. */
export interface Event {
  readonly task: number;
  readonly kind:
    | 'read'
    | 'write'
    | 'acquire'
    | 'release'
    | 'tryfail'
    | 'free'
    | 'spawn'
    | 'join'
    | 'choose';
  /** Names what was touched; `heap` the heap object it lies in or is. */
  readonly what: string;
  readonly heap: string | null;
  readonly watched: boolean;
}

interface Heap {
  readonly name: string;
  readonly madeBy: number;
  freed: boolean;
  v: number;
}

interface TaskState {
  status: 'unborn' | 'running' | 'finished' | 'crashed';
  body: readonly Instruction[];
  pc: number;
  r: number;
  p: Heap | null;
  lastRead: string | null;
  held: string[];
  made: number;
  clock: number[];
}

interface Access {
  readonly task: number;
  readonly time: number;
  readonly writes: boolean;
  readonly marked: boolean;
}

interface Edge {
  readonly held: string;
  readonly taken: string;
  readonly by: string;
}

/** Whether two events of different tasks do not commute. Written from the definition, not the code. */
export function conflict(a: Event, b: Event): boolean {
  const alone = (e: Event): boolean =>
    e.kind === 'spawn' || e.kind === 'join' || e.kind === 'choose';
  if (alone(a) || alone(b)) return false;
  const reads = (e: Event): boolean => e.kind === 'read' || e.kind === 'tryfail';
  if (a.what === b.what) return !(reads(a) && reads(b));
  if (a.kind === 'free' || b.kind === 'free') return a.heap !== null && a.heap === b.heap;
  return a.watched && b.watched && a.kind === 'write' && b.kind === 'write';
}

/** Runs a mini program one event at a time. The plainest possible: everything is a name in a map. */
export class MiniMachine {
  readonly events: Event[] = [];
  /** Fingerprints of what went wrong, each with the number of the event that did it. */
  readonly failures: { readonly id: string; readonly event: number }[] = [];
  readonly #mini: Mini;
  /** How many allocations have failed. */
  #faults = 0;
  readonly #tasks: TaskState[];
  readonly #cells = new Map<string, number>();
  readonly #pointers = new Map<string, Heap | null>();
  readonly #holder = new Map<string, number>();
  readonly #released = new Map<string, number[]>();
  readonly #accesses = new Map<string, Access[]>();
  readonly #heap: Heap[] = [];
  readonly #edges: Edge[] = [];
  #broken = false;

  constructor(mini: Mini) {
    this.#mini = mini;
    const width = mini.tasks.length + mini.children.length;
    this.#tasks = [...mini.tasks, ...mini.children].map((body, index) => ({
      status: index < mini.tasks.length ? 'running' : 'unborn',
      body,
      pc: 0,
      r: 0,
      p: null,
      lastRead: null,
      held: [],
      made: 0,
      clock: Array.from({ length: width }, (_, i) => (i === index ? 1 : 0)),
    }));
    mini.tasks.forEach((_, index) => {
      this.#runLocal(index);
    });
  }

  get enabled(): number[] {
    return this.#tasks.flatMap((_, index) => (this.canRun(index) ? [index] : []));
  }

  canRun(index: number): boolean {
    const task = this.#task(index);
    const next = task.body[task.pc];
    if (task.status !== 'running' || next === undefined) return false;
    if (next.op === 'lock') return !this.#isHeld(`m${next.lock}`);
    if (next.op === 'lockv') return task.p?.freed === true || !this.#isHeld(`${task.p?.name}.lock`);
    if (next.op === 'until') return (this.#cells.get(`x${next.cell}`) ?? 0) === next.value;
    if (next.op === 'untilv') return task.p?.freed === true || task.p?.v === 1;
    if (next.op === 'join') return this.#task(this.#child(next.child)).status === 'finished';
    return true;
  }

  #task(index: number): TaskState {
    const task = this.#tasks[index];
    if (task === undefined) throw new RangeError(`no task ${index}`);
    return task;
  }

  #child(child: number): number {
    return this.#mini.tasks.length + child;
  }

  #isHeld(lock: string): boolean {
    return (this.#holder.get(lock) ?? -1) >= 0;
  }

  /** How many ways the next event of a task can go. */
  ways(index: number): number {
    const task = this.#task(index);
    const next = task.body[task.pc];
    return next?.op === 'choose'
      ? next.ways
      : next?.op === 'new' && this.#faults < this.#mini.faults
        ? 2
        : 1;
  }

  /** Let `index` make one event, which goes the given way, and then all it does on its own. */
  step(index: number, way: number): void {
    const task = this.#task(index);
    const next = task.body[task.pc];
    if (next === undefined) throw new RangeError('the task is over');
    task.pc++;
    if (this.#perform(index, task, next, way)) this.#runLocal(index);
    if (!this.#broken && this.#mini.watched && this.#mini.cells > 1) {
      if ((this.#cells.get('x0') ?? 0) > 0 && (this.#cells.get('x1') ?? 0) > 0) {
        this.#broken = true;
        this.#fail('property', 'not both', 'always');
      }
    }
  }

  #fail(kind: string, by: string, object: string, event = this.events.length - 1): void {
    const id = `${kind}:${by}:${object}`.replaceAll(' / ', '+').replaceAll(' ', '-');
    this.failures.push({ id, event });
  }

  #crash(index: number, kind: string, object: string): false {
    this.#fail(kind, taskName(this.#mini, index), object);
    this.#task(index).status = 'crashed';
    return false;
  }

  /** Whether the task goes on. */
  #perform(index: number, task: TaskState, i: Instruction, way: number): boolean {
    switch (i.op) {
      case 'read':
        task.r = this.#read(index, `x${i.cell}`, i.marked);
        break;
      case 'write':
        this.#write(index, `x${i.cell}`, i.value, i.marked);
        break;
      case 'store':
        this.#write(index, `x${i.cell}`, task.r + 1, false);
        break;
      case 'until':
        join(task.clock, this.#released.get(`x${i.cell}`));
        task.r = this.#read(index, `x${i.cell}`, true);
        break;
      case 'add':
      case 'cas': {
        const cell = `x${i.cell}`;
        const before = this.#cells.get(cell) ?? 0;
        const writes = i.op === 'add' || before === i.expected;
        this.#event(index, writes ? 'write' : 'read', cell);
        join(task.clock, this.#released.get(cell));
        this.#access(index, cell, writes, true);
        if (writes) {
          this.#publish(index, cell);
          this.#cells.set(cell, i.op === 'add' ? before + 1 : i.next);
        }
        task.r = before;
        break;
      }
      case 'lock':
        this.#event(index, 'acquire', `m${i.lock}`);
        this.#take(index, `m${i.lock}`, true);
        break;
      case 'trylock': {
        const free = !this.#isHeld(`m${i.lock}`);
        this.#event(index, free ? 'acquire' : 'tryfail', `m${i.lock}`);
        if (free) this.#take(index, `m${i.lock}`, false);
        task.r = free ? 1 : 0;
        break;
      }
      case 'unlock':
        this.#event(index, 'release', `m${i.lock}`);
        this.#letGo(index, `m${i.lock}`);
        break;
      case 'choose':
        this.#event(index, 'choose', `${way}`);
        task.r = way;
        break;
      case 'new':
        this.#event(index, 'choose', `${way}`);
        task.p = null;
        if (way === 0) this.#allocate(index, task);
        else this.#faults++;
        break;
      case 'publish':
        this.#event(index, 'write', `p${i.pointer}`);
        this.#pointers.set(`p${i.pointer}`, task.p);
        break;
      case 'load':
        this.#event(index, 'read', `p${i.pointer}`);
        task.p = this.#pointers.get(`p${i.pointer}`) ?? null;
        task.lastRead = `p${i.pointer}`;
        break;
      case 'clear':
        this.#event(index, 'write', `p${i.pointer}`);
        this.#pointers.set(`p${i.pointer}`, null);
        break;
      case 'spawn': {
        this.#event(index, 'spawn', '');
        const child = this.#task(this.#child(i.child));
        child.status = 'running';
        join(child.clock, task.clock);
        task.clock[index] = (task.clock[index] ?? 0) + 1;
        this.#runLocal(this.#child(i.child));
        break;
      }
      case 'join':
        this.#event(index, 'join', '');
        join(task.clock, this.#task(this.#child(i.child)).clock);
        break;
      default:
        return this.#performOnHeap(index, task, i);
    }
    return true;
  }

  #performOnHeap(index: number, task: TaskState, i: Instruction): boolean {
    const { p } = task;
    if (p === null) throw new RangeError('a NULL pointer should not have come this far');
    const { name } = p;
    switch (i.op) {
      case 'free':
        this.#event(index, 'free', name, name);
        if (p.freed) return this.#crash(index, 'double-free', 'node');
        p.freed = true;
        return true;
      case 'getv':
      case 'untilv':
        this.#event(index, 'read', `${name}.v`, name);
        if (p.freed) return this.#crash(index, 'use-after-free', 'node');
        task.lastRead = 'node->v';
        task.r = p.v;
        return true;
      case 'putv':
        this.#event(index, 'write', `${name}.v`, name);
        if (p.freed) return this.#crash(index, 'use-after-free', 'node');
        p.v = 1;
        return true;
      case 'lockv':
        this.#event(index, 'acquire', `${name}.lock`, name);
        if (p.freed) return this.#crash(index, 'use-after-free', 'node');
        this.#take(index, `${name}.lock`, true);
        return true;
      case 'unlockv':
        this.#event(index, 'release', `${name}.lock`, name);
        if (p.freed) return this.#crash(index, 'use-after-free', 'node');
        this.#letGo(index, `${name}.lock`);
        return true;
      default:
        throw new RangeError(`${i.op} makes no event`);
    }
  }

  /** Go on up to the next instruction that others can notice. */
  #runLocal(index: number): void {
    const task = this.#task(index);
    for (;;) {
      const next = task.body[task.pc];
      if (next === undefined) {
        task.status = 'finished';
        for (const lock of task.held)
          this.#fail('lockdep', taskName(this.#mini, index), className(lock));
        return;
      }
      if (next.op === 'skip') {
        task.pc += 1 + (task.r === 0 ? next.count : 0);
      } else if (next.op === 'held') {
        if (!task.held.includes(`m${next.lock}`))
          this.#fail('lockdep', taskName(this.#mini, index), `m${next.lock}`);
        task.pc++;
      } else if (next.op === 'join' && this.#task(this.#child(next.child)).status === 'unborn') {
        task.pc++;
      } else if (next.op === 'free' && task.p === null) {
        task.pc++;
      } else if (usesPointer(next) && task.p === null) {
        this.#crash(index, 'null-deref', task.lastRead ?? 'pointer');
        return;
      } else if (next.op === 'new' && this.#mini.faults === 0) {
        this.#allocate(index, task);
        task.pc++;
      } else {
        return;
      }
    }
  }

  #allocate(index: number, task: TaskState): void {
    task.p = { name: `${index}.${task.made++}`, madeBy: index, freed: false, v: 0 };
    this.#heap.push(task.p);
  }

  #event(task: number, kind: Event['kind'], what: string, heap: string | null = null): void {
    const watched = this.#mini.watched && this.#mini.cells > 1 && (what === 'x0' || what === 'x1');
    this.events.push({ task, kind, what, heap, watched });
  }

  #read(index: number, cell: string, marked: boolean): number {
    this.#event(index, 'read', cell);
    this.#access(index, cell, false, marked);
    this.#task(index).lastRead = cell;
    return this.#cells.get(cell) ?? 0;
  }

  #write(index: number, cell: string, value: number, marked: boolean): void {
    this.#event(index, 'write', cell);
    this.#access(index, cell, true, marked);
    this.#cells.set(cell, value);
  }

  #access(index: number, cell: string, writes: boolean, marked: boolean): void {
    const { clock } = this.#task(index);
    const earlier = this.#accesses.get(cell) ?? [];
    for (const other of earlier) {
      if (other.task === index || (other.marked && marked) || !(other.writes || writes)) continue;
      if (other.time <= (clock[other.task] ?? 0)) continue;
      const names = [taskName(this.#mini, other.task), taskName(this.#mini, index)].sort();
      this.#fail('data-race', names.join(' / '), cell);
    }
    earlier.push({ task: index, time: clock[index] ?? 0, writes, marked });
    this.#accesses.set(cell, earlier);
  }

  #publish(index: number, what: string): void {
    const { clock } = this.#task(index);
    this.#released.set(what, [...clock]);
    clock[index] = (clock[index] ?? 0) + 1;
  }

  #take(index: number, lock: string, blocking: boolean): void {
    const task = this.#task(index);
    this.#holder.set(lock, index);
    join(task.clock, this.#released.get(lock));
    if (blocking) {
      for (const held of task.held) {
        if (this.#isSpin(held) && !this.#isSpin(lock))
          this.#fail('lockdep', taskName(this.#mini, index), className(lock));
        this.#orderLocks(className(held), className(lock), taskName(this.#mini, index));
      }
    }
    task.held.push(lock);
  }

  /** Two locks taken in both orders. Cycles of more than two locks are not looked for. */
  #orderLocks(held: string, taken: string, by: string): void {
    if (held === taken) return;
    this.#edges.push({ held, taken, by });
    for (const edge of this.#edges)
      if (edge.held === taken && edge.taken === held)
        this.#fail(
          'lock-order',
          [...new Set([edge.by, by])].sort().join(' / '),
          [held, taken].sort().join(' / '),
        );
  }

  #isSpin(lock: string): boolean {
    return lock.startsWith('m') && Number(lock.slice(1)) >= this.#mini.mutexes;
  }

  #letGo(index: number, lock: string): void {
    const task = this.#task(index);
    if (this.#holder.get(lock) !== index)
      this.#fail('lockdep', taskName(this.#mini, index), className(lock));
    const at = task.held.lastIndexOf(lock);
    if (at >= 0) task.held.splice(at, 1);
    if (this.#isHeld(lock)) this.#publish(index, lock);
    this.#holder.set(lock, -1);
  }

  /** Judge the execution as a whole, once no task can run. */
  finish(): void {
    const names = (tasks: readonly number[]): string =>
      [...new Set(tasks.map((i) => taskName(this.#mini, i)))].sort().join(' / ');
    if (this.#tasks.some(({ status }) => status === 'crashed')) return;
    const blocked = this.#tasks.flatMap(({ status }, i) => (status === 'running' ? [i] : []));
    if (blocked.length > 0) {
      const waits = blocked.map((i) => {
        const next = this.#task(i).body[this.#task(i).pc];
        if (next?.op === 'lock') return `m${next.lock}`;
        if (next?.op === 'until') return `x${next.cell}`;
        if (next?.op === 'untilv') return 'node->v';
        return next?.op === 'lockv' ? 'node->lock' : 'join';
      });
      this.#fail(
        'deadlock',
        names(blocked),
        [...new Set(waits)].sort().join(' / '),
        Number.POSITIVE_INFINITY,
      );
      return;
    }
    const reachable = [...this.#pointers.values()];
    for (const object of this.#heap)
      if (!object.freed && !reachable.includes(object))
        this.#fail('leak', names([object.madeBy]), 'node', Number.POSITIVE_INFINITY);
    if (this.#mini.end && (this.#cells.get('x0') ?? 0) >= 2)
      this.#fail('property', 'below two', 'end', Number.POSITIVE_INFINITY);
  }
}

function className(lock: string): string {
  return lock.endsWith('.lock') ? 'node->lock' : lock;
}

function usesPointer({ op }: Instruction): boolean {
  return op === 'getv' || op === 'untilv' || op === 'putv' || op === 'lockv' || op === 'unlockv';
}

function join(into: number[], other: readonly number[] | undefined): void {
  other?.forEach((time, i) => {
    into[i] = Math.max(into[i] ?? 0, time);
  });
}
