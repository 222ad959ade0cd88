/** The headers of a mail as they stand in it, by their names in lower case; of several the first. */
export type Headers = ReadonlyMap<string, string>;

/** Headers that a reply is made from; a longer one is nobody's. */
const longest = 10_000;

/** Read the headers at the beginning of a mail. Lines that go on are put together. */
export function headersOf(mail: string): Headers {
  const headers = new Map<string, string>();
  let name = '';
  for (const line of mail.split('\n', 2000)) {
    const text = line.replace(/\r$/, '');
    if (text === '') break;
    if (/^[ \t]/.test(text)) {
      const before = headers.get(name);
      if (before !== undefined && before.length < longest)
        headers.set(name, `${before} ${clean(text)}`);
      continue;
    }
    const [, found, value = ''] = /^([\w-]{1,80}):(.*)$/.exec(text) ?? [];
    name = found?.toLowerCase() ?? '';
    if (found !== undefined && !headers.has(name)) headers.set(name, clean(value));
    else name = '';
  }
  return headers;
}

/** Without what would be obeyed by a terminal or end the header that it is put into. */
function clean(value: string): string {
  return value
    .slice(0, longest)
    .replace(/\p{Cc}/gu, ' ')
    .trim();
}

/** `[PATCH v2 3/17]`: which of a series it is. */
export interface Place {
  readonly version: number;
  /** 0 for what comes before the patches. */
  readonly number: number;
  readonly of: number;
}

/** Where a subject says that a mail stands in its series; null where it does not. */
export function placeOf(subject: string): Place | null {
  const [, tag = ''] = /^\s*((?:\[[^\]]*\]\s*)+)/.exec(subject) ?? [];
  const [, number, of] = /(?:^|[\s[])0*(\d{1,4})\/0*(\d{1,4})(?=[\s\]])/.exec(tag) ?? [];
  const [, version] = /(?:^|[\s[A-Z])v(\d{1,3})(?=[\s\]])/i.exec(tag) ?? [];
  if (number === undefined || of === undefined) return null;
  return { version: Number(version ?? 1), number: Number(number), of: Number(of) };
}

/** A subject without what stands in brackets before it. */
export function summaryOf(subject: string): string {
  return subject
    .replace(/^\s*(?:\[[^\]]*\]\s*)+/, '')
    .replace(/\s+/g, ' ')
    .trim();
}
