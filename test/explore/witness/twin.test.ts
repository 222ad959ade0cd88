import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Bug,
  Cell,
  explore,
  field,
  fingerprint,
  kfree,
  kzalloc,
  observe,
  type Program,
  READ_ONCE,
  read,
  replay,
  type TraceStep,
  twinOf,
  WRITE_ONCE,
  why,
  write,
} from '../../../src/explore/index.ts';
import { account, race } from '../mini/example.ts';
import { abba } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';

/** A pointer is used by one task while the other frees what it leads to. */
const freed: Program = race((world) => {
  const pointer = new Cell<account | null>(world, 'pointer', null);
  return [
    function* () {
      const made = yield* kzalloc(world, account);
      yield* WRITE_ONCE(pointer, made);
      yield* WRITE_ONCE(pointer, null);
      yield* kfree(world, made);
    },
    function* () {
      const found = yield* READ_ONCE(pointer);
      if (found !== null) yield* READ_ONCE(found.balance);
    },
  ];
});

const lost: Program = race((world) => {
  const total = new Cell(world, 'total', 0);
  const add = function* () {
    yield* WRITE_ONCE(total, (yield* READ_ONCE(total)) + 1);
  };
  return {
    tasks: ['A', 'B'].map((name) => ({ name, body: add })),
    properties: [{ kind: 'end', name: 'both count', holds: () => total.value === 2 }],
  };
});

const always: Program = race((world) => {
  const pointer = new Cell<account | null>(world, 'pointer', null);
  return [
    function* () {
      yield* READ_ONCE(field(world, yield* READ_ONCE(pointer), 'balance'));
    },
  ];
});

const racy: Program = race((world) => {
  const total = new Cell(world, 'total', 0);
  return [
    function* () {
      yield* write(total, 1);
    },
    function* () {
      yield* read(total);
    },
  ];
});

const bugsOf = (program: Program): readonly Bug[] =>
  explore(program, { maxExecutions: 200 }).bugs.filter(({ steps }) => steps.length > 0);

/** The twin does what it promises: it passes, and has the two the other way round. */
function expectTwin(program: Program, bug: Bug): boolean {
  const twin = twinOf(program, bug);
  if (twin === null) {
    expect(why(program, bug).passing).toBeNull();
    return false;
  }
  const again = replay(program, twin.schedule);
  const ids = again.failures.map(fingerprint);
  expect(ids).not.toContain(bug.id);
  // Only what a whole execution shows is told: it has come to its end.
  expect(observe(program, twin.schedule).states.changes).toHaveLength(again.steps.length);
  for (const { id } of twin.failures) expect(ids).toContain(id);
  const { first, second } = twin;
  expect(second).not.toBeNull();
  if (first !== null) expect(second).toBeLessThan(first);
  return true;
}

describe('a bug has a twin that passes', () => {
  it.each([
    ['a use after free', freed],
    ['a lost update', lost],
    ['a deadlock', abba],
  ])('%s', (_name, program) => {
    const bugs = bugsOf(program).filter(
      ({ kind }) => kind !== 'data-race' && kind !== 'lock-order',
    );
    expect(bugs).not.toEqual([]);
    for (const bug of bugs) expect(expectTwin(program, bug)).toBe(true);
  });

  it('the same but for the order of the two: all before them is the same', () => {
    const [bug] = bugsOf(freed).filter(({ kind }) => kind === 'use-after-free');
    if (bug === undefined) throw new RangeError('no bug');
    const twin = twinOf(freed, bug);
    const told = (steps: readonly TraceStep[]): string[] =>
      steps.map(({ task, op, target }) => `${'AB'.charAt(task)} ${op} ${target}`);
    expect(told(bug.steps)).toEqual([
      ...['A write pointer', 'B read pointer', 'A write pointer', 'A free A'],
      'B read A->balance',
    ]);
    expect(told(replay(freed, twin?.schedule ?? []).steps)).toEqual([
      ...['A write pointer', 'B read pointer', 'A write pointer'],
      ...['B read A->balance', 'A free A'],
    ]);
    expect([twin?.first, twin?.second, twin?.failures]).toEqual([4, 3, []]);
  });
});

it.each([
  [
    'that happens in the only order there is',
    always,
    'It happens in the only order that there is.',
  ],
  ['that no order decides', racy, 'Nothing orders '],
])('a bug %s has none, and why() says so', (_name, program, text) => {
  const [bug] = bugsOf(program);
  if (bug === undefined) throw new RangeError('no bug');
  expect(twinOf(program, bug)).toBeNull();
  expect(why(program, bug).text).toContain(text);
});

it('the twins of the bugs of random programs pass', () => {
  let twins = 0;
  fc.assert(
    fc.property(miniPrograms, (mini) => {
      const program = toProgram(mini);
      for (const bug of bugsOf(program)) if (expectTwin(program, bug)) twins++;
    }),
    { numRuns: 80 },
  );
  expect(twins).toBeGreaterThan(20);
});
