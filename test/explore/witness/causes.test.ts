// What bugs hang on: families of programs whose causes are known, and what holds of any program.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import {
  type Bug,
  Cell,
  call,
  explore,
  field,
  fingerprint,
  join,
  kfree,
  kzalloc,
  type Outcome,
  type Program,
  READ_ONCE,
  replay,
  Struct,
  spawn,
  until,
  type World,
  WRITE_ONCE,
  why,
} from '../../../src/explore/index.ts';
import { byWeight } from '../../../src/explore/witness/outcome.ts';
import { abba } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';

class config extends Struct {
  readonly size: Cell<number> = this.cell('size', 1);
}

/** One task makes an object and uses it in so many functions; another clears the pointer and frees. */
function usedIn(places: number): Program {
  return {
    name: `used in ${places}`,
    setup(world) {
      const pointer = new Cell<config | null>(world, 'pointer', null);
      const use = (nth: number) =>
        call(world, `use${nth}`, function* () {
          yield* READ_ONCE(field(world, yield* READ_ONCE(pointer), 'size'));
        });
      return {
        tasks: [
          {
            name: 'user',
            *body() {
              yield* call(world, 'open', function* () {
                yield* WRITE_ONCE(pointer, yield* kzalloc(world, config));
              });
              for (let nth = 0; nth < places; nth++) yield* use(nth);
            },
          },
          {
            name: 'owner',
            *body() {
              yield* call(world, 'close', function* () {
                const object = yield* READ_ONCE(pointer);
                if (object === null) return;
                yield* WRITE_ONCE(pointer, null);
                yield* kfree(world, object);
              });
            },
          },
        ],
      };
    },
  };
}

/** What A reads too early, before B has set it. */
function early(cells: number): Program {
  return {
    name: 'early',
    setup(world: World) {
      const all = Array.from(
        { length: cells },
        (_, i) => new Cell<config | null>(world, `p${i}`, null),
      );
      const object = new (class settings extends config {})(world, 'settings');
      return {
        tasks: all.flatMap((cell, i) => [
          {
            name: `reader ${i}`,
            *body() {
              yield* READ_ONCE(field(world, yield* READ_ONCE(cell), 'size'));
            },
          },
          {
            name: `writer ${i}`,
            *body() {
              yield* WRITE_ONCE(cell, object);
            },
          },
        ]),
      };
    },
  };
}

describe('one cause', () => {
  test.each([1, 2, 4])('an object that goes while it is used in %i functions', (places) => {
    const { causes, bugs } = explore(usedIn(places));
    expect(causes.map(({ title }) => title)).toEqual([
      "owner frees pointer between user's open() and its use",
    ]);
    expect(causes[0]?.sites.length).toBe(bugs.filter(({ kind }) => kind !== 'data-race').length);
    expect(causes[0]?.sites.length).toBeGreaterThanOrEqual(2 * places - 1);
  });

  it('what is freed on the way belongs to it', () => {
    class inner extends Struct {
      readonly size: Cell<number> = this.cell('size', 1);
    }
    class outer extends Struct {
      readonly part: Cell<inner | null> = this.cell<inner | null>('part', null);
    }
    const { causes, bugs } = explore({
      name: 'nested',
      setup(world) {
        const pointer = new Cell<outer | null>(world, 'pointer', null);
        return {
          tasks: [
            {
              name: 'user',
              *body() {
                const whole = yield* kzalloc(world, outer);
                const part = yield* kzalloc(world, inner);
                yield* WRITE_ONCE(whole.part, part);
                yield* WRITE_ONCE(pointer, whole);
                yield* READ_ONCE(whole.part);
                yield* READ_ONCE(part.size);
              },
            },
            {
              name: 'owner',
              *body() {
                yield* call(world, 'close', function* () {
                  const whole = yield* READ_ONCE(pointer);
                  if (whole === null) return;
                  const part = yield* READ_ONCE(whole.part);
                  if (part !== null)
                    yield* call(world, 'release', function* () {
                      yield* kfree(world, part);
                    });
                  yield* WRITE_ONCE(pointer, null);
                  yield* kfree(world, whole);
                });
              },
            },
          ],
        };
      },
    });
    expect(bugs.map(({ object }) => object).sort()).toEqual(['inner', 'outer']);
    expect(causes.map(({ sites }) => sites.length)).toEqual([2]);
  });

  it('locks in contradicting orders, whether they have met or not', () => {
    const { causes, bugs } = explore(abba);
    expect(bugs.map(({ kind }) => kind).sort()).toEqual(['deadlock', 'lock-order']);
    expect(causes.map(({ sites }) => sites.length)).toEqual([2]);
    expect(causes[0]?.title).toMatch(/ are taken in contradicting orders$/);
  });

  it('whoever waits for the end of one that is blocked by locks has no part in it', () => {
    const { causes, bugs } = explore({
      name: 'joined',
      setup(world) {
        const { tasks, ...rest } = abba.setup(world);
        const main = function* () {
          const children = [];
          for (const { name, body } of tasks) children.push(yield* spawn(world, name, body));
          for (const child of children) yield* join(child);
        };
        return { ...rest, tasks: [{ name: 'main', body: main }] };
      },
    });
    expect(bugs.find(({ kind }) => kind === 'deadlock')?.title).not.toMatch(/join/);
    expect(causes.map(({ sites }) => sites.length)).toEqual([2]);
    expect(causes[0]?.title).not.toMatch(/join/);
  });

  it('a wakeup that is lost, and no order of locks', () => {
    const { causes, bugs } = explore({
      name: 'lost',
      setup(world) {
        const waiting = new Cell(world, 'waiting', 0);
        const sleeper = function* () {
          yield* WRITE_ONCE(waiting, 1);
          yield* until(waiting, (value) => value === 0);
        };
        const waker = function* () {
          if ((yield* READ_ONCE(waiting)) === 1) yield* WRITE_ONCE(waiting, 0);
        };
        const main = function* () {
          const child = yield* spawn(world, 'sleeper', sleeper);
          yield* spawn(world, 'waker', waker);
          yield* join(child);
        };
        return { tasks: [{ name: 'main', body: main }] };
      },
    });
    expect(bugs.map(({ kind, title }) => [kind, title])).toEqual([
      ['deadlock', 'deadlock on waiting'],
    ]);
    expect(causes[0]?.title).toBe('waker reads waiting before sleeper changes it');
  });

  it('one of two tasks of a name', () => {
    const program: Program = {
      name: 'namesakes',
      setup(world) {
        const count = new Cell(world, 'count', 0);
        const body = function* () {
          yield* WRITE_ONCE(count, (yield* READ_ONCE(count)) + 1);
        };
        return {
          tasks: [
            { name: 'adder', body },
            { name: 'adder', body },
          ],
          properties: [{ kind: 'end', name: 'it is 2', holds: () => count.value === 2 }],
        };
      },
    };
    const { causes, bugs } = explore(program);
    expect(causes[0]?.title).toBe('one adder reads count before another changes it');
    expect(why(program, bugs[0] as Bug).text).toMatch(/adder's .* comes before adder #2's /);
  });

  it('what happens in any order hangs on none', () => {
    const { causes } = explore({
      name: 'always',
      setup: (world) => {
        const cell = new Cell(world, 'cell', 0);
        const body = function* () {
          yield* WRITE_ONCE(cell, 1);
        };
        return {
          tasks: ['A', 'B'].map((name) => ({ name, body })),
          properties: [
            { kind: 'end', name: 'it is 2', title: 'cell is not 2', holds: () => cell.value === 2 },
          ],
        };
      },
    });
    expect(causes).toMatchObject([{ title: 'cell is not 2, in any order', pair: null }]);
  });
});

test.each([1, 2])('%i pointers read too early are as many causes', (cells) => {
  const { causes } = explore(early(cells));
  expect(causes.map(({ title }) => title).sort()).toEqual(
    Array.from({ length: cells }, (_, i) => `reader ${i} reads p${i} before writer ${i} sets it`),
  );
});

/** One place that finds NULL because of one task easily, because of another with more luck. */
const twoReasons: Program = {
  name: 'two reasons',
  setup(world) {
    const pointer = new Cell<config | null>(world, 'pointer', new config(world, 'settings'));
    const armed = new Cell(world, 'armed', false);
    return {
      tasks: [
        {
          name: 'user',
          *body() {
            yield* WRITE_ONCE(armed, true);
            yield* WRITE_ONCE(armed, false);
            yield* READ_ONCE(field(world, yield* READ_ONCE(pointer), 'size'));
          },
        },
        {
          name: 'easy',
          *body() {
            yield* WRITE_ONCE(pointer, null);
          },
        },
        {
          name: 'dear',
          *body() {
            if (yield* READ_ONCE(armed)) yield* WRITE_ONCE(pointer, null);
          },
        },
      ],
    };
  },
};

it('two causes behind one bug are told apart, the dear one with a witness of its own', () => {
  const outcome = explore(twoReasons);
  const id = outcome.bugs.find(({ kind }) => kind === 'null-deref')?.id;
  expect(outcome.causes.map(({ sites, preemptions }) => ({ sites, preemptions }))).toEqual([
    { sites: [id], preemptions: 0 },
    { sites: [id], preemptions: 1 },
  ]);
  for (const { title, witnesses } of outcome.causes) {
    const by = title.split(' ')[0];
    expect(['easy', 'dear']).toContain(by);
    const clears = witnesses[0]?.steps.filter(
      ({ op, value }) => op === 'write' && value === 'NULL',
    );
    expect(clears?.map(({ task }) => witnesses[0]?.tasks[task])).toEqual([by]);
  }
});

/** What must hold of the causes of any program. */
function check(program: Program, { bugs, causes }: Outcome): void {
  const sites = causes.flatMap((cause) => cause.sites);
  for (const bug of bugs) expect(sites.includes(bug.id), bug.id).toBe(bug.kind !== 'data-race');
  expect(new Set(causes.map(({ id }) => id)).size).toBe(causes.length);
  for (const { witnesses, preemptions, pair, sites: ids } of causes) {
    expect(ids).toEqual(witnesses.map(({ id }) => id));
    expect(new Set(ids).size).toBe(ids.length);
    expect(preemptions).toBe(Math.min(...witnesses.map((bug) => bug.preemptions)));
    for (const bug of witnesses) {
      if (bug.steps.length === 0) continue;
      expect(replay(program, bug.schedule).failures.map(fingerprint)).toContain(bug.id);
    }
    const first = witnesses[0] as Bug;
    if (pair !== null && first.kind !== 'lock-order' && first.kind !== 'deadlock')
      checkWhy(program, first, pair);
  }
}

function checkWhy(
  program: Program,
  bug: Bug,
  pair: NonNullable<Outcome['causes'][number]['pair']>,
): void {
  const { kind, first, second, text, passing } = why(program, bug);
  expect(kind).toBe('order');
  expect(pair.map(({ cell }) => cell)).toEqual([first?.object, second?.object]);
  // In the order of the witness, which may end before the second would come.
  expect(first?.event).toBeLessThan(second?.event ?? 0);
  expect(first?.event).toBeLessThan(bug.events);
  const failures = replay(program, passing ?? []).failures.map(fingerprint);
  const others = failures.filter((id) => !id.startsWith('data-race:'));
  expect(others).not.toContain(bug.id);
  expect(text.endsWith('nothing goes wrong.')).toBe(others.length === 0);
}

test('every bug has a cause; pairs come in their order, and reversing them avoids the bug', () => {
  let causes = 0;
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      const program = toProgram(mini);
      const outcome = explore(program, { maxExecutions: 2000 });
      if (!outcome.complete) return;
      check(program, outcome);
      causes += outcome.causes.length;
    }),
    { seed: 20231123, numRuns: 150, endOnFailure: true },
  );
  expect(causes).toBeGreaterThan(50);
});

test('causes are the same in the second exploration as in the first', () => {
  const ids = (): string[] => explore(usedIn(3)).causes.map(({ id }) => id);
  expect(ids()).toEqual(ids());
});

describe('the order of bugs', () => {
  const bug = (
    kind: Bug['kind'],
    preemptions: number,
    id = '',
  ): Parameters<typeof byWeight>[0] => ({
    kind,
    preemptions,
    id,
  });
  test.each([
    ['of one kind fewer preemptions first', bug('leak', 1), bug('leak', 2)],
    ['none before five, whatever the kind', bug('leak', 0), bug('null-deref', 5)],
    ['of as many the worse kind first', bug('null-deref', 1), bug('leak', 1)],
    ['what goes wrong before what merely could', bug('leak', 5), bug('data-race', 0)],
    ['a wrong order of locks before data races', bug('lock-order', 5), bug('data-race', 0)],
    ['else by name', bug('leak', 1, 'a'), bug('leak', 1, 'b')],
  ])('%s', (_, first, second) => {
    expect(byWeight(first, second)).toBeLessThan(0);
    expect(byWeight(second, first)).toBeGreaterThan(0);
  });
});
