import { describe, expect, it } from 'vitest';
import {
  Cell,
  choose,
  explore,
  fingerprint,
  type Program,
  READ_ONCE,
  replay,
  type Schedule,
  shorten,
  spawn,
  type Task,
  update,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { onlyBug, race } from '../mini/example.ts';

/** A lost update; `before` and `after` are edits elsewhere in the program. */
function lostUpdate({ before = 0, after = 0, renamed = false } = {}): Program {
  return race((world) => {
    const total = new Cell(world, renamed ? 'sum' : 'total', 0);
    const log = new Cell(world, 'log', 0);
    const add = function* (): Task {
      for (let i = 0; i < before; i++) yield* READ_ONCE(log);
      const seen = yield* READ_ONCE(total);
      yield* WRITE_ONCE(total, seen + 1);
      for (let i = 0; i < after; i++) yield* READ_ONCE(log);
    };
    return {
      tasks: ['A', 'B'].map((name) => ({ name, body: add })),
      properties: [{ kind: 'end', name: 'both count', holds: () => total.value === 2 }],
    };
  });
}

/** Whoever comes second starts a child, and that of A breaks a promise. */
const secondSpawns: Program = race((world) => {
  const arrived = new Cell(world, 'arrived', 0);
  const broken = new Cell(world, 'broken', false);
  const arrive = (name: string) =>
    function* (): Task {
      if ((yield* update(arrived, (count) => count + 1)) === 0) return;
      yield* spawn(world, `child of ${name}`, function* () {
        yield* WRITE_ONCE(broken, name === 'A');
      });
    };
  return {
    tasks: ['A', 'B'].map((name) => ({ name, body: arrive(name) })),
    properties: [{ kind: 'end', name: 'it is kept', holds: () => !broken.value }],
  };
});

const witness = (program: Program): Schedule => onlyBug(explore(program)).schedule;

describe('a schedule', () => {
  it('names events by what they are', () => {
    expect(witness(lostUpdate())).toEqual([
      { task: 'A', until: 'A read total', nth: 1 },
      { task: 'B', until: 'B write total', nth: 1 },
      { task: 'A', until: 'A write total', nth: 1 },
    ]);
  });

  it('of a task that other executions do not start has that task, not one of theirs', () => {
    const bug = onlyBug(explore(secondSpawns));
    expect(bug.tasks).toEqual(['A', 'B', 'child of A']);
    expect(bug.schedule.map(({ task }) => task)).toEqual(['B', 'A', 'child of A']);
  });

  it('replays to the same steps and the same failure, over and over', () => {
    const bug = onlyBug(explore(lostUpdate()));
    for (let i = 0; i < 3; i++) {
      const again = replay(lostUpdate(), bug.schedule);
      expect(again.steps).toEqual(bug.steps);
      expect(again.failures.map(fingerprint)).toEqual([bug.id]);
      expect(again.preemptions).toBe(bug.preemptions);
    }
  });

  it('replays when shortened for a token', () => {
    const bug = onlyBug(explore(lostUpdate()));
    const again = replay(lostUpdate(), shorten(bug.schedule, bug.tasks));
    expect(again.steps).toEqual(bug.steps);
  });

  it.each([
    ['before the place where it switches', { before: 3 }],
    ['after the place where it switches', { after: 2 }],
  ])('outlives an edit of the program %s', (_where, edit) => {
    const schedule = witness(lostUpdate());
    const edited = lostUpdate(edit);
    const again = replay(edited, schedule);
    // What it says is done; whoever is not mentioned any more has not run to its end.
    expect(again.steps.filter(({ target }) => target === 'total')).toHaveLength(4);
    expect(again.steps.at(-1)).toMatchObject({ op: 'write', target: 'total', value: '1' });
  });

  it('says so when the program has changed where it matters', () => {
    const schedule = witness(lostUpdate());
    expect(() => replay(lostUpdate({ renamed: true }), schedule)).toThrow(
      'the schedule does not fit this program any more: A has ended before "A read total"',
    );
  });

  it('says so when a task is not there any more', () => {
    const [first] = witness(lostUpdate());
    if (first === undefined) throw new RangeError('no segment');
    expect(() => replay(lostUpdate(), [{ ...first, task: 'Z' }])).toThrow('there is no task "Z"');
  });

  it('remembers which way choices went', () => {
    const program = race((world) => {
      const flag = new Cell(world, 'flag', 0);
      return [
        function* () {
          const value = yield* choose(world, 3, 'value');
          yield* WRITE_ONCE(flag, value);
          if (value === 2) throw new Error('two');
        },
      ];
    });
    const bug = onlyBug(explore(program));
    expect(bug.schedule).toEqual([
      {
        task: 'A',
        until: 'A write flag',
        nth: 1,
        choices: [{ at: 'A choose value', nth: 1, way: 2 }],
      },
    ]);
    expect(replay(program, bug.schedule).steps).toEqual(bug.steps);
    expect(replay(program, shorten(bug.schedule, bug.tasks)).steps).toEqual(bug.steps);
  });

  it('tells tasks of one name apart', () => {
    const program = race((world) => {
      const cell = new Cell(world, 'cell', 0);
      return {
        tasks: [1, 2].map((value) => ({
          name: 'worker',
          body: function* () {
            yield* WRITE_ONCE(cell, value);
          },
        })),
        properties: [{ kind: 'end', name: 'the second wins', holds: () => cell.value === 2 }],
      };
    });
    const bug = onlyBug(explore(program));
    expect(bug.tasks).toEqual(['worker', 'worker #2']);
    expect(bug.schedule.map(({ task }) => task)).toEqual(['worker #2', 'worker']);
    expect(replay(program, bug.schedule).steps).toEqual(bug.steps);
  });
});

describe('tasks that only some executions start', () => {
  /** Whoever comes first starts a child; the child of B does what must not be done. */
  const program: Program = {
    name: 'who starts first',
    setup(world) {
      const started = new Cell(world, 'started', false);
      const broken = new Cell(world, 'broken', false);
      const task = (name: string) => ({
        name,
        *body(): Task {
          if (yield* update(started, () => true)) return;
          yield* spawn(world, `child of ${name}`, function* (): Task {
            yield* WRITE_ONCE(broken, name === 'B');
          });
        },
      });
      return {
        tasks: [task('A'), task('B')],
        properties: [{ kind: 'end', name: 'B is not first', holds: () => !broken.value }],
      };
    },
  };

  it('stand in the columns of a witness in the order in which they start', () => {
    expect(onlyBug(explore(program)).tasks).toEqual(['A', 'B', 'child of B']);
  });

  it('are found again when the schedule is replayed, by name or by column', () => {
    const bug = onlyBug(explore(program));
    for (const schedule of [bug.schedule, shorten(bug.schedule, bug.tasks)])
      expect(replay(program, schedule).steps).toEqual(bug.steps);
  });
});
