import type { SourceLines } from '../firmware/index.ts';

/**
 * Unpack bytes, of which at most so many may come: `too-long` when there are more, `damaged` when they
 * cannot be unpacked.
 */
export type Inflate = (
  bytes: Uint8Array,
  format: 'gzip' | 'deflate-raw',
  most: number,
) => Promise<Uint8Array | 'damaged' | 'too-long'>;

/** The blob of a devicetree source, and where in the source each part of it is written. */
export interface Compiled {
  readonly blob: Uint8Array;
  readonly lines: SourceLines | null;
}

/** What the language alone cannot do. Node.js and a page do it in their own ways. */
export interface Tools {
  readonly inflate: Inflate;
  /** Compile a file of what was given; null where there is no compiler. */
  readonly compile: ((name: string, source: Uint8Array) => Promise<Compiled>) | null;
}
