import type { Task, World } from '../../../explore/index.ts';
import type { InlineAsm } from '../../ir/value.ts';
import { type FunctionObject, type PrivateMemory, Statics } from '../../memory/objects.ts';
import type { RuntimeValue } from '../../memory/value.ts';
import type { Code } from '../code/code.ts';
import { compile } from '../code/compile.ts';
import type { Linked } from '../values/linked.ts';
import type { Thread } from './thread.ts';

/** A function that is not in the modules, by hand. */
export type External = (thread: Thread, operands: readonly RuntimeValue[]) => Task<RuntimeValue>;

/** What the modules do not have. */
export interface Environment {
  /** By name; what is here comes before what the modules have. */
  readonly functions: ReadonlyMap<string, External>;
  /** What somebody can do about a function that is in neither. */
  readonly remedy: string;
  /** How often a loop may go round before the execution is given up; null or none for no limit. */
  readonly unroll?: number | null;
  /** What assembler text does; null for a text that is not known. */
  readonly asm?: (asm: InlineAsm) => External | null;
}

/** What is compiled, for all executions. */
export class Compiled {
  readonly linked: Linked;
  /** Whether anything that has run waits for some time only. */
  hasLimits = false;
  /** Whether an execution was given up since a loop went round more often than it may. */
  isCut = false;
  readonly #codes = new Map<FunctionObject, Code | null>();

  constructor(linked: Linked) {
    this.linked = linked;
  }

  /** How many instructions of what has run ask for less than sequential consistency. */
  get weaker(): number {
    let all = 0;
    for (const code of this.#codes.values()) all += code?.weaker ?? 0;
    return all;
  }

  /** Whether a relaxed access of what has run counted as ordered, since the program has fences. */
  get usesFences(): boolean {
    return [...this.#codes.values()].some((code) => code?.usesFences === true);
  }

  /** The code of a function; null where no module has it. */
  code(object: FunctionObject): Code | null {
    let code = this.#codes.get(object);
    if (code === undefined) {
      const definition = this.linked.definition(object);
      code = definition === null ? null : compile(this.linked, definition);
      this.#codes.set(object, code);
    }
    return code;
  }
}

/** The memory and the functions of a program in one execution. */
export class Machine {
  readonly world: World;
  readonly compiled: Compiled;
  readonly environment: Environment;
  readonly statics: Statics;
  /** Memory whose address is known as a number, by the megabyte that it is in. */
  readonly exposed: Map<bigint, PrivateMemory> = new Map();

  constructor(world: World, compiled: Compiled, environment: Environment) {
    this.world = world;
    this.compiled = compiled;
    this.environment = environment;
    this.statics = new Statics(world);
  }
}
