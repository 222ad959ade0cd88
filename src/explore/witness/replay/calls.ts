import type { TraceStep } from './recorder.ts';

/** One run of a named function; the outermost of a task is the task itself. */
export interface Invocation {
  readonly name: string;
}

/** Which functions a task was in at each event of a trace. */
export class Calls {
  readonly #chains = new Map<number, readonly Invocation[]>();

  constructor(steps: readonly TraceStep[], tasks: readonly string[]) {
    const stacks = tasks.map((name): Invocation[] => [{ name }]);
    for (const { task, depth, function: name, op, event } of steps) {
      const stack = stacks[task] as Invocation[];
      if (op === 'call') stack.splice(depth + 1, stack.length, { name });
      else if (op === 'return') stack.length = depth + 1;
      else this.#chains.set(event, [...stack]);
    }
  }

  /** The invocations that an event was made in, the outermost first; none beyond the trace. */
  of(event: number): readonly Invocation[] {
    return this.#chains.get(event) ?? [];
  }
}
