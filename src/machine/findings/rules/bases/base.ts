/** Firmware by its parts: tables by their signatures, configuration spaces by the names of functions. */
export type Base = Readonly<Record<string, string>>;

/** Rows of bytes in hexadecimal, each perhaps with a comment behind `#`. */
export function bytesOf(rows: string): Uint8Array {
  const words = rows.replaceAll(/#.*$/gm, '').match(/\S+/g) ?? [];
  return Uint8Array.from(words, (word) => Number.parseInt(word, 16));
}
