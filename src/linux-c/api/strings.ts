import type { Task } from '../../explore/index.ts';
import { big, Pointer, type Scalar, type Thread } from '../../llvm/index.ts';
import type { ByName } from '../by-hand.ts';

const longest = 256;

/**
 * The text that a pointer leads to.
 *
 * @param most how many characters of it are looked at
 */
export function* textAt(
  thread: Thread,
  pointer: Scalar,
  most: number = Number.POSITIVE_INFINITY,
): Task<string> {
  let text = '';
  const { memory } = thread;
  for (let i = 0; i < most; i++) {
    if (i === longest) memory.fail(`a text of more than ${longest} characters is not supported`);
    if (!(pointer instanceof Pointer)) return memory.noPointer(pointer, 'read as a text');
    const byte = yield* memory.load(pointer.memory.at(pointer.offset + i), 1);
    if (byte === 0) break;
    text += String.fromCharCode(Number(big(byte)));
  }
  return text;
}

/** Functions of `lib/string.c` whose texts never change. */
export const strings: ByName = {
  *strcmp(thread, a = 0n, b = 0n) {
    const first = yield* textAt(thread, a);
    const second = yield* textAt(thread, b);
    if (first === second) return 0;
    return first < second ? 2 ** 32 - 1 : 1;
  },
  *strlen(thread, text = 0n) {
    return BigInt((yield* textAt(thread, text)).length);
  },
};
