import { describe, expect, it } from 'vitest';
import {
  Cell,
  explore,
  lockdep_assert_held,
  Mutex,
  might_lock,
  mutex_lock,
  mutex_trylock,
  mutex_unlock,
  type Program,
  SpinLock,
  spin_lock,
  spin_unlock,
  type Task,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { onlyBug, race } from '../mini/example.ts';

describe('locks', () => {
  const opposite = (second: (lock: Mutex) => Task<boolean>): Program =>
    race((world) => {
      const a = new Mutex(world, 'a');
      const b = new Mutex(world, 'b');
      const take = function* (first: Mutex, then: Mutex): Task {
        yield* mutex_lock(first);
        if (yield* second(then)) yield* mutex_unlock(then);
        yield* mutex_unlock(first);
      };
      return [() => take(a, b), () => take(b, a)];
    });

  it('taken in opposite orders can deadlock, and are reported even where they do not', () => {
    const outcome = explore(
      opposite(function* (lock) {
        yield* mutex_lock(lock);
        return true;
      }),
    );
    expect(outcome.executions).toBe(3);
    expect(outcome.bugs.map(({ id, classes, preemptions }) => [id, classes, preemptions])).toEqual([
      ['deadlock:A+B:a+b', 1, 1],
      ['lock-order:A+B:a+b', 2, 0],
    ]);
    expect(outcome.bugs[0]?.message).toBe('A waits for b, held by B; B waits for a, held by A');
  });

  it('that are only tried for cannot deadlock', () => {
    const outcome = explore(
      opposite(function* (lock) {
        return yield* mutex_trylock(lock);
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 7, bugs: [] });
  });

  it('taken twice by one task are a deadlock with oneself', () => {
    const outcome = explore(
      race((world) => {
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* mutex_lock(lock);
            yield* mutex_lock(lock);
          },
        ];
      }),
    );
    expect(onlyBug(outcome)).toMatchObject({
      kind: 'deadlock',
      message: 'A waits for lock, held by A',
    });
  });

  it('must be unlocked by the task that took them', () => {
    const outcome = explore(
      race((world) => {
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* mutex_lock(lock);
            yield* mutex_unlock(lock);
          },
          function* () {
            yield* mutex_unlock(lock);
          },
        ];
      }),
    );
    expect(outcome.executions).toBe(3);
    expect(outcome.bugs.map(({ id, classes }) => [id, classes])).toEqual([
      ['lockdep:B:lock', 3],
      ['lockdep:A:lock', 1],
    ]);
  });

  it('must not be held when a task ends', () => {
    const outcome = explore(
      race((world) => {
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* mutex_lock(lock);
          },
        ];
      }),
    );
    expect(onlyBug(outcome)).toMatchObject({ kind: 'lockdep', message: 'A ends with lock held' });
  });

  it('can be demanded: lockdep_assert_held() reports a caller that does not hold one', () => {
    const outcome = explore(
      race((world) => {
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* mutex_lock(lock);
            lockdep_assert_held(lock);
            yield* mutex_unlock(lock);
            lockdep_assert_held(lock);
          },
        ];
      }),
    );
    expect(onlyBug(outcome)).toMatchObject({
      kind: 'lockdep',
      classes: 1,
      message: 'lock must be held here, and is not',
    });
  });

  it('that spin must not be held around one that sleeps', () => {
    const outcome = explore(
      race((world) => {
        const spin = new SpinLock(world, 'spin');
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* spin_lock(spin);
            yield* mutex_lock(lock);
            yield* mutex_unlock(lock);
            yield* spin_unlock(spin);
          },
        ];
      }),
    );
    expect(onlyBug(outcome).message).toBe('lock may sleep, but spinlock spin is held');
  });
});

describe('locks that are taken and let go with no step in between', () => {
  type Does = (own: Mutex, other: Mutex, spin: SpinLock) => void;

  /** Two tasks, each with a lock of its own held around what it does with the other's, or with others. */
  const holding = (first: Does, second: Does): Program =>
    race((world) => {
      const [a, b] = [new Mutex(world, 'a'), new Mutex(world, 'b')];
      const spin = new SpinLock(world, 'spin');
      const hold = function* (own: Mutex, other: Mutex, does: Does): Task {
        yield* mutex_lock(own);
        does(own, other, spin);
        yield* mutex_unlock(own);
      };
      return [() => hold(a, b, first), () => hold(b, a, second)];
    });
  const other: Does = (_own, other) => might_lock(other);

  it.each<[string, Does, Does, string[]]>([
    ['the lock of the other', other, other, ['lock-order:A+B:a+b']],
    ['the lock of the other, on one side', other, () => {}, []],
    [
      'a lock, and the other inside it',
      other,
      (_, a, spin) => might_lock(spin, a),
      ['lockdep:B:a', 'lock-order:A+B:a+b', 'lock-order:A+B:a+b+spin'],
    ],
    ['one after the other', other, (_, __, spin) => might_lock(spin), []],
    ['its own', (own) => might_lock(own), () => {}, []],
  ])('%s', (_what, first, second, bugs) => {
    const outcome = explore(holding(first, second), { histogram: true });
    expect(outcome.bugs.map(({ id }) => id).sort()).toEqual([...bugs].sort());
    // None is an event, and none is waited for: two tasks of which none meets the other.
    expect(outcome).toMatchObject({ executions: 1, blocked: 0 });
    expect(outcome.transitions).toBe(4);
  });

  it('one inside the other, with no lock held', () => {
    const bugs = (...orders: readonly ('ab' | 'ba')[]): string[] => {
      const program = race((world) => {
        const [a, b] = [new Mutex(world, 'a'), new Mutex(world, 'b')];
        const cell = new Cell(world, 'cell', 0);
        return orders.map(
          (order) =>
            function* () {
              yield* WRITE_ONCE(cell, 1);
              might_lock(...(order === 'ab' ? [a, b] : [b, a]));
            },
        );
      });
      return explore(program).bugs.map(({ id, classes }) => `${id} ${classes}`);
    };
    expect(bugs('ab', 'ab')).toEqual([]);
    // In each of the two orders of the writes, though the tasks are made again for the second.
    expect(bugs('ab', 'ba')).toEqual(['lock-order:A+B:a+b 2']);
  });
});
