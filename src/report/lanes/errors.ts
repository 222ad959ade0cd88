import type { TraceStep } from '../../explore/index.ts';

/** A call that has not returned. */
interface Frame {
  /** Whether a call made in it has returned an error. */
  failed: boolean;
  /** Whether it, or a call made in it, touched what tasks race for. */
  raced: boolean;
}

/** Tells where an error comes up from where a caller passes it on, and whether a race can matter. */
export class Errors {
  /** By task: the open calls, outermost first. */
  readonly #frames = new Map<number, Frame[]>();
  readonly #raced: ReadonlySet<string>;

  constructor(steps: readonly TraceStep[]) {
    this.#raced = racedFor(steps);
  }

  call({ task, depth }: TraceStep): void {
    const frames = this.#framesOf(task);
    frames.length = Math.min(frames.length, depth);
    frames[depth] = { failed: false, raced: false };
  }

  access({ task, target }: TraceStep): void {
    if (!this.#raced.has(target)) return;
    for (const frame of this.#framesOf(task)) if (frame !== undefined) frame.raced = true;
  }

  /** Whether a return gives an error, perhaps as another number, that no call in it gave. */
  comesUp({ task, depth, value }: TraceStep): boolean {
    if (!isError(value)) return false;
    const frames = this.#framesOf(task);
    const caller = frames[depth - 1];
    if (caller !== undefined) caller.failed = true;
    return frames[depth]?.failed !== true;
  }

  /** Whether what the call, or its caller, has looked at by then is what tasks race for, if any. */
  isOfRace({ task, depth }: TraceStep): boolean {
    if (this.#raced.size === 0) return true;
    const frames = this.#framesOf(task);
    return frames[depth]?.raced === true || frames[depth - 1]?.raced === true;
  }

  #framesOf(task: number): Frame[] {
    const frames = this.#frames.get(task) ?? [];
    this.#frames.set(task, frames);
    return frames;
  }
}

/** What several tasks access and one writes; locks aside, which are there to be shared. */
function racedFor(steps: readonly TraceStep[]): ReadonlySet<string> {
  const tasks = new Map<string, Set<number>>();
  const written = new Set<string>();
  for (const { op, target, task } of steps) {
    if (op !== 'read' && op !== 'write') continue;
    tasks.set(target, (tasks.get(target) ?? new Set()).add(task));
    if (op === 'write') written.add(target);
  }
  return new Set([...written].filter((target) => (tasks.get(target)?.size ?? 0) > 1));
}

function isError(value: string): boolean {
  return /^-\d+$/.test(value) || value.startsWith('-E');
}
