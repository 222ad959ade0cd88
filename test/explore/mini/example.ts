import { expect } from 'vitest';
import {
  type Bug,
  type Cell,
  type Outcome,
  type Program,
  type Start,
  Struct,
  type Task,
  type World,
} from '../../../src/explore/index.ts';

/** A program of two or more tasks, named A, B, C, ... */
export function race(setup: (world: World) => (() => Task<unknown>)[] | Start): Program {
  return {
    name: 'example',
    setup(world) {
      const made = setup(world);
      if (!Array.isArray(made)) return made;
      return { tasks: made.map((body, i) => ({ name: 'ABCDEF'.charAt(i), body })) };
    },
  };
}

export function onlyBug(outcome: Outcome): Bug {
  expect(outcome.bugs.map(({ id }) => id)).toHaveLength(1);
  const [bug] = outcome.bugs;
  if (bug === undefined) throw new RangeError('no bug');
  return bug;
}

/** What a witness does, as `task op target value`. */
export function lines({ steps, tasks }: Bug): string[] {
  return steps.map(({ task, op, target, value }) =>
    `${tasks[task]} ${op} ${target} ${value}`.trimEnd(),
  );
}

export class account extends Struct {
  readonly balance: Cell<number> = this.cell('balance', 0);
}
