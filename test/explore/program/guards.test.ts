import { describe, expect, it } from 'vitest';
import {
  Cell,
  call,
  explore,
  join,
  ModelError,
  read,
  spawn,
  type Task,
  write,
} from '../../../src/explore/index.ts';
import { Search } from '../../../src/explore/search/search.ts';
import { race } from '../mini/example.ts';
import { inc, readers } from '../mini/families.ts';

describe('a step that is made but not yielded', () => {
  it('stops the exploration and names the function', () => {
    const program = race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return [
        function* () {
          yield* call(world, 'forgetful', function* (): Task {
            write(cell, 1);
            yield* read(cell);
          });
        },
      ];
    });
    expect(() => explore(program)).toThrow(ModelError);
    expect(() => explore(program)).toThrow('not yielded in forgetful: write `yield* ...`');
  });

  it('is noticed at the end of a task too', () => {
    const program = race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return [
        function* () {
          yield* read(cell);
          write(cell, 1);
        },
      ];
    });
    expect(() => explore(program)).toThrow('not yielded in A');
  });

  it('does not pass the type checker in the forms that matter', () => {
    race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return [
        function* (): Task {
          // @ts-expect-error a step is not yet an operation: the star is missing
          yield write(cell, 1);
        },
        function* (): Task<number> {
          // @ts-expect-error a step is not its value
          return read(cell);
        },
        function* (): Task {
          // @ts-expect-error a cell is not its value
          const value: number = cell;
          yield* write(cell, value);
        },
        function* (): Task {
          // @ts-expect-error cells are written through verbs only
          yield* write(cell, 'text');
        },
      ];
    });
  });
});

describe('a program that is not deterministic', () => {
  it('is caught when a task does something else the second time', () => {
    let runs = 0;
    const program = race((world) => {
      const a = new Cell(world, 'a', 0);
      const b = new Cell(world, 'b', 0);
      return [
        function* () {
          yield* write(a, 1);
          yield* write(runs++ % 2 === 0 ? a : b, 1);
        },
        function* () {
          yield* read(a);
          yield* read(a);
        },
      ];
    });
    expect(() => explore(program)).toThrow('the program is not deterministic');
  });

  it('is caught when setup makes something else the second time', () => {
    let runs = 0;
    const program = race((world) => {
      const cell = new Cell(world, 'cell', 0);
      if (runs++ === 1) new Cell(world, 'extra', 0);
      return [1, 2].map(
        () =>
          function* () {
            yield* write(cell, 1);
          },
      );
    });
    const search = new Search({ ...program, maxTasks: 2 }, () => {});
    expect(() => search.explore(2)).toThrow('setup makes other objects');
  });
});

describe('limits', () => {
  it('on executions make the verdict incomplete, never clean', () => {
    const options = { maxExecutions: 100, ignore: ['data-race'] as const };
    const outcome = explore(readers(8), options);
    expect(outcome).toMatchObject({ verdict: 'incomplete', complete: false, executions: 100 });
    expect(outcome.bounds).toEqual({ preemptions: null, executions: 100 });
  });

  it('that are not met do not matter', () => {
    const outcome = explore(inc(2), { maxExecutions: 4, ignore: ['data-race'] });
    expect(outcome).toMatchObject({ verdict: 'clean', complete: true, executions: 4 });
  });

  it('on steps tell a program that does not end from one that is large', () => {
    const program = race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return [
        function* () {
          while ((yield* read(cell)) === 0);
        },
      ];
    });
    expect(() => explore(program, { maxSteps: 1_000 })).toThrow(
      'more than 1000 steps: does the program end?',
    );
  });

  it('on tasks name the option that lifts them', () => {
    const program = race((world) => [
      function* () {
        for (let i = 0; i < 3; i++) yield* join(yield* spawn(world, `child ${i}`, function* () {}));
      },
    ]);
    expect(explore(program).verdict).toBe('clean');
    expect(() => explore({ ...program, maxTasks: 2 })).toThrow('more than 2 tasks: raise maxTasks');
  });
});
