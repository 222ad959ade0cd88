import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  Cell,
  explore,
  type Held,
  kfree,
  kzalloc,
  Mutex,
  mutex_lock,
  mutex_unlock,
  observe,
  Play,
  type Program,
  READ_ONCE,
  RefCount,
  ref_get,
  ref_put,
  replay,
  StateCursor,
  type States,
  Struct,
  stateRanks,
  type TraceStep,
  WRITE_ONCE,
} from '../../../src/explore/index.ts';
import { race } from '../mini/example.ts';
import { type Mini, miniPrograms, toProgram } from '../mini/mini.ts';

class part extends Struct {
  readonly size: Cell<number> = this.cell('size', 7);
  readonly next: Cell<part | null> = this.cell<part | null>('next', null);
}

/** Of everything that has a state something. */
const everything: Program = race((world) => {
  const head = new Cell<part | null>(world, 'head', null);
  const list = new Cell<readonly part[]>(world, 'list', []);
  const lock = new Mutex(world, 'lock');
  const node = new RefCount(world, 'node');
  return [
    function* () {
      yield* mutex_lock(lock);
      const made = yield* kzalloc(world, part);
      yield* WRITE_ONCE(head, made);
      yield* WRITE_ONCE(list, [made]);
      yield* WRITE_ONCE(made.size, 8);
      yield* mutex_unlock(lock);
    },
    function* () {
      yield* ref_get(node);
      yield* mutex_lock(lock);
      const found = yield* READ_ONCE(head);
      yield* WRITE_ONCE(head, null);
      yield* WRITE_ONCE(list, []);
      yield* kfree(world, found);
      yield* ref_put(node);
      yield* mutex_unlock(lock);
    },
  ];
});

/** A goes on to its end, then B. */
const inTurn = [
  { task: 'A', until: 'A unlock lock', nth: 1 },
  { task: 'B', until: 'B unlock lock', nth: 1 },
];

/** The state after each step, places by their names: only those that hold something else than before. */
function told(states: States, steps: readonly TraceStep[]): string[] {
  const { places, initial } = states;
  const cursor = new StateCursor(states);
  let before: readonly Held[] = initial;
  return steps.flatMap(({ op, target }, i) => {
    cursor.go(i + 1);
    const now = places.map((_, place) => cursor.held(place));
    const changed = places.flatMap(({ name }, place) =>
      JSON.stringify(now[place]) === JSON.stringify(before[place])
        ? []
        : [`${name}: ${JSON.stringify(now[place])}`],
    );
    before = now;
    return changed.length === 0 ? [] : [`${op} ${target} -> ${changed.join(', ')}`];
  });
}

it('each step says what it changes: values, objects, lists, counts, locks and who has them', () => {
  const { replay: again, states } = observe(everything, inTurn);
  expect(told(states, again.steps)).toEqual([
    'lock lock -> B: "waits for lock", lock: {"holder":0,"waiting":[1]}',
    'alloc part -> A: "allocated"',
    'write head -> head: "A"',
    'write list -> list: ["A"]',
    'write A->size -> A->size: "8"',
    'unlock lock -> A: "has ended", B: "can go on", lock: {"holder":null,"waiting":[]}',
    'lock lock -> lock: {"holder":1,"waiting":[]}',
    'write head -> head: "NULL"',
    'write list -> list: []',
    'free A -> A: "freed by B()"',
    'put node -> node: "1"',
    'unlock lock -> B: "has ended", lock: {"holder":null,"waiting":[]}',
  ]);
});

it('places say what they are of and which tasks touch them', () => {
  const { states } = observe(everything, inTurn);
  const { places, objects, initial } = states;
  expect(objects).toEqual([{ name: 'A', className: 'part', fromHeap: true }]);
  expect(
    places.map(
      ({ name, kind, object, tasks }, i) =>
        `${kind} ${name} ${object} ${tasks.join('+')} ${JSON.stringify(initial[i])}`,
    ),
  ).toEqual([
    'task A null  "can go on"',
    'task B null  "can go on"',
    'lock lock null 0+1 {"holder":null,"waiting":[]}',
    'life A 0 0+1 "not there yet"',
    'field A->size 0 0 "7"',
    'field A->next 0  "NULL"',
    'field head null 0+1 "NULL"',
    'field list null 0+1 []',
    'count node null 1 "2"',
  ]);
});

it('what decides comes first, then what it leads to, then what several tasks change', () => {
  const { states } = observe(everything, inTurn);
  const ranks = stateRanks(states, ['head']);
  const byName = states.places.map(({ name, kind }, i) => `${kind} ${name} ${ranks[i]}`);
  expect(byName).toEqual([
    ...['task A 2', 'task B 2', 'lock lock 2', 'life A 1', 'field A->size 1', 'field A->next 1'],
    ...['field head 0', 'field list 2', 'count node 3'],
  ]);
});

it('an object that the trace does not name yet is called by its class, and does not take a name', () => {
  const program = race((world) => {
    const hidden: { object: part | null } = { object: null };
    world.runAlone('boot', function* () {
      hidden.object = yield* kzalloc(world, part);
    });
    const head = new Cell<part | null>(world, 'head', hidden.object);
    return [
      function* () {
        yield* WRITE_ONCE(head, yield* READ_ONCE(head));
        const made = yield* kzalloc(world, part);
        yield* WRITE_ONCE(made.size, 1);
      },
      function* () {
        const made = yield* kzalloc(world, part);
        yield* WRITE_ONCE(made.size, 1);
        yield* WRITE_ONCE(head, made);
      },
    ];
  });
  const play = new Play(program);
  const named = (): string[] => play.position().states.objects.map(({ name }) => name);
  play.choose(1);
  expect(play.position().steps.map(({ target }) => target)).toEqual(['A->size']);
  expect(named()).toEqual(['A']);
  play.choose(1);
  // What was in it before is known now, and has no name.
  expect(named()).toEqual(['A', 'part']);
  play.choose(0, 'end');
  const { schedule, steps } = play.position();
  // At the end it is lost, and is told of by a name, after all others.
  expect(named()).toEqual(['A', 'C', 'B']);
  expect(replay(program, schedule).steps).toEqual(steps);
});

describe('of any program', () => {
  /** The witnesses of its bugs. */
  const executionsOf = (mini: Mini) => {
    const program = toProgram(mini);
    return explore(program, { maxExecutions: 200 }).bugs.flatMap(({ schedule, steps, at }) =>
      steps.length === 0 ? [] : [{ ...observe(program, schedule), steps, at }],
    );
  };

  it('to be looked at changes nothing of an execution', () => {
    fc.assert(
      fc.property(miniPrograms, (mini) => {
        for (const { replay: again, steps } of executionsOf(mini))
          expect(again.steps).toEqual(steps);
      }),
      { numRuns: 60 },
    );
  });

  it('a step leads to the same state from either side, and from nowhere to another', () => {
    fc.assert(
      fc.property(miniPrograms, fc.array(fc.nat(60), { maxLength: 12 }), (mini, stops) => {
        for (const { states } of executionsOf(mini)) {
          const walked = new StateCursor(states);
          for (const stop of stops) {
            walked.go(stop);
            const straight = new StateCursor(states);
            straight.go(stop);
            const held = (cursor: StateCursor): Held[] =>
              states.places.map((_, place) => cursor.held(place));
            expect(held(walked)).toEqual(held(straight));
            expect(walked.steps).toBe(Math.min(stop, states.changes.length));
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('a place holds what the trace says that was read from or written to it', () => {
    let compared = 0;
    fc.assert(
      fc.property(miniPrograms, (mini) => {
        for (const { states, steps, at } of executionsOf(mini)) {
          const cursor = new StateCursor(states);
          steps.forEach(({ op, target, value }, i) => {
            cursor.go(i + 1);
            // What crashes comes to nothing.
            if (i === at || value === '' || (op !== 'read' && op !== 'write')) return;
            const place = states.places.findIndex(
              ({ name, kind }) => name === target && kind === 'field',
            );
            if (place < 0) return;
            compared++;
            expect(`${target} ${cursor.held(place)}`).toBe(`${target} ${value}`);
          });
        }
      }),
      { numRuns: 60 },
    );
    expect(compared).toBeGreaterThan(100);
  });
});
