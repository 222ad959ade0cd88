import { nameOf } from '../checks/check.ts';
import { Misuse } from '../failure.ts';
import {
  ACQUIRE,
  type Kind,
  Operation,
  RELEASE,
  type Step,
  type StepText,
  TRY,
  TRY_FAILED,
  type Unsure,
} from '../op.ts';
import type { TaskState } from '../task.ts';
import type { World } from '../world.ts';
import type { Struct } from './heap.ts';
import { append, look } from './plain.ts';
import { Shared } from './shared.ts';
import type { Undoable } from './trail.ts';

/** Mutual exclusion with an owner. */
export abstract class Lock extends Shared implements Undoable {
  holder: TaskState | null = null;
  readonly #lockClass: string | null | undefined;

  constructor(world: World, label: string, owner: Struct | null = null, lockClass?: string | null) {
    super(world, label, owner);
    this.#lockClass = lockClass;
  }

  putBack(before: unknown): void {
    this.holder = before as TaskState | null;
  }

  /** Locks of one class must be taken in one order; null leaves a lock out of that check. */
  get lockClass(): string | null {
    if (this.#lockClass !== undefined) return this.#lockClass;
    return this.owner === null ? this.label : `${this.owner.constructor.name}->${this.label}`;
  }
}

/** A lock that sleeps. */
export class Mutex extends Lock {}

/** A lock that spins: its holder must not sleep, so it must not wait for a mutex. */
export class SpinLock extends Lock {}

/** The world of what must be a lock. */
function worldOf(lock: Lock): World {
  if (lock instanceof Lock) return lock.world;
  throw new Misuse(`mutex_lock(), spin_lock() and their like take a lock, not ${nameOf(lock)}`);
}

/** An operation on a lock. */
export abstract class LockOperation<T> extends Operation<T> {
  readonly lock: Lock;

  constructor(lock: Lock, kind: Kind | Unsure) {
    super(lock.world, kind, lock.address);
    this.lock = lock;
  }

  override subject(): string {
    return this.lock.className;
  }
}

class Acquire extends LockOperation<void> {
  override enabled(): boolean {
    return canBeTaken(this.lock);
  }

  override perform(): void {
    acquire(this.lock);
  }

  override describe(): StepText {
    return { op: 'lock', target: this.lock.text, value: '' };
  }
}

/** The same of a task that gives up after some time, which is another execution. */
class AcquireInTime extends Acquire {
  override get isInVain(): boolean {
    return true;
  }
}

class Release extends LockOperation<void> {
  override perform(): void {
    release(this.lock);
  }

  override describe(): StepText {
    return { op: 'unlock', target: this.lock.text, value: '' };
  }
}

export class TryAcquire extends LockOperation<boolean> {
  override effect(): Kind {
    return this.lock.holder === null ? ACQUIRE : TRY_FAILED;
  }

  override perform(): boolean {
    this.lock.touch();
    const task = this.world.running;
    if (this.lock.holder !== null) return false;
    if (task !== null) take(this.lock, task, false);
    return true;
  }

  override describe(): StepText {
    return { op: 'lock', target: this.lock.text, value: this.value === true ? 'taken' : 'busy' };
  }
}

function canBeTaken(lock: Lock): boolean {
  return lock.holder === null || lock.owner?.freed === true;
}

function acquire(lock: Lock): void {
  lock.touch();
  const task = lock.world.running;
  if (task !== null) take(lock, task, true);
}

function release(lock: Lock): void {
  lock.touch();
  const { world } = lock;
  const task = world.running;
  if (lock.holder !== task) {
    const holder = lock.holder === null ? 'nobody' : lock.holder.name;
    world.fail({
      kind: 'lockdep',
      object: lock.className,
      message: `${lock.text} is unlocked by ${task?.name ?? 'setup'}, but ${holder} holds it`,
    });
  }
  // Each task knows only what it took itself: one that was robbed of a lock still counts it.
  if (task !== null) task.letGo(lock);
  world.trail?.note(lock, lock.holder);
  lock.holder = null;
}

function take(lock: Lock, task: TaskState, waits: boolean): void {
  const { world } = lock;
  world.trail?.note(lock, lock.holder);
  lock.holder = task;
  // Whoever does not wait for a lock can neither sleep nor deadlock on it.
  if (waits && !world.settingUp) for (const held of task.held) checkPair(held, lock, task);
  task.take(lock);
}

function checkPair(held: Lock, lock: Lock, task: TaskState): void {
  const { world } = lock;
  if (held instanceof SpinLock && lock instanceof Mutex) {
    world.fail({
      kind: 'lockdep',
      object: lock.className,
      message: `${lock.text} may sleep, but spinlock ${held.text} is held`,
    });
  }
  if (lock.lockClass === null || held.lockClass === null || lock.lockClass === held.lockClass)
    return;
  const edge = {
    held: held.lockClass,
    taken: lock.lockClass,
    function: task.functionName(),
    task: task.index,
    event: world.event,
  };
  world.lockEdges ??= [];
  const known = world.lockEdges.some(
    (other) =>
      other.held === edge.held &&
      other.taken === edge.taken &&
      other.function === edge.function &&
      other.task === edge.task,
  );
  if (!known) append(world, world.lockEdges, edge);
}

function acquiring(lock: Lock): Step<void> {
  const { alone, fed } = worldOf(lock);
  if (alone === null || !canBeTaken(lock)) {
    return fed?.again<void>(ACQUIRE, lock.address, Acquire) ?? new Acquire(lock, ACQUIRE);
  }
  acquire(lock);
  return alone.step(undefined);
}

function releasing(lock: Lock): Step<void> {
  const { alone, fed } = worldOf(lock);
  if (alone === null) {
    return fed?.again<void>(RELEASE, lock.address, Release) ?? new Release(lock, RELEASE);
  }
  release(lock);
  return alone.step(undefined);
}

/** Take a mutex; the task waits while another holds it. */
export function mutex_lock(lock: Mutex): Step<void> {
  return acquiring(lock);
}

/**
 * The same for a task that would give up after some time: if the mutex is never free, the execution is
 * counted as abandoned. Whoever uses it has the task give up in another one, by `choose()`.
 */
export function mutex_lock_in_time(lock: Mutex): Step<void> {
  worldOf(lock);
  return new AcquireInTime(lock, ACQUIRE);
}

/** Let go of a mutex. Unlocking what one does not hold is a `lockdep` verdict. */
export function mutex_unlock(lock: Mutex): Step<void> {
  return releasing(lock);
}

/** Take a mutex if it is free; whether it was. */
export function mutex_trylock(lock: Mutex): Step<boolean> {
  worldOf(lock);
  return new TryAcquire(lock, TRY);
}

/** Take a spinlock. */
export function spin_lock(lock: SpinLock): Step<void> {
  return acquiring(lock);
}

/** Let go of a spinlock. */
export function spin_unlock(lock: SpinLock): Step<void> {
  return releasing(lock);
}

/** Whether the running task itself holds `lock`, which nobody else can change. No scheduling point. */
export function lockdep_is_held(lock: Lock): boolean {
  const { world } = lock;
  return look(world, () => world.running?.held.includes(lock) === true);
}

/** Report when the running task does not hold `lock`. Not a scheduling point. */
export function lockdep_assert_held(lock: Lock): void {
  const { world } = lock;
  if (world.settingUp || world.running?.held.includes(lock)) return;
  world.fail({
    kind: 'lockdep',
    object: lock.className,
    message: `${lock.text} must be held here, and is not`,
  });
}

/**
 * Tell the check of the order of locks that a lock is taken and let go here, the others one inside the
 * other, with no step in between: whether it is, nobody could find out otherwise, and each order
 * of it would be looked at. Not a scheduling point.
 */
export function might_lock(...locks: readonly Lock[]): void {
  for (const [depth, lock] of locks.entries()) {
    const { running, settingUp } = worldOf(lock);
    if (running === null || settingUp) continue;
    for (const held of [...running.held, ...locks.slice(0, depth)]) checkPair(held, lock, running);
  }
}
