import type { AskedShape } from '../asked.ts';
import type { ShapeFirmware } from '../builtin.ts';

/** A bug of this path that somebody has reported or repaired. */
export interface KnownBug {
  /** The commit that repairs it, or where it was reported. */
  readonly fix: string;
  /** The release that has it; null where none has. */
  readonly release: string | null;
  readonly what: string;
  /** What shows it; or why nothing does. */
  readonly shown: ShownBy | string;
}

export interface ShownBy {
  readonly scenario: string;
  readonly driver?: string;
  readonly firmware?: ShapeFirmware;
  readonly shape?: AskedShape;
  readonly kernel: string;
  /** Fingerprint of the bug there. */
  readonly bug: string;
  /** The next kernel of the model, which is without it; null where the newest has it. */
  readonly gone: string | null;
}
