import type { device } from '../../../../include/linux/device.ts';

interface Stream {
  readonly dev: device;
  readonly at: number;
}

/**
 * Which device owns which StreamID: one each. A table does not change; one with more streams shares
 * those that it had.
 */
export class Streams {
  readonly #shared: Map<number, Stream>;
  readonly #count: number;

  private constructor(shared: Map<number, Stream>) {
    this.#shared = shared;
    this.#count = shared.size;
  }

  static none(): Streams {
    return new Streams(new Map());
  }

  ownerOf(sid: number): device | null {
    const found = this.#shared.get(sid);
    return found !== undefined && found.at < this.#count ? found.dev : null;
  }

  /** With a stream that nobody owns. */
  with(sid: number, dev: device): Streams {
    const shared = this.#shared.size === this.#count ? this.#shared : this.#only(() => true);
    return new Streams(shared.set(sid, { dev, at: shared.size }));
  }

  without(dev: device): Streams {
    return new Streams(this.#only((stream) => stream.dev !== dev));
  }

  /** In the order in which they came. */
  ids(): number[] {
    return [...this.#shared].flatMap(([sid, { at }]) => (at < this.#count ? [sid] : []));
  }

  /** As a trace shows it. */
  get text(): string {
    return `[${this.ids()
      .map(() => '{...}')
      .join(', ')}]`;
  }

  #only(wanted: (stream: Stream) => boolean): Map<number, Stream> {
    const kept = [...this.#shared].filter(([, of]) => of.at < this.#count && wanted(of));
    return new Map(kept.map(([sid, { dev }], at) => [sid, { dev, at }]));
  }
}
