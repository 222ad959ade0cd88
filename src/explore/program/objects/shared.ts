import { nameOf } from '../checks/check.ts';
import { Crash, Misuse } from '../failure.ts';
import type { World } from '../world.ts';
import type { Struct } from './heap.ts';

/** Something more than one task can touch. */
export abstract class Shared {
  readonly world: World;
  readonly address: number;
  readonly label: string;
  /** The object this lies in, or null. */
  readonly owner: Struct | null;

  constructor(world: World, label: string, owner: Struct | null, fromHeap = false) {
    if (typeof world?.newAddress !== 'function')
      throw new Misuse(
        `${this.constructor.name} "${String(label)}" needs the world, not ${nameOf(world)}`,
      );
    if (typeof label !== 'string')
      throw new Misuse(`the name of a ${this.constructor.name} is a string, not ${nameOf(label)}`);
    this.world = world;
    this.address = world.newAddress(owner, fromHeap);
    this.label = label;
    this.owner = owner;
    if (owner !== null) world.names.livesWith(this.address, owner.address);
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
    if (this.owner?.freed) this.#touchedAfterFree(this.owner);
  }

  #touchedAfterFree(owner: Struct): never {
    const by = owner.freedBy === null ? '' : ` by ${owner.freedBy}`;
    this.world.raise(
      new Crash(
        'use-after-free',
        owner.className,
        `${this.text} is touched after ${owner.text} was freed${by}`,
      ),
    );
  }
}
