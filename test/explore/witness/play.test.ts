import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Cell,
  decodeSchedule,
  encodeSchedule,
  explore,
  fingerprint,
  kzallocOrNull,
  Mutex,
  mutex_lock,
  mutex_unlock,
  Play,
  type Position,
  type Program,
  READ_ONCE,
  replay,
  type Stretch,
  stretches,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { account, race } from '../mini/example.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';

/** Each task counts under a lock, and has something of its own to do before. */
const counting: Program = race((world) => {
  const lock = new Mutex(world, 'lock');
  const total = new Cell(world, 'total', 0);
  const body = (name: string) => {
    const own = new Cell(world, name, 0);
    return function* () {
      yield* WRITE_ONCE(own, 1);
      yield* mutex_lock(lock);
      yield* WRITE_ONCE(total, (yield* READ_ONCE(total)) + 1);
      yield* WRITE_ONCE(own, 2);
      yield* mutex_unlock(lock);
    };
  };
  return [body('a'), body('b')];
});

/** Where the tasks are, in a line each. */
function told({ tasks }: Position): string[] {
  return tasks.map(({ name, status, next, waitsFor }) =>
    [
      `${name} ${status}`,
      ...(next === null ? [] : [`${next.op} ${next.target}${next.isShared ? ' (shared)' : ''}`]),
      ...(waitsFor === null ? [] : [`for ${waitsFor.what} of ${waitsFor.held}`]),
    ].join(', '),
  );
}

describe('somebody plays', () => {
  it('each task says what it would do, what it waits for, and who has that', () => {
    const play = new Play(counting);
    expect(told(play.position())).toEqual(['A can go on, write a', 'B can go on, write b']);
    play.choose(0);
    play.choose(0);
    play.choose(1);
    expect(told(play.position())).toEqual([
      'A can go on, read total (shared)',
      'B waits, lock lock (shared), for lock of 0',
    ]);
    expect(() => play.choose(1)).toThrow('B has to wait');
    expect(() => play.choose(2)).toThrow('there is no task number 2');
  });

  it.each<[Stretch, string[]]>([
    ['step', ['A can go on, lock lock (shared)', 'B can go on, write b']],
    ['shared', ['A can go on, lock lock (shared)', 'B can go on, write b']],
    ['blocked', ['A has ended', 'B can go on, write b']],
    ['end', ['A has ended', 'B can go on, write b']],
  ])('a choice can be as long as it is wanted: %s', (stretch, after) => {
    const play = new Play(counting);
    play.choose(0, stretch);
    expect(told(play.position())).toEqual(after);
    expect(play.choices).toBe(1);
  });

  it('until it waits, and until it is over, for which another one goes on as far as it must', () => {
    const play = new Play(counting);
    for (let i = 0; i < 2; i++) play.choose(0);
    play.choose(1, 'blocked');
    expect(told(play.position())[1]).toBe('B waits, lock lock (shared), for lock of 0');
    play.undo();
    play.choose(1);
    play.undo();
    play.choose(1, 'end');
    expect(told(play.position())).toEqual(['A has ended', 'B has ended']);
    expect(play.position().isOver).toBe(true);
  });

  it('while one is played to its end, the one that has what it waits for goes on, and nobody else', () => {
    const program = race((world) => {
      const lock = new Mutex(world, 'lock');
      const own = new Cell(world, 'own', 0);
      const body = function* () {
        yield* READ_ONCE(own);
        yield* mutex_lock(lock);
        yield* mutex_unlock(lock);
      };
      return [
        function* () {
          yield* WRITE_ONCE(own, 1);
        },
        body,
        body,
      ];
    });
    const play = new Play(program);
    play.choose(2);
    play.choose(2);
    play.choose(1, 'end');
    expect(told(play.position())).toEqual([
      'A can go on, write own (shared)',
      'B has ended',
      'C has ended',
    ]);
  });

  it('what others touch only where they meet is known once they have, and what nobody was seen to touch stops, too', () => {
    const program = race((world) => {
      const [flag, own, rare] = ['flag', 'own', 'rare'].map((name) => new Cell(world, name, 0));
      if (flag === undefined || own === undefined || rare === undefined) throw new RangeError();
      return [
        function* () {
          yield* WRITE_ONCE(flag, 1);
          yield* WRITE_ONCE(flag, 0);
          yield* WRITE_ONCE(own, 1);
          yield* WRITE_ONCE(own, 2);
        },
        function* () {
          if ((yield* READ_ONCE(flag)) === 0) return;
          yield* WRITE_ONCE(rare, 1);
          yield* WRITE_ONCE(own, 3);
        },
      ];
    });
    const play = new Play(program);
    play.choose(0);
    play.choose(1);
    expect(told(play.position())[1]).toBe('B can go on, write rare (shared)');
    play.choose(1, 'shared');
    expect(told(play.position())[1]).toBe('B can go on, write own (shared)');
    play.choose(0);
    // B has not touched it yet, and in no order of whole tasks it does.
    expect(told(play.position())[0]).toBe('A can go on, write own');
    play.choose(1);
    expect(told(play.position())[0]).toBe('A can go on, write own (shared)');
    play.choose(0, 'shared');
    expect(told(play.position())[0]).toBe('A can go on, write own (shared)');
    play.undo();
    play.undo();
    expect(told(play.position())[0]).toBe('A can go on, write own');
  });

  it('what several only read is shared by nobody', () => {
    const program = race((world) => {
      const told = new Cell(world, 'told', 0);
      const reader = function* () {
        yield* READ_ONCE(told);
      };
      return [reader, reader];
    });
    expect(told(new Play(program).position())).toEqual([
      'A can go on, read told',
      'B can go on, read told',
    ]);
  });

  it('undo is one choice shorter, back to the start and no further', () => {
    const play = new Play(counting);
    const before = [play.position()];
    for (const [task, stretch] of [
      [0, 'shared'],
      [1, 'step'],
      [0, 'end'],
      [1, 'end'],
    ] as const) {
      play.choose(task, stretch);
      before.push(play.position());
    }
    for (;;) {
      expect(play.position()).toEqual(before.pop());
      if (!play.undo()) break;
    }
    expect(before).toEqual([]);
  });

  it('a choice of the world outside is one of whoever plays', () => {
    const program: Program = {
      ...race((world) => {
        const pointer = new Cell<account | null>(world, 'pointer', null);
        return [
          function* () {
            yield* WRITE_ONCE(pointer, yield* kzallocOrNull(world, account));
          },
        ];
      }),
      faults: 1,
    };
    for (const [way, value] of ['A', 'NULL (fails)'].entries()) {
      const play = new Play(program);
      expect(play.position().tasks[0]?.next).toMatchObject({
        op: 'alloc',
        target: 'account',
        ways: 2,
      });
      play.choose(0, 'step', way);
      expect(play.position().steps.at(-1)?.value).toBe(value);
      expect(() => play.choose(0, 'step', 2)).toThrow('there is no choice number 2');
    }
  });
});

/** Play at random: numbers that say whom to choose and for how long. */
function played(program: Program, choices: readonly number[]): Play {
  const play = new Play(program);
  for (const choice of choices) {
    const able = play
      .position()
      .tasks.flatMap(({ status }, i) => (status === 'can go on' ? [i] : []));
    const task = able[choice % Math.max(1, able.length)];
    if (task === undefined) break;
    play.choose(task, stretches[(choice >> 4) % stretches.length]);
  }
  return play;
}

describe('of any program, any play', () => {
  const choices = fc.array(fc.nat(255), { maxLength: 12 });

  it('is a link: opened cold it is at the same position', () => {
    fc.assert(
      fc.property(miniPrograms, choices, (mini, wanted) => {
        const program = toProgram(mini);
        const position = played(program, wanted).position();
        const { schedule, tasks } = position;
        const names = tasks.map(({ name }) => name);
        const cold = new Play(program, decodeSchedule(encodeSchedule(schedule, names)));
        expect(cold.position()).toEqual(position);
        expect(replay(program, schedule).steps).toEqual(position.steps);
      }),
      { numRuns: 120 },
    );
  });

  it('fails as the execution does that it is', () => {
    fc.assert(
      fc.property(miniPrograms, choices, (mini, wanted) => {
        const program = toProgram(mini);
        const { schedule, failures } = played(program, wanted).position();
        expect(failures.map(({ id }) => id)).toEqual(
          replay(program, schedule).failures.map(fingerprint),
        );
      }),
      { numRuns: 120 },
    );
  });

  it('comes to a known bug when it follows its witness', () => {
    let known = 0;
    fc.assert(
      fc.property(miniPrograms, (mini) => {
        const program = toProgram(mini);
        for (const { id, schedule, steps } of explore(program, { maxExecutions: 200 }).bugs) {
          if (steps.length === 0) continue;
          known++;
          const { failures } = new Play(program, schedule).position();
          expect(failures.map((failure) => failure.id)).toContain(id);
        }
      }),
      { numRuns: 60 },
    );
    expect(known).toBeGreaterThan(20);
  });
});
