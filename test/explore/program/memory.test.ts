import { describe, expect, it } from 'vitest';
import {
  Cell,
  call,
  explore,
  field,
  kfree,
  kzalloc,
  type Program,
  READ_ONCE,
  RefCount,
  read,
  ref_get,
  ref_put,
  type Task,
  type World,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { account, onlyBug, race } from '../mini/example.ts';

describe('memory', () => {
  const shared = (first: (p: Cell<account | null>, world: World) => Task): Program =>
    race((world) => {
      const pointer = new Cell<account | null>(world, 'pointer', null);
      world.runAlone('setup', function* () {
        yield* WRITE_ONCE(pointer, yield* kzalloc(world, account));
      });
      return [
        () => first(pointer, world),
        function* () {
          const found = yield* READ_ONCE(pointer);
          if (found !== null) yield* READ_ONCE(found.balance);
        },
      ];
    });

  it('that is freed while another task uses it is a use after free', () => {
    const outcome = explore(
      shared(function* (pointer, world) {
        const found = yield* READ_ONCE(pointer);
        yield* WRITE_ONCE(pointer, null);
        yield* kfree(world, found);
      }),
    );
    expect(outcome.executions).toBe(3);
    const bug = onlyBug(outcome);
    expect(bug).toMatchObject({ kind: 'use-after-free', object: 'account', preemptions: 1 });
    expect(bug.message).toBe('A->balance is touched after A was freed by A()');
  });

  const named = (second: (of: account, world: World) => Task): Program =>
    race((world) => {
      const of = new account(world, 'of the machine');
      return [
        function* () {
          yield* READ_ONCE(of.balance);
          yield* kfree(world, of);
        },
        () => second(of, world),
      ];
    });

  it('that has a name, and is freed while another task uses it, is a use after free', () => {
    const outcome = explore(
      named(function* (of) {
        yield* READ_ONCE(of.balance);
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({ kind: 'use-after-free', preemptions: 0 });
  });

  it('that has a name, and is freed by both tasks, is freed twice', () => {
    const outcome = explore(
      named(function* (of, world) {
        yield* kfree(world, of);
      }),
    );
    expect(new Set(outcome.bugs.map(({ kind }) => kind))).toEqual(
      new Set(['double-free', 'use-after-free']),
    );
  });

  it('that both tasks free is freed twice', () => {
    const outcome = explore(
      race((world) => {
        const pointer = new Cell<account | null>(world, 'pointer', null);
        world.runAlone('setup', function* () {
          yield* WRITE_ONCE(pointer, yield* kzalloc(world, account));
        });
        const free = function* (): Task {
          const found = yield* READ_ONCE(pointer);
          yield* WRITE_ONCE(pointer, null);
          yield* kfree(world, found);
        };
        return [free, free];
      }),
    );
    expect(outcome.executions).toBe(6);
    expect(outcome.bugs.map(({ id, classes }) => [id, classes])).toEqual([
      ['double-free:A:account', 2],
      ['double-free:B:account', 2],
    ]);
  });

  it('that nothing points to any more has leaked', () => {
    const outcome = explore(
      shared(function* (pointer) {
        yield* WRITE_ONCE(pointer, null);
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({ kind: 'leak', object: 'account', classes: 2 });
  });

  it('that something still points to has not leaked', () => {
    const outcome = explore(
      shared(function* (pointer) {
        yield* READ_ONCE(pointer);
      }),
    );
    expect(outcome).toMatchObject({ verdict: 'clean', executions: 1 });
  });

  it('that is not there is a NULL dereference which names the pointer', () => {
    const outcome = explore(
      race((world) => {
        const pointer = new Cell<account | null>(world, 'pointer', null);
        return [
          function* () {
            yield* WRITE_ONCE(pointer, yield* kzalloc(world, account));
          },
          function* () {
            yield* call(world, 'use', function* () {
              yield* read(field(world, yield* READ_ONCE(pointer), 'balance'));
            });
          },
        ];
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({
      id: 'null-deref:use:pointer',
      message: 'pointer is NULL',
      preemptions: 0,
    });
  });
});

describe('reference counts', () => {
  it('must balance in every execution', () => {
    const outcome = explore(
      race((world) => {
        const ref = new RefCount(world, 'module');
        const flag = new Cell(world, 'flag', false);
        return [
          function* () {
            yield* ref_get(ref);
            if (!(yield* READ_ONCE(flag))) yield* ref_put(ref);
          },
          function* () {
            yield* WRITE_ONCE(flag, true);
          },
        ];
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({
      kind: 'refcount',
      classes: 1,
      message: 'module ends with 1 reference(s) too many',
    });
  });
});
