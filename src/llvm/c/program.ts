import { ModelError, type Program, type World } from '../../explore/index.ts';
import type { Module } from '../ir/module.ts';
import { Linked } from '../run/linked.ts';
import { Compiled, type Environment, Machine } from '../run/machine.ts';
import { Thread } from '../run/thread.ts';
import { libraryFunctions, libraryVariables } from './library.ts';
import { stringFunctions } from './strings.ts';
import { runThread, threadFunctions } from './threads.ts';

/** How many threads a program may have. */
const mostThreads = 31;

/** What has been compiled of each program. */
const compiledOf = new WeakMap<Program, Compiled>();

/**
 * A program in C as one to explore: `main()` is its first task. POSIX threads, C11 atomics, `malloc()` and
 * `assert()` are known; everything atomic is sequentially consistent.
 *
 * @throws ModelError where no module has a `main()`
 */
export function programOf(name: string, modules: readonly Module[]): Program {
  const linked = new Linked(modules, libraryVariables);
  const compiled = new Compiled(linked);
  const main = linked.find('main');
  if (main === null) throw new ModelError('there is no main()');
  const environment: Environment = {
    functions: new Map([...threadFunctions, ...libraryFunctions, ...stringFunctions]),
  };
  const program: Program = {
    name,
    maxTasks: mostThreads,
    setup: (world: World) => {
      const machine = new Machine(world, compiled, environment);
      return {
        tasks: [{ name: 'main', body: () => runThread(new Thread(machine), main.at(0), [1, 0n]) }],
      };
    },
  };
  compiledOf.set(program, compiled);
  return program;
}

/** What a program that has run asks for and does not get, a sentence each. */
export function notesOf(program: Program): string[] {
  const weaker = compiledOf.get(program)?.weaker ?? 0;
  if (weaker === 0) return [];
  const which = weaker === 1 ? 'One instruction asks' : `${weaker} instructions ask`;
  return [`${which} for a weaker order than sequential consistency, which is what was explored.`];
}
