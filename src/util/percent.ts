/** A value as one word of letters, digits and percent signs: for tokens that people copy. */
export function percentEncoded(value: string | number): string {
  return encodeURIComponent(value).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
}

/** What {@link percentEncoded} has made a word of; null where it did not. */
export function percentDecoded(word: string): string | null {
  try {
    return decodeURIComponent(word);
  } catch {
    return null;
  }
}
