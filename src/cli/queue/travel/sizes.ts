// What nothing in a queue is larger than, in bytes: whoever puts in more is told, and what others have put
// in is not looked at.

/** What a piece is, without its files. */
export const mostOfPiece: number = 256 * 1024;

/** All files of a piece. */
export const mostOfFiles: number = 128 * 1024 * 1024;

/** How many files a piece has. */
export const mostFiles = 10_000;

/** A result as it lies there, and unpacked. */
export const mostPacked: number = 16 * 1024 * 1024;
export const mostOfResult: number = 128 * 1024 * 1024;

/** Why something failed. */
export const mostOfText = 4096;

/** `12 kB` */
export function sizeText(bytes: number): string {
  return bytes < 10_000_000
    ? `${Math.ceil(bytes / 1000)} kB`
    : `${Math.ceil(bytes / 1_000_000)} MB`;
}
