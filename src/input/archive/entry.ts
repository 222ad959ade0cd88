/** Something in an archive. */
export interface Entry {
  /** As it is written there. */
  readonly name: string;
  /** Of its header. */
  readonly offset: number;
  /** Links that lead out of the archive and devices are `other`. */
  readonly kind: 'file' | 'folder' | 'other';
  /** Null of what is no file. */
  readonly bytes: Uint8Array | null;
}
