/** A patch of the series, as it was posted. */
export interface PatchRow {
  /** What it does in the model. */
  readonly does: string;
  /** Empty where none is known. */
  readonly mistakes: readonly Mistake[];
}

/** Something that a patch makes wrong, or sets out to repair and does not. */
export interface Mistake {
  readonly what: string;
  /** A heading of docs/findings.md that follows it in the source; null where a line says all. */
  readonly finding: string | null;
  /** A reply, or a later commit; empty where nobody is known to have seen it. */
  readonly seen: string;
  /** The kernels without it, as far as there are any: `fwspec-v2+p05`. */
  readonly masked: readonly string[];
  /** Executions that show it; none where the model cannot. */
  readonly shown: readonly Shown[];
}

export interface Shown {
  /** Fingerprint of the bug. */
  readonly bug: string;
  /** What `fwspec replay` runs again; kernel and scenario are in it. */
  readonly token: string;
}
