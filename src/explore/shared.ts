import { Crash } from './failure.ts';
import type { Struct } from './heap.ts';
import type { TaskState } from './task.ts';
import type { World } from './world.ts';

/**
 * Something more than one task can touch, and the memory of who touched it last: what a search
 * needs to order events and to tell a data race. Event numbers are depths in the execution.
 */
export abstract class Shared {
  readonly world: World;
  readonly address: number;
  readonly label: string;
  /** The heap object this lies in, or null. */
  readonly owner: Struct | null;

  constructor(world: World, label: string, owner: Struct | null) {
    this.world = world;
    this.address = world.newAddress();
    this.label = label;
    this.owner = owner;
    if (owner?.fromHeap) world.names.lifetime[this.address] = owner.address;
  }

  /** How reports name this place: `dev->iommu`, or `A->fwspec` inside heap object A. */
  get text(): string {
    return this.owner === null ? this.label : `${this.owner.text}->${this.label}`;
  }

  /** How fingerprints name it: by the class of the object, the same in every execution. */
  get className(): string {
    return this.owner === null ? this.label : `${this.owner.className}->${this.label}`;
  }

  /** Ends the task when the object around this was freed. */
  touch(): void {
    const owner = this.owner;
    if (owner?.freed) {
      throw new Crash(
        'use-after-free',
        owner.className,
        `${this.text} is touched after ${owner.text} was freed${owner.freedBy === null ? '' : ` by ${owner.freedBy}`}`,
      );
    }
  }
}

/** An access as the data-race check remembers it. */
export interface Access {
  readonly task: TaskState;
  /** The task's synchronisation clock at the access. */
  readonly time: number;
  readonly marked: boolean;
  readonly functionName: string;
}
