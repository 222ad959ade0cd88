import { type Cell, describeValue, Struct } from '../../../../../explore/index.ts';
import type { device } from '../../../../include/linux/device.ts';
import type { kernel } from '../../../../kernel.ts';

/** The StreamIDs of a master, one allocation: each is a node of the SMMU's tree. @linux drivers/iommu/arm/arm-smmu-v3/arm-smmu-v3.h arm_smmu_stream */
export class arm_smmu_stream extends Struct {
  dev: device | null = null;
  /** How many it was allocated for. */
  room = 0;
  readonly ids: Cell<readonly number[]> = this.cell<readonly number[]>('id', []);
}

/** A node of the tree: an entry of the array of whoever inserted it. */
interface Stream {
  readonly array: arm_smmu_stream;
  readonly index: number;
}

interface Listed extends Stream {
  readonly at: number;
}

/**
 * Which device owns which StreamID: one each. A table does not change; one with more streams shares
 * those that it had.
 */
export class Streams {
  readonly #shared: Map<number, Listed>;
  readonly #count: number;

  private constructor(shared: Map<number, Listed>) {
    this.#shared = shared;
    this.#count = shared.size;
  }

  static none(): Streams {
    return new Streams(new Map());
  }

  get size(): number {
    return this.#count;
  }

  nodeOf(sid: number): Stream | null {
    const found = this.#shared.get(sid);
    return found !== undefined && found.at < this.#count ? found : null;
  }

  /** What is met first on the way to a StreamID, as far as that does not hang on how the tree is balanced. */
  metBy(sid: number): Stream | null {
    const found = this.nodeOf(sid);
    if (found !== null || this.#count !== 1) return found;
    const [only = null] = this.#shared.values();
    return only;
  }

  /** With a stream that nobody owns. */
  with(sid: number, { array, index }: Stream): Streams {
    const shared = this.#shared.size === this.#count ? this.#shared : this.#only(() => true);
    return new Streams(shared.set(sid, { array, index, at: shared.size }));
  }

  without(sid: number): Streams {
    return new Streams(this.#only((known) => known !== sid));
  }

  /** Whether any stream is of another array. */
  hasOthersThan(array: arm_smmu_stream): boolean {
    return this.ids().some((sid) => this.nodeOf(sid)?.array !== array);
  }

  /** In the order in which they came. */
  ids(): number[] {
    return [...this.#shared].flatMap(([sid, { at }]) => (at < this.#count ? [sid] : []));
  }

  /** As a trace shows it. */
  get text(): string {
    return describeValue(Array.from({ length: this.#count }, () => ({})));
  }

  #only(wanted: (sid: number) => boolean): Map<number, Listed> {
    const kept = [...this.#shared].filter(([sid, of]) => of.at < this.#count && wanted(sid));
    return new Map(kept.map(([sid, node], at) => [sid, { ...node, at }]));
  }
}

/**
 * `rb_erase()`. A StreamID that a master has twice is in the tree once: the second node is all zeroes,
 * and taking it out makes nothing the root. A node that such an accident has cut off changes nothing
 * here, whatever it still points to.
 */
export function erase(
  k: kernel,
  tree: Streams,
  array: arm_smmu_stream,
  ids: readonly number[],
  index: number,
): Streams {
  const sid = ids[index];
  if (sid === undefined) return tree;
  if (ids.indexOf(sid) === index)
    return tree.nodeOf(sid)?.array === array ? tree.without(sid) : tree;
  if (tree.hasOthersThan(array)) {
    k.world.fail({
      kind: 'property',
      object: 'arm_smmu_device->streams',
      title: "an SMMU loses all devices' StreamIDs when one is taken out twice",
      message: `${array.dev?.text} has StreamID 0x${sid.toString(16)} twice: rb_erase() of what was never inserted empties the tree`,
    });
  }
  return Streams.none();
}
