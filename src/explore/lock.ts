import type { Struct } from './heap.ts';
import {
  ACQUIRE,
  type Kind,
  Operation,
  RELEASE,
  type Step,
  type StepText,
  TRY_FAILED,
} from './op.ts';
import { Shared } from './shared.ts';
import { joinClock, type TaskState } from './task.ts';
import type { World } from './world.ts';

/** Mutual exclusion with an owner. */
export abstract class Lock extends Shared {
  holder: TaskState | null = null;
  /** Locks of one class must be taken in one order; null leaves a lock out of that check. */
  readonly lockClass: string | null;
  /** What the last holder had seen when it let go. */
  released: Int32Array | null = null;

  constructor(
    world: World,
    label: string,
    owner: Struct | null = null,
    lockClass: string | null = label,
  ) {
    super(world, label, owner);
    this.lockClass = lockClass;
  }
}

/** A lock that sleeps. */
export class Mutex extends Lock {}

/** A lock that spins: its holder must not sleep, so it must not wait for a mutex. */
export class SpinLock extends Lock {}

class Acquire extends Operation<void> {
  override readonly kind: Kind = ACQUIRE;
  readonly lock: Lock;

  constructor(lock: Lock) {
    super(lock.world);
    this.lock = lock;
  }

  override get address(): number {
    return this.lock.address;
  }

  override subject(): string {
    return this.lock.className;
  }

  override enabled(): boolean {
    return this.lock.holder === null || this.lock.owner?.freed === true;
  }

  override perform(): void {
    this.lock.touch();
    const task = this.world.running;
    if (task !== null) take(this.lock, task);
  }

  override describe(): StepText {
    return { op: 'lock', target: this.lock.text, value: '' };
  }
}

class Release extends Operation<void> {
  override readonly kind: Kind = RELEASE;
  readonly lock: Lock;

  constructor(lock: Lock) {
    super(lock.world);
    this.lock = lock;
  }

  override get address(): number {
    return this.lock.address;
  }

  override subject(): string {
    return this.lock.className;
  }

  override perform(): void {
    const { lock, world } = this;
    lock.touch();
    const task = world.running;
    if (lock.holder !== task) {
      const holder = lock.holder === null ? 'nobody' : lock.holder.name;
      world.fail({
        kind: 'lockdep',
        object: lock.className,
        message: `${lock.text} is unlocked by ${task?.name ?? 'setup'}, but ${holder} holds it`,
      });
    }
    letGo(lock);
  }

  override describe(): StepText {
    return { op: 'unlock', target: this.lock.text, value: '' };
  }
}

export class TryAcquire extends Operation<boolean> {
  override readonly kind: Kind = ACQUIRE;
  readonly lock: Lock;

  constructor(lock: Lock) {
    super(lock.world);
    this.lock = lock;
  }

  override get address(): number {
    return this.lock.address;
  }

  override subject(): string {
    return this.lock.className;
  }

  override effect(): Kind {
    return this.lock.holder === null ? ACQUIRE : TRY_FAILED;
  }

  override perform(): boolean {
    this.lock.touch();
    const task = this.world.running;
    if (this.lock.holder !== null) return false;
    if (task !== null) take(this.lock, task);
    return true;
  }

  override describe(): StepText {
    return { op: 'lock', target: this.lock.text, value: this.value === true ? 'taken' : 'busy' };
  }
}

function take(lock: Lock, task: TaskState): void {
  const { world } = lock;
  lock.holder = task;
  if (lock.released !== null) joinClock(task.sync, lock.released);
  if (!world.settingUp) checkOrder(lock, task);
  task.held.push(lock);
}

function letGo(lock: Lock): void {
  const holder = lock.holder;
  if (holder === null) return;
  const at = holder.held.lastIndexOf(lock);
  if (at >= 0) holder.held.splice(at, 1);
  lock.released = holder.sync.slice();
  holder.sync[holder.index] = (holder.sync[holder.index] ?? 0) + 1;
  lock.holder = null;
}

function checkOrder(lock: Lock, task: TaskState): void {
  const { world } = lock;
  for (const held of task.held) {
    if (held instanceof SpinLock && lock instanceof Mutex) {
      world.fail({
        kind: 'lockdep',
        object: lock.className,
        message: `${lock.text} may sleep, but spinlock ${held.text} is held`,
      });
    }
    if (lock.lockClass === null || held.lockClass === null || lock.lockClass === held.lockClass)
      continue;
    if (world.lockOrder.add(held.lockClass, lock.lockClass)) {
      world.fail({
        kind: 'lock-order',
        object: [held.lockClass, lock.lockClass].sort().join(' / '),
        message: `${lock.text} is taken with ${held.text} held; elsewhere the order is the opposite`,
      });
    }
  }
}

/** Take a mutex; the task waits while another holds it. */
export function mutex_lock(lock: Mutex): Step<void> {
  return new Acquire(lock);
}

/** Let go of a mutex. Unlocking what one does not hold is a `lockdep` verdict. */
export function mutex_unlock(lock: Mutex): Step<void> {
  return new Release(lock);
}

/** Take a mutex if it is free; whether it was. */
export function mutex_trylock(lock: Mutex): Step<boolean> {
  return new TryAcquire(lock);
}

/** Take a spinlock. */
export function spin_lock(lock: SpinLock): Step<void> {
  return new Acquire(lock);
}

/** Let go of a spinlock. */
export function spin_unlock(lock: SpinLock): Step<void> {
  return new Release(lock);
}

/** Report when the running task does not hold `lock`. Not a scheduling point. */
export function lockdep_assert_held(lock: Lock): void {
  const { world } = lock;
  if (world.settingUp || lock.holder === world.running) return;
  world.fail({
    kind: 'lockdep',
    object: lock.className,
    message: `${lock.text} must be held here, and is not`,
  });
}
