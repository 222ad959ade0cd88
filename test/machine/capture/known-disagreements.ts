import type { VerifyField } from '../../../src/machine/index.ts';

/** Where a prediction is known not to be what the kernel decided. `*` stands for anything. */
export interface KnownDisagreement {
  readonly capture: string;
  readonly device: string;
  readonly fields: readonly VerifyField[];
  readonly why: string;
}

/** Every one must still be one: what agrees by now has to go from here. */
export const knownDisagreements: readonly KnownDisagreement[] = [];
