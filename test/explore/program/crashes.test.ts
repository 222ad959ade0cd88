import { describe, expect, it } from 'vitest';
import {
  Cell,
  call,
  explore,
  field,
  Mutex,
  mutex_lock,
  mutex_unlock,
  READ_ONCE,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';
import { type account, onlyBug, race } from '../mini/example.ts';

describe('a task that ends the hard way', () => {
  it('does not hide what the others can still do', () => {
    const outcome = explore(
      race((world) => {
        const pointer = new Cell<account | null>(world, 'pointer', null);
        const other = new Cell(world, 'other', 0);
        return [
          function* () {
            field(world, yield* READ_ONCE(pointer), 'balance');
          },
          function* () {
            yield* write(other, 1);
          },
          function* () {
            yield* write(other, 2);
          },
        ];
      }),
    );
    expect(outcome.bugs.map(({ id, classes }) => [id, classes])).toEqual([
      ['null-deref:A:pointer', 2],
      ['data-race:B+C:other', 2],
    ]);
  });

  it('leaves its locks held, and nobody is blamed for waiting for them', () => {
    const outcome = explore(
      race((world) => {
        const lock = new Mutex(world, 'lock');
        return [
          function* () {
            yield* mutex_lock(lock);
            field(world, null as account | null, 'balance', 'nothing');
          },
          function* () {
            yield* mutex_lock(lock);
            yield* mutex_unlock(lock);
          },
        ];
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({ id: 'null-deref:A:nothing', classes: 2 });
  });

  it('by an exception of its own is a bug with a witness like any other', () => {
    const outcome = explore(
      race((world) => {
        const cell = new Cell(world, 'cell', 0);
        return [
          function* () {
            if ((yield* READ_ONCE(cell)) === 1) throw new RangeError('one is too many');
          },
          function* () {
            yield* WRITE_ONCE(cell, 1);
          },
        ];
      }),
    );
    expect(outcome.executions).toBe(2);
    expect(onlyBug(outcome)).toMatchObject({
      kind: 'property',
      object: 'RangeError',
      message: 'A throws RangeError: one is too many',
      classes: 1,
    });
  });

  it('by an exception is told in its own words, however deep it was thrown', () => {
    const outcome = explore(
      race((world) => [
        function* () {
          yield* call(world, 'outer', function* () {
            yield* call(world, 'inner', function* () {
              yield* READ_ONCE(new Cell(world, 'cell', 0));
              throw new RangeError('one is too many');
            });
          });
        },
      ]),
    );
    expect(onlyBug(outcome).message).toBe('A throws RangeError: one is too many');
  });

  it('by an exception of whoever interprets another language ends the search, and is no bug', () => {
    const program = race((world) => [
      function* () {
        yield* call(world, 'add', function* () {
          yield* READ_ONCE(new Cell(world, 'cell', 0));
          throw new TypeError('no such instruction');
        });
      },
    ]);
    expect(() => explore({ ...program, interprets: true })).toThrow(
      'fwspec internal bug: A throws TypeError: no such instruction',
    );
  });

  it('by a crash is a bug of the program in whatever language', () => {
    const program = race((world) => [
      function* () {
        field(world, yield* READ_ONCE(new Cell<account | null>(world, 'cell', null)), 'balance');
      },
    ]);
    expect(onlyBug(explore({ ...program, interprets: true })).kind).toBe('null-deref');
  });
});
