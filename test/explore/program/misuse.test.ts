import { describe, expect, it } from 'vitest';
import {
  assertClean,
  Cell,
  call,
  explore,
  join,
  kfree,
  ModelError,
  Mutex,
  mutex_lock,
  type Program,
  READ_ONCE,
  read,
  StateGraph,
  sample,
  spawn,
  type Task,
  until,
  type World,
  WRITE_ONCE,
  write,
} from '../../../src/explore/index.ts';

// What a type checker would refuse, or would not: none of it may pass for a clean program.
type Anything = Record<string, unknown>;

/** A program with one task that does nothing wrong, but for what is given. */
function program(start: Anything | ((world: World) => Anything), rest: Anything = {}): Program {
  return {
    name: 'visitors',
    setup(world: World) {
      const cell = new Cell(world, 'cell', 0);
      const task = {
        name: 'A',
        *body() {
          yield* READ_ONCE(cell);
        },
      };
      return { tasks: [task], ...(typeof start === 'function' ? start(world) : start) };
    },
    ...rest,
  } as unknown as Program;
}

/** A program whose task is this. */
function task(body: (world: World) => unknown, name = 'A'): Program {
  return program((world) => ({ tasks: [{ name, body: () => body(world) }] }));
}

function* readOf(world: World): Task<void> {
  yield* read(new Cell(world, 'c', 0));
}

const holds = (): boolean => true;
const always = { kind: 'always', name: 'fits', holds };
const old: { cell?: Cell<number>; lock?: Mutex } = {};

describe('is refused by name:', () => {
  it.each<[string, unknown, string]>([
    ['a program that is none', null, 'a program must be an object, not null'],
    [
      'an unknown key',
      program({}, { tasks: [] }),
      'a program has no "tasks": there is name, setup',
    ],
    ['a name that is no text', program({}, { name: 3 }), 'the name of a program must be a string'],
    [
      'no setup',
      program({}, { setup: 1 }),
      'setup in program "visitors" must be a function, not 1',
    ],
    [
      'an async setup',
      program({}, { setup: async () => ({ tasks: [] }) }),
      'what setup returns in program "visitors" must be an object, not a promise',
    ],
    ['a setup that is a generator', program({}, { *setup() {} }), 'not a generator'],
    [
      'a setup that returns nothing',
      program({}, { setup() {} }),
      'must be an object, not undefined',
    ],
    [
      'a half task',
      program({}, { maxTasks: 1.5 }),
      'maxTasks in program "visitors" must be a whole',
    ],
    [
      'what interprets without saying so by a flag',
      program({}, { interprets: 'C' }),
      'interprets in program "visitors" must be true or false, not "C"',
    ],
    ['faults that are no number', program({}, { faults: 'all' }), 'whole number from 0, not "all"'],
    [
      'an unknown key of start',
      program({ property: [] }),
      'has no "property": there is tasks, prop',
    ],
    [
      'tasks that are no list',
      program({ tasks: {} }),
      'tasks in program "visitors" must be an array',
    ],
    ['a task without a name', program({ tasks: [{ *body() {} }] }), 'the name of task 1'],
    ['a task without a body', program({ tasks: [{ name: 'A' }] }), 'the body of task "A"'],
    [
      'a task with another body',
      program({ tasks: [{ name: 'A', run() {} }] }),
      'task 1 in program "visitors" has no "run"',
    ],
    [
      'an async body',
      task(async () => {}),
      'must give a generator, not a promise: write function*',
    ],
    ['an async generator', task(async function* () {}), 'not an async generator'],
    ['a plain body', task(() => {}), 'the body of task "A" must give a generator, not undefined'],
    ['a body that gives a function', task(() => function* () {}), 'a generator function: call it'],
    [
      'cells for watched',
      program({ properties: [{ ...always, cells: [] }] }),
      'property "fits" in program "visitors" has no "cells": there is kind, name, title, holds, watched',
    ],
    ['no watched', program({ properties: [always] }), 'watched of property "fits"'],
    [
      'a plain object watched',
      program({ properties: [{ ...always, watched: [{ value: 1 }] }] }),
      'what property "fits" watches must be cells, not a plain object',
    ],
    [
      'a cell of before watched',
      program((world) => {
        old.cell ??= new Cell(world, 'old', 0);
        return { properties: [{ ...always, watched: [old.cell] }] };
      }),
      'what property "fits" watches: old belongs to another execution',
    ],
    [
      'watched at the end',
      program({ properties: [{ kind: 'end', name: 'fits', holds, watched: [] }] }),
      'has no "watched": there is kind, name, title, holds',
    ],
    [
      'an unknown kind of property',
      program({ properties: [{ kind: 'never', name: 'fits', holds }] }),
      `the kind of property 1 in program "visitors" must be one of 'always', 'end', 'sometimes'`,
    ],
    ...['a promise', 'a generator', 'undefined', '0'].map((what): [string, unknown, string] => [
      `a property that says ${what}`,
      program({
        properties: [
          {
            kind: 'end',
            name: 'fits',
            holds: {
              'a promise': async () => true,
              'a generator': function* () {},
              undefined: () => {},
              0: () => 0,
            }[what],
          },
        ],
      }),
      `property "fits" must say true, false or a string, not ${what}`,
    ]),
    [
      'a sometimes that says why',
      program({ properties: [{ kind: 'sometimes', name: 'fits', holds: () => 'no' }] }),
      'must say true or false, not "no"',
    ],
    [
      'a property that makes a step',
      program((world) => {
        const cell = new Cell(world, 'seen', 0);
        const looks = (): boolean => (read(cell) as unknown) === 1;
        return { properties: [{ kind: 'end', name: 'fits', holds: looks }] };
      }),
      'property "fits" makes a step',
    ],
    [
      'a plain object for a cell',
      task(function* () {
        yield* read({ value: 0 } as Cell<number>);
      }),
      'in A: read(), write() and their like take a cell, not a plain object',
    ],
    [
      'a lock for a cell',
      task(function* (world) {
        yield* WRITE_ONCE(new Mutex(world, 'm') as unknown as Cell<number>, 1);
      }),
      'take a cell, not a Mutex',
    ],
    [
      'a cell for a lock',
      task(function* (world) {
        yield* mutex_lock(new Cell(world, 'c', 0) as unknown as Mutex);
      }),
      'take a lock, not a Cell',
    ],
    [
      'a plain object to be waited for',
      task(function* () {
        yield* until({} as Cell<number>, holds);
      }),
      'take a cell, not a plain object',
    ],
    [
      'a plain object to be freed',
      task(function* (world) {
        yield* kfree(world, {} as never);
      }),
      'kfree() takes an object from kzalloc(), or null, not a plain object',
    ],
    [
      'a name to be joined',
      task(function* () {
        yield* join('B' as never);
      }),
      'join() takes what spawn() returned, not "B"',
    ],
    [
      'no world for a cell',
      task(function* () {
        yield* read(new Cell({} as World, 'c', 0));
      }),
      'Cell "c" needs the world, not a plain object',
    ],
    [
      'a child that is async',
      task(function* (world) {
        yield* spawn(world, 'B', (async () => {}) as never);
      }),
      'the body of task "B" must give a generator, not a promise',
    ],
    [
      'a function that is no generator',
      task(function* (world) {
        yield* call(world, 'helper', (() => 3) as never);
      }),
      'helper() must give a generator, not 3',
    ],
    [
      'a lock of another execution',
      task(function* (world) {
        old.lock ??= new Mutex(world, 'lock');
        yield* mutex_lock(old.lock);
      }),
      'a step in A: lock belongs to another execution',
    ],
    [
      'a yield without its star',
      task(function* (world) {
        yield write(new Cell(world, 'c', 0), 1);
      }),
      'a step was made but not yielded in A: write `yield* ...`',
    ],
    [
      'a generator yielded without its star',
      task(function* () {
        yield (function* () {})();
      }),
      'a generator is yielded in A, which is no step: write `yield* ...`',
    ],
    [
      'a task that drops what it should do',
      program((world) => ({
        tasks: [
          {
            name: 'A',
            *body() {
              readOf(world);
            },
          },
        ],
      })),
      'task "A" makes no step: is a `yield*` missing before a call in its body?',
    ],
  ])('%s', (_name, wrong, message) => {
    const run = (): unknown => assertClean(wrong as Program);
    expect(run).toThrow(ModelError);
    expect(run).toThrow(message);
  });

  it.each<[string, (program: Program) => unknown, string]>([
    ['an unknown option', (p) => explore(p, { executions: 3 } as object), 'has no "executions"'],
    [
      'an unknown kind',
      (p) => explore(p, { ignore: ['race'] as never }),
      'a kind in ignore, in the options of an exploration, must be one of null-deref, ',
    ],
    ['a kind that is no list', (p) => explore(p, { ignore: 'leak' as never }), 'must be an array'],
    ['no executions', (p) => explore(p, { maxExecutions: 0 }), 'a whole number from 1, not 0'],
    ['a text', (p) => explore(p, { maxSteps: '9' as never }), 'a whole number from 1, not "9"'],
    ['a word for a flag', (p) => explore(p, { histogram: 1 as never }), 'must be true or false'],
    ['options that are none', (p) => explore(p, 3 as never), 'must be an object, not 3'],
    ['no seed', (p) => sample(p, { seed: 'x' as never, executions: 1 }), 'seed in the options of'],
    ['a graph', (p) => new StateGraph(p, { states: 1 } as object), 'has no "states"'],
  ])('%s, as an option', (_name, run, message) => {
    expect(() => run(program({}))).toThrow(ModelError);
    expect(() => run(program({}))).toThrow(message);
  });
});

it('what is thrown and is no error is a bug all the same', () => {
  const { bugs } = explore(
    task(function* (world) {
      yield* READ_ONCE(new Cell(world, 'c', 0));
      throw 'text';
    }),
  );
  expect(bugs.map(({ message }) => message)).toEqual(['A throws something: "text"']);
});
