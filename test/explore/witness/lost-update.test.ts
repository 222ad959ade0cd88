import { describe, expect, it } from 'vitest';
import {
  Cell,
  cmpxchg,
  explore,
  Mutex,
  mutex_lock,
  mutex_unlock,
  type Program,
  READ_ONCE,
  read,
  type Task,
  update,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';
import { lines, onlyBug, race } from '../mini/example.ts';

describe('two tasks that each add one', () => {
  const counter = (add: (total: Cell<number>, lock: Mutex) => Task): Program =>
    race((world) => {
      const total = new Cell(world, 'total', 0);
      const lock = new Mutex(world, 'lock');
      return {
        tasks: ['A', 'B'].map((name) => ({ name, body: () => add(total, lock) })),
        properties: [{ kind: 'end', name: 'both count', holds: () => total.value === 2 }],
      };
    });

  it('lose an update when reading and writing are two steps', () => {
    const outcome = explore(
      counter(function* (total) {
        const seen = yield* READ_ONCE(total);
        yield* WRITE_ONCE(total, seen + 1);
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'bug', executions: 4, blocked: 0, complete: true });
    const bug = onlyBug(outcome);
    expect(bug).toMatchObject({ kind: 'property', id: 'property:both-count:end', classes: 2 });
    expect(bug.preemptions).toBe(1);
    expect(lines(bug)).toEqual([
      'A read total 0',
      'B read total 0',
      'B write total 1',
      'A write total 1',
    ]);
  });

  it('lose nothing when the steps are one', () => {
    const outcome = explore(
      counter(function* (total) {
        yield* update(total, (value) => value + 1);
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 2, bugs: [] });
  });

  it('lose nothing under a lock', () => {
    const outcome = explore(
      counter(function* (total, lock) {
        yield* mutex_lock(lock);
        yield* write(total, (yield* read(total)) + 1);
        yield* mutex_unlock(lock);
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 2, bugs: [] });
  });

  it('lose nothing when they try again until nobody interfered', () => {
    const outcome = explore(
      counter(function* (total) {
        for (;;) {
          const seen = yield* READ_ONCE(total);
          if ((yield* cmpxchg(total, seen, seen + 1)) === seen) return;
        }
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 4, bugs: [] });
  });
});
