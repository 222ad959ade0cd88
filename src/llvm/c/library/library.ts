import { Abandoned, type Task } from '../../../explore/index.ts';
import { Variable } from '../../memory/objects.ts';
import { Pointer, type Scalar } from '../../memory/value.ts';
import type { External } from '../../run/thread/machine.ts';
import type { Thread } from '../../run/thread/thread.ts';
import { big } from '../../run/values/arithmetic.ts';
import { stepped } from '../../run/values/constants.ts';
import { externals, nothing } from '../by-hand.ts';

// What programs use of the C library beside threads. What prints does nothing.

function* malloc(thread: Thread, size: Scalar): Task<Scalar> {
  return yield* thread.memory.allocate(Number(big(size)), false);
}

function* calloc(thread: Thread, count: Scalar, size: Scalar): Task<Scalar> {
  return yield* thread.memory.allocate(Number(big(count) * big(size)), true);
}

function* alignedAlloc(thread: Thread, _alignment: Scalar, size: Scalar): Task<Scalar> {
  return yield* malloc(thread, size);
}

function* posixMemalign(thread: Thread, place: Scalar, _to: Scalar, size: Scalar): Task<Scalar> {
  const memory = yield* malloc(thread, size);
  if (memory === 0n) return 12;
  yield* thread.memory.store(place, 8, memory);
  return 0;
}

function* realloc(thread: Thread, old: Scalar, size: Scalar): Task<Scalar> {
  const { memory } = thread;
  const wanted = Number(big(size));
  const fresh = yield* memory.allocate(wanted, false);
  if (fresh === 0n || old === 0n) return fresh;
  yield* memory.copy(fresh, old, Math.min(wanted, memory.sizeOf(old)));
  yield* memory.free(old);
  return fresh;
}

function* free(thread: Thread, pointer: Scalar): Task<Scalar> {
  yield* thread.memory.free(pointer);
  return 0;
}

function* assertFails(
  thread: Thread,
  expression: Scalar,
  _file: Scalar,
  _line: Scalar,
  where: Scalar,
): Task<Scalar> {
  const text = textAt(thread, expression);
  const name = textAt(thread, where)
    .replace(/\(.*/, '')
    .replace(/^.*[ *]/, '');
  return thread.memory.crash('property', name, `the assertion "${text}" fails`);
}

/** A string that never changes. */
function textAt(thread: Thread, pointer: Scalar): string {
  if (!(pointer instanceof Pointer) || !(pointer.memory instanceof Variable)) return '?';
  const { memory, offset } = pointer;
  const image = thread.machine.compiled.linked.imageOf(memory);
  let text = '';
  for (let at = offset; at < memory.size; at++) {
    const byte = image.read(at, 1);
    if (typeof byte !== 'number' || byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}

function* abort(thread: Thread): Task<Scalar> {
  return thread.memory.crash('property', thread.memory.functionName, 'abort() is called');
}

/** What programs for model checkers say of input that they do not care for. */
function* assume({ world }: Thread, condition: Scalar): Task<Scalar> {
  return condition === 0 ? world.raise(new Abandoned('an assumption does not hold')) : 0;
}

/** Time stands still. */
function* time({ memory }: Thread, place: Scalar): Task<Scalar> {
  if (place !== 0n) yield* memory.store(place, 8, 0n);
  return 0n;
}

function* clockGettime({ memory }: Thread, _clock: Scalar, place: Scalar): Task<Scalar> {
  yield* memory.store(place, 8, 0n);
  yield* memory.store(stepped(place, 8n), 8, 0n);
  return 0;
}

function* timespecGet(thread: Thread, place: Scalar, base: Scalar): Task<Scalar> {
  yield* clockGettime(thread, 0, place);
  return base;
}

function* gettimeofday(thread: Thread, place: Scalar): Task<Scalar> {
  return yield* clockGettime(thread, 0, place);
}

/** Functions that only print, wait or give way. */
const idle = [
  'vprintf',
  'vfprintf',
  'putchar',
  'fputc',
  'fflush',
  'sched_yield',
  'pthread_yield',
  'usleep',
  'sleep',
  'nanosleep',
  // Hints of programs for GenMC, which are not needed.
  '__VERIFIER_loop_begin',
  '__VERIFIER_spin_start',
  '__VERIFIER_spin_end',
  '__VERIFIER_loop_bound',
];

/** Functions of `stdlib.h`, `stdio.h`, `assert.h` and others, by name. */
export const libraryFunctions: ReadonlyMap<string, External> = externals({
  ...Object.fromEntries(idle.map((name) => [name, nothing])),
  malloc,
  calloc,
  realloc: realloc,
  aligned_alloc: alignedAlloc,
  posix_memalign: posixMemalign,
  free,
  abort,
  time,
  clock_gettime: clockGettime,
  timespec_get: timespecGet,
  gettimeofday,
  __VERIFIER_assume: assume,
  __assert_fail: assertFails,
} as never);

/** Variables of the C library that programs name and nobody looks into. */
export const libraryVariables: ReadonlySet<string> = new Set(['stdin', 'stdout', 'stderr']);
