import type { Task } from '../../../explore/index.ts';
import { type Scalar, undef } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big, signed } from '../../run/values/arithmetic.ts';
import { stepped } from '../../run/values/constants.ts';
import { type ByHand, externals } from '../by-hand.ts';
import { directiveAt, padded, shownAs } from './directive.ts';
import { byteAt } from './strings.ts';

// Text that is put together in memory. Where it would go to a file, nobody looks at it.

function* textAt(thread: Thread, place: Scalar, most: number): Task<string> {
  let text = '';
  for (let i = 0; i < most; i++) {
    const byte = yield* byteAt(thread, place, i);
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function* formatted(thread: Thread, format: Scalar, values: readonly Scalar[]): Task<string> {
  const memory: Thread['memory'] = thread.memory;
  const form = yield* textAt(thread, format, mostText);
  const left = [...values];
  const next = (): Scalar => {
    const value = left.shift() ?? undef;
    return value === undef ? memory.crashUndefined('is printed') : value;
  };
  const number = (text: string): number =>
    text === '*' ? Number(signed(next(), 32)) : Number(text);
  let text = '';
  for (let at = 0; at < form.length; ) {
    const start = form.indexOf('%', at);
    text += form.slice(at, start < 0 ? form.length : start);
    if (start < 0) break;
    const found = directiveAt(form, start);
    if (found === null) memory.fail(`${form.slice(start, start + 10)} in a text is not supported`);
    at = start + found.text.length;
    if (found.kind === '%') {
      text += '%';
      continue;
    }
    const wide = number(found.width);
    const exact = found.precision === null ? -1 : number(found.precision);
    const width = Math.abs(wide);
    if (Math.max(width, exact) > mostText) memory.fail(`${found.text} in a text is not supported`);
    const directive = wide < 0 ? { ...found, flags: `-${found.flags}` } : found;
    const precision = exact < 0 ? null : exact;
    const value = next();
    const shown =
      found.kind === 's' && found.length === ''
        ? padded(
            yield* textAt(thread, value, precision ?? mostText),
            directive.flags.includes('-'),
            width,
          )
        : shownAs(directive, precision, width, value);
    text += shown ?? memory.fail(`${found.text} in a text is not supported`);
  }
  return text;
}

/** No text that a program puts together is longer. */
const mostText = 1 << 16;

function* put(thread: Thread, to: Scalar, most: number, text: string): Task<Scalar> {
  const { memory } = thread;
  if (most > 0) {
    const kept = text.slice(0, most - 1);
    for (let i = 0; i < kept.length; i++)
      yield* memory.store(stepped(to, BigInt(i)), 1, kept.charCodeAt(i));
    yield* memory.store(stepped(to, BigInt(kept.length)), 1, 0);
  }
  return text.length;
}

function* snprintf(
  thread: Thread,
  to: Scalar,
  most: Scalar,
  format: Scalar,
  ...values: Scalar[]
): Task<Scalar> {
  const text = yield* formatted(thread, format, values);
  return yield* put(thread, to, Number(big(most)), text);
}

function* sprintf(thread: Thread, to: Scalar, format: Scalar, ...values: Scalar[]): Task<Scalar> {
  return yield* put(thread, to, mostText, yield* formatted(thread, format, values));
}

/** What is printed is read all the same: that can race. */
function* printf(thread: Thread, format: Scalar, ...values: Scalar[]): Task<Scalar> {
  return (yield* formatted(thread, format, values)).length;
}

function* fprintf(
  thread: Thread,
  _file: Scalar,
  format: Scalar,
  ...values: Scalar[]
): Task<Scalar> {
  return yield* printf(thread, format, ...values);
}

/** So is a text that is printed as it is. */
function* puts(thread: Thread, text: Scalar): Task<Scalar> {
  return (yield* textAt(thread, text, mostText)).length;
}

/** Functions of `stdio.h` that put a text together, by name. */
export const formatFunctions: ReadonlyMap<string, External> = externals({
  printf: printf as ByHand,
  fprintf: fprintf as ByHand,
  snprintf: snprintf as ByHand,
  sprintf: sprintf as ByHand,
  puts: puts as ByHand,
  fputs: puts as ByHand,
  perror: puts as ByHand,
});
