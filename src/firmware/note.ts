/** Something odd that does not keep the file from being read. */
export interface Note {
  /** Stable kebab-case code: `fdt/duplicate-node`. */
  readonly code: string;
  /** Byte offset in the blob or table. */
  readonly offset: number;
  /** One sentence; may quote names from the firmware, so escape before printing. */
  readonly message: string;
  /** The signature of the table that is not as long as it says; absent where something else is odd. */
  readonly length_of?: string;
}
