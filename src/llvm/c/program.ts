import { ModelError, type Program, type World } from '../../explore/index.ts';
import type { Module } from '../ir/module.ts';
import { undef } from '../memory/value.ts';
import { Compiled, type Environment, type External, Machine } from '../run/thread/machine.ts';
import { Thread } from '../run/thread/thread.ts';
import { Linked } from '../run/values/linked.ts';
import { assembler } from './assembler.ts';
import { errnoFunctions } from './library/errno.ts';
import { formatFunctions } from './library/format.ts';
import { libraryFunctions, libraryVariables } from './library/library.ts';
import { sortingFunctions } from './library/sorting.ts';
import { stringFunctions } from './library/strings.ts';
import { c11Functions } from './posix/c11.ts';
import { conditionFunctions } from './posix/conditions.ts';
import { mutexFunctions } from './posix/mutexes.ts';
import { rwlockFunctions } from './posix/rwlocks.ts';
import { semaphoreFunctions } from './posix/semaphores.ts';
import { runMain, threadFunctions } from './posix/threads.ts';

/** How many threads a program may have. */
const mostThreads = 31;

/** What has been compiled of each program. */
const compiledOf = new WeakMap<Program, Compiled>();

/** These only hand on what they are given. */
const handing =
  /^(pthread_(create|exit|setspecific)|thrd_(create|exit)|tss_set|qsort|free|v?f?printf|sn?printf)$/;

const functions: ReadonlyMap<string, External> = knowing([
  ...threadFunctions,
  ...mutexFunctions,
  ...rwlockFunctions,
  ...conditionFunctions,
  ...semaphoreFunctions,
  ...c11Functions,
  ...errnoFunctions,
  ...formatFunctions,
  ...sortingFunctions,
  ...libraryFunctions,
  ...stringFunctions,
]);

/** Functions that must know what they are given. */
function knowing(all: readonly (readonly [string, External])[]): ReadonlyMap<string, External> {
  return new Map(
    all.map(([name, run]): [string, External] => {
      if (handing.test(name)) return [name, run];
      return [
        name,
        (thread, operands) => {
          if (operands.includes(undef)) thread.memory.crashUndefined(`is given to ${name}()`);
          return run(thread, operands);
        },
      ];
    }),
  );
}

/** How far a program is looked at. */
export interface ProgramOptions {
  /** How often a loop may go round before the execution is given up; no limit unless said. */
  readonly unroll?: number | null;
  /** How many allocations of an execution may fail; none unless said. */
  readonly faults?: number;
}

/**
 * A program in C as one to explore: `main()` is its first task. POSIX threads, C11 atomics, `malloc()` and
 * `assert()` are known; everything atomic is sequentially consistent.
 *
 * @throws ModelError where no module has a `main()`
 */
export function programOf(
  name: string,
  modules: readonly Module[],
  { unroll = null, faults = 0 }: ProgramOptions = {},
): Program {
  const linked = new Linked(modules, libraryVariables, (name) => functions.has(name));
  const compiled = new Compiled(linked);
  const main = linked.find('main');
  if (main === null) throw new ModelError('there is no main()');
  const environment: Environment = {
    functions,
    remedy: 'give a file that defines it, too',
    unroll,
    asm: assembler,
  };
  const program: Program = {
    name,
    maxTasks: mostThreads,
    interprets: true,
    faults,
    setup: (world: World) => {
      const machine = new Machine(world, compiled, environment);
      return {
        tasks: [{ name: 'main', body: () => runMain(new Thread(machine), main.at(0)) }],
      };
    },
  };
  compiledOf.set(program, compiled);
  return program;
}

/** Whether executions of a program that has run were given up, so that nobody knows how they go on. */
export function isCut(program: Program): boolean {
  return compiledOf.get(program)?.isCut === true;
}

/** What a program that has run asks for and does not get, a sentence each. */
export function notesOf(program: Program): string[] {
  const notes: string[] = [];
  const { weaker = 0, hasLimits = false, usesFences = false } = compiledOf.get(program) ?? {};
  const which = weaker === 1 ? 'One instruction asks' : `${weaker} instructions ask`;
  if (weaker > 0)
    notes.push(
      `${which} for a weaker order than sequential consistency, which is what was explored.`,
    );
  if (usesFences)
    notes.push(
      'The program has fences: relaxed accesses count as ordered, and races between what is around them are not seen.',
    );
  if (hasLimits)
    notes.push('A wait with a time limit runs out of time once in each thread and place, at most.');
  if (isCut(program))
    notes.push('There are executions in which a loop goes round more often than --unroll allows.');
  return notes;
}
