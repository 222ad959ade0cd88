/** A value as one word of letters, digits and percent signs: for tokens that people copy. */
export function percentEncoded(value: string | number): string {
  return encodeURIComponent(value).replace(
    /[!'()*~]/g,
    (char) => `%${char.charCodeAt(0).toString(16)}`,
  );
}

/** Several of them as one word that is never empty. */
export function percentList(values: readonly string[]): string {
  return values.length === 0 ? '-' : values.map(percentEncoded).join('+');
}

/** What {@link percentList} has made a word of; null where it did not. */
export function percentListDecoded(word: string): string[] | null {
  const values = word === '-' ? [] : word.split('+').map(percentDecoded);
  return values.some((value) => value === null) ? null : (values as string[]);
}

/** What {@link percentEncoded} has made a word of; null where it did not. */
export function percentDecoded(word: string): string | null {
  try {
    return decodeURIComponent(word);
  } catch {
    return null;
  }
}
