import { Pointer, type Scalar } from '../../memory/value.ts';
import { big, floatOfBits } from '../../run/values/arithmetic.ts';

/** `%-08.3ld`, taken apart; of what an operand says `*` stands here. */
export interface Directive {
  readonly text: string;
  readonly flags: string;
  readonly width: string;
  /** Null where there is none. */
  readonly precision: string | null;
  readonly length: string;
  readonly kind: string;
}

const pattern = /%([-+ #0]*)(\*|\d*)(?:\.(\*|\d*))?(hh|h|ll|l|j|z|t|L)?([a-zA-Z%])/y;

/** What begins with a `%` at a place of a text; null where it is not known. */
export function directiveAt(form: string, at: number): Directive | null {
  pattern.lastIndex = at;
  const found = pattern.exec(form);
  if (found === null) return null;
  const [text, flags = '', width = '', precision = null, length = '', kind = ''] = found;
  return { text, flags, width, precision, length, kind };
}

const widths: Readonly<Record<string, number>> = { hh: 8, h: 16, '': 32 };
const bases: Readonly<Record<string, number>> = { d: 10, i: 10, u: 10, x: 16, X: 16, o: 8 };

/** What a value is as text; null for a kind that is not known. */
export function shownAs(
  { flags, kind, length }: Directive,
  precision: number | null,
  width: number,
  value: Scalar,
): string | null {
  const isLeft = flags.includes('-');
  let sign = '';
  let body: string;
  let isPadded = flags.includes('0') && !isLeft;
  const base = bases[kind];
  if (base !== undefined && length !== 'L') {
    const bits = widths[length] ?? 64;
    const isSigned = kind === 'd' || kind === 'i';
    const number = isSigned ? BigInt.asIntN(bits, big(value)) : BigInt.asUintN(bits, big(value));
    const digits = (number < 0n ? -number : number).toString(base);
    body = number === 0n && precision === 0 ? '' : digits.padStart(precision ?? 1, '0');
    if (isSigned) sign = signOf(number < 0n, flags);
    if (flags.includes('#') && kind === 'o' && !body.startsWith('0')) body = `0${body}`;
    if (flags.includes('#') && base === 16 && number !== 0n) sign = '0x';
    if (kind === 'X') [sign, body] = [sign.toUpperCase(), body.toUpperCase()];
    if (precision !== null) isPadded = false;
  } else if (kind === 'c' && length === '') {
    body = String.fromCharCode(Number(big(value) & 0xffn));
    isPadded = false;
  } else if (kind === 'p') {
    body = isNull(value) ? '(nil)' : `0x${big(value).toString(16)}`;
    isPadded = false;
  } else if ((kind === 'f' || kind === 'F') && length !== 'L') {
    const number = floatOfBits(value, 8);
    sign = signOf(number < 0 || Object.is(number, -0), flags);
    body = fixed(Math.abs(number), precision ?? 6);
    if (precision === 0 && flags.includes('#')) body += '.';
    if (!Number.isFinite(number)) isPadded = false;
    if (kind === 'F') body = body.toUpperCase();
  } else return null;
  if (isPadded) body = body.padStart(width - sign.length, '0');
  return padded(sign + body, isLeft, width);
}

export function padded(text: string, isLeft: boolean, width: number): string {
  return isLeft ? text.padEnd(width) : text.padStart(width);
}

function isNull(value: Scalar): boolean {
  return !(value instanceof Pointer) && big(value) === 0n;
}

function signOf(isNegative: boolean, flags: string): string {
  if (isNegative) return '-';
  return flags.includes('+') ? '+' : flags.includes(' ') ? ' ' : '';
}

/** A number that is not negative, with so many digits behind the point: what lies in the middle goes to the even digit. */
function fixed(value: number, digits: number): string {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'nan' : 'inf';
  // Every number is a whole number over a power of two.
  let power = 0;
  let whole = value;
  while (!Number.isInteger(whole)) {
    whole *= 2;
    power++;
  }
  const over = 1n << BigInt(power);
  const exact = BigInt(whole) * 10n ** BigInt(digits);
  let rounded = exact / over;
  const rest = 2n * (exact % over);
  if (rest > over || (rest === over && rounded % 2n === 1n)) rounded++;
  const text = rounded.toString().padStart(digits + 1, '0');
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`;
}
