import { expect, it } from 'vitest';
import {
  Cell,
  explore,
  field,
  fingerprint,
  kzalloc,
  Mutex,
  mutex_lock,
  mutex_unlock,
  READ_ONCE,
  read,
  replay,
  Struct,
  WRITE_ONCE,
  why,
  write,
} from '../../../src/explore/index.ts';
import { onlyBug, race } from '../mini/example.ts';
import { abba } from '../mini/families.ts';

class config extends Struct {
  readonly size: Cell<number> = this.cell('size', 1);
}

it('a NULL dereference is explained by the read that came too early', () => {
  const program = race((world) => {
    const pointer = new Cell<config | null>(world, 'pointer', null);
    const other = new Cell(world, 'other', 0);
    return [
      function* () {
        yield* WRITE_ONCE(other, 1);
        yield* WRITE_ONCE(pointer, yield* kzalloc(world, config));
      },
      function* () {
        yield* READ_ONCE(other);
        yield* READ_ONCE(field(world, yield* READ_ONCE(pointer), 'size'));
      },
    ];
  });
  const bug = onlyBug(explore(program));
  const explanation = why(program, bug);
  expect(explanation.text).toBe(
    "It happens because B's read of pointer comes before A's write of pointer. " +
      'The other way round, nothing goes wrong.',
  );
  expect(replay(program, explanation.passing ?? []).failures).toEqual([]);
});

it('a lost update is explained by one of the reads', () => {
  const program = race((world) => {
    const total = new Cell(world, 'total', 0);
    const add = function* () {
      yield* WRITE_ONCE(total, (yield* READ_ONCE(total)) + 1);
    };
    return {
      tasks: ['A', 'B'].map((name) => ({ name, body: add })),
      properties: [{ kind: 'end', name: 'both count', holds: () => total.value === 2 }],
    };
  });
  const bug = onlyBug(explore(program));
  const explanation = why(program, bug);
  expect(explanation.text).toMatch(/^It happens because A's read of total comes before B's write/);
  const passing = replay(program, explanation.passing ?? []);
  expect(passing.failures.map(fingerprint)).not.toContain(bug.id);
});

it('a deadlock is explained by the lock that was taken first', () => {
  const [bug] = explore(abba).bugs;
  expect(bug?.kind).toBe('deadlock');
  if (bug !== undefined) expect(why(abba, bug).text).toMatch(/^It happens because T\d's lock of m/);
});

it('what goes wrong in every order is not explained by an order', () => {
  const program = race((world) => {
    const lock = new Mutex(world, 'lock');
    return [0, 1].map(
      () =>
        function* () {
          yield* mutex_lock(lock);
          yield* mutex_unlock(lock);
          yield* mutex_unlock(lock);
        },
    );
  });
  for (const bug of explore(program).bugs) {
    const { kind, text, passing } = why(program, bug);
    expect([kind, passing]).toEqual(['always', null]);
    expect(text).toMatch(/^It happens in each of the \d+ orders that were tried/);
  }
});

it('a data race is the lack of an order, so no order explains it', () => {
  const program = race((world) => {
    const cell = new Cell(world, 'cell', 0);
    return [
      function* () {
        yield* write(cell, 1);
      },
      function* () {
        yield* read(cell);
      },
    ];
  });
  const { kind, first, second, text } = why(program, onlyBug(explore(program)));
  expect([kind, first?.op, second?.op].sort()).toEqual(['read', 'unordered', 'write']);
  expect(text).toMatch(
    /^Nothing orders [AB]'s (read|write) of cell and [AB]'s (read|write) of cell/,
  );
});
