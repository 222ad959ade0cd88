// How Linux cuts a command line into options (lib/cmdline.c, kernel/params.c).

/** An option: its name as it is written, and what stands behind its equals sign, if it has one. */
export interface Argument {
  readonly param: string;
  readonly val: string | null;
}

/** Also the no-break space, which is a byte of many letters in UTF-8. */
const isSpace = (byte: string | undefined): boolean =>
  byte !== undefined && /^[\t-\r \u00a0]$/.test(byte);

/**
 * The options of a command line, one character a byte. Quotes keep spaces together and stay where they
 * are, but for those around a whole option or a whole value. There is no escape. What is behind `--` is
 * for init.
 */
export function argumentsOf(text: string): Argument[] {
  const [args = ''] = text.split('\0', 1);
  const found: Argument[] = [];
  for (let at = skipSpaces(args, 0); at < args.length; ) {
    const { argument, end } = nextArgument(args, at);
    if (argument.val === null && argument.param === '--') break;
    found.push(argument);
    at = skipSpaces(args, end);
  }
  return found;
}

/** @linux lib/cmdline.c next_arg */
function nextArgument(args: string, from: number): { argument: Argument; end: number } {
  const quoted = args[from] === '"';
  const start = quoted ? from + 1 : from;
  let inQuote = quoted;
  let equals = start; // an equals sign in front of everything is none
  let end = start;
  for (; end < args.length; end++) {
    const byte = args[end];
    if (isSpace(byte) && !inQuote) break;
    if (byte === '=' && equals === start) equals = end;
    if (byte === '"') inQuote = !inQuote;
  }
  const whole = withoutQuote(args.slice(start, end), quoted);
  if (equals === start) return { argument: { param: whole, val: null }, end };
  const behind = whole.slice(equals + 1 - start);
  const val = behind.startsWith('"') ? withoutQuote(behind.slice(1), !quoted) : behind;
  return { argument: { param: args.slice(start, equals), val }, end };
}

/** Without a quote at its end. */
function withoutQuote(text: string, wanted: boolean): string {
  return wanted && text.endsWith('"') ? text.slice(0, -1) : text;
}

function skipSpaces(args: string, from: number): number {
  let at = from;
  while (isSpace(args[at])) at++;
  return at;
}

/** Hyphens and low lines are the same. @linux kernel/params.c parameq */
export function parameq(a: string, b: string): boolean {
  return a.replaceAll('-', '_') === b.replaceAll('-', '_');
}

/** A text as bytes of UTF-8, one character each. */
export function bytesOf(text: string): string {
  const wellFormed = text.replaceAll(/\p{Surrogate}/gu, '\ufffd');
  return encodeURIComponent(wellFormed).replaceAll(/%(..)/g, (_, hex) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
