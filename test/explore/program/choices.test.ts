import { expect, it } from 'vitest';
import {
  Cell,
  choose,
  explore,
  field,
  kzallocOrNull,
  ModelError,
  type Program,
  READ_ONCE,
  Struct,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { onlyBug, race } from '../mini/example.ts';

class buffer extends Struct {
  readonly used: Cell<number> = this.cell('used', 0);
}

it('a choice is explored every way, beside every order', () => {
  const seen = new Set<string>();
  const program = race((world) => {
    const cell = new Cell(world, 'cell', -1);
    let chosen = -1;
    let read = -1;
    return {
      tasks: [
        {
          name: 'A',
          body: function* () {
            chosen = yield* choose(world, 3);
            yield* WRITE_ONCE(cell, chosen);
          },
        },
        {
          name: 'B',
          body: function* () {
            read = yield* READ_ONCE(cell);
          },
        },
      ],
      properties: [
        { kind: 'end', name: 'note', holds: () => seen.add(`${chosen} ${read}`) !== undefined },
      ],
    };
  });
  expect(explore(program)).toMatchObject({ verdict: 'clean', executions: 6, blocked: 0 });
  expect([...seen].sort()).toEqual(['0 -1', '0 0', '1 -1', '1 1', '2 -1', '2 2']);
});

it('allocations fail only when the program asks for it', () => {
  const program = race((world) => [
    function* () {
      const made = yield* kzallocOrNull(world, buffer);
      yield* READ_ONCE(field(world, made, 'used', 'made'));
    },
  ]);
  expect(explore(program).bugs.map(({ kind }) => kind)).toEqual(['leak']);
  const outcome = explore({ ...program, faults: 1 });
  expect(outcome.executions).toBe(2);
  expect(outcome.bugs.map(({ id, classes }) => [id, classes])).toEqual([
    ['null-deref:A:made', 1],
    ['leak:A:buffer', 1],
  ]);
  expect(outcome.bugs[0]?.steps[0]).toMatchObject({ op: 'alloc', value: 'NULL (fails)' });
});

it('at most so many allocations fail as the program allows', () => {
  const failed = new Set<string>();
  const program = race((world) => {
    const pointers = [0, 1, 2].map((i) => new Cell<buffer | null>(world, `p${i}`, null));
    return {
      tasks: [
        {
          name: 'A',
          body: function* () {
            for (const pointer of pointers)
              yield* WRITE_ONCE(pointer, yield* kzallocOrNull(world, buffer));
          },
        },
      ],
      properties: [
        {
          kind: 'end',
          name: 'note',
          holds: () =>
            failed.add(pointers.map(({ value }) => (value === null ? 'x' : '.')).join('')) !==
            undefined,
        },
      ],
    };
  });
  expect(explore({ ...program, faults: 2 })).toMatchObject({ verdict: 'clean', executions: 7 });
  expect([...failed].sort()).toEqual(['...', '..x', '.x.', '.xx', 'x..', 'x.x', 'xx.']);
});

it('that so many may fail goes for all tasks together, and not for those that are spared', () => {
  const failed = new Set<string>();
  const program = (faults: number, spared: boolean): Program => ({
    ...race((world) => {
      const pointers = [0, 1].map((i) => new Cell<buffer | null>(world, `p${i}`, null));
      const state = () => pointers.map(({ value }) => (value === null ? 'x' : '.')).join('');
      return {
        tasks: pointers.map((pointer, i) => ({
          name: `${i}`,
          spared: spared && i === 1,
          *body() {
            yield* WRITE_ONCE(pointer, yield* kzallocOrNull(world, buffer));
          },
        })),
        properties: [{ kind: 'end', name: 'note', holds: () => failed.add(state()) !== undefined }],
      };
    }),
    faults,
  });
  expect(explore(program(1, false))).toMatchObject({ verdict: 'clean', executions: 3, blocked: 0 });
  expect([...failed].sort()).toEqual(['..', '.x', 'x.']);
  failed.clear();
  expect(explore(program(2, true)).executions).toBe(2);
  expect([...failed].sort()).toEqual(['..', 'x.']);
});

it('a choice of no ways, or of too many, is an error of the program', () => {
  const program = (ways: number) =>
    race((world) => [
      function* () {
        yield* choose(world, ways);
      },
    ]);
  expect(explore(program(1)).executions).toBe(1);
  for (const ways of [0, 21, 1.5]) expect(() => explore(program(ways))).toThrow(ModelError);
  expect(() => onlyBug(explore(program(2)))).toThrow();
});
