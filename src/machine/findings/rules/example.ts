/** A rule's example: firmware that breaks it, and the same firmware that does not. */
export type Example = TreeExample | EditedExample;

/** Nodes of a devicetree, as its source has them, below a root with two cells each. */
export interface TreeExample {
  readonly bad: string;
  readonly good: string;
  /** Rows of bytes, by the name of each PCI function that is there. */
  readonly functions?: Readonly<Record<string, string>>;
}

/** Tables or PCI functions as they should be, and what of them is wrong. */
export interface EditedExample {
  /** Which of the machines of bases.ts. */
  readonly base: string;
  readonly edits: readonly Edit[];
  /** An option that the kernel is built without where it is wrong, and with where it is right. */
  readonly kconfig?: string;
}

/** A field that is wrong. */
export interface Edit {
  /** The signature of the table or the name of the PCI function. */
  readonly in: string;
  /** In bytes from its beginning. */
  readonly at: number;
  /** In bytes; the value is little endian. */
  readonly size: 1 | 2 | 4 | 8;
  /** What the specification calls it. */
  readonly field: string;
  readonly bad: number;
  readonly good: number;
}
