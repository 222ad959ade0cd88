import type { TaskState } from '../program/task.ts';
import { forgetFailures, type World } from '../program/world.ts';

const stride = 10;

/** By event: what there was of everything that only grows, before the event happened. */
export class Marks {
  length = 0;
  #numbers = new Int32Array(64 * stride);

  /** `task` is about to make event `length`. */
  add(world: World, task: TaskState, tasks: number): void {
    const at = this.length++ * stride;
    if (at >= this.#numbers.length) {
      const bigger = new Int32Array(this.#numbers.length * 2);
      bigger.set(this.#numbers);
      this.#numbers = bigger;
    }
    const numbers = this.#numbers;
    numbers[at] = task.index;
    numbers[at + 1] = task.logged;
    numbers[at + 2] = task.made;
    numbers[at + 3] = task.started;
    numbers[at + 4] = task.lastEvent;
    numbers[at + 5] = world.trail?.length ?? 0;
    numbers[at + 6] = world.heap.length;
    numbers[at + 7] = world.failed;
    numbers[at + 8] = tasks;
    numbers[at + 9] = task.found;
  }

  /** Who made an event. */
  taskOf(event: number): number {
    return this.#numbers[event * stride] as number;
  }

  /** A task is where it was before one of its events. */
  resetTask(event: number, task: TaskState): void {
    const numbers = this.#numbers;
    const at = event * stride;
    task.logged = numbers[at + 1] as number;
    task.made = numbers[at + 2] as number;
    task.started = numbers[at + 3] as number;
    task.lastEvent = numbers[at + 4] as number;
    task.found = numbers[at + 9] as number;
    task.status = 'running';
  }

  /** Take back the changes to the world that were made by event `event` and those after it. */
  resetWorld(event: number, world: World): void {
    const numbers = this.#numbers;
    const at = event * stride;
    world.trail?.undo(numbers[at + 5] as number);
    shorten(world.heap, numbers[at + 6] as number);
    forgetFailures(world, numbers[at + 7] as number);
    world.event = event - 1;
    world.unreach();
  }

  /** How many tasks had been started before an event. */
  tasksBefore(event: number): number {
    return this.#numbers[event * stride + 8] as number;
  }
}

/** Setting the length of an array is not free even where nothing changes. */
function shorten(list: unknown[], length: number): void {
  if (list.length > length) list.length = length;
}
