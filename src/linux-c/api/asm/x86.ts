import type { Task } from '../../../explore/index.ts';
import {
  big,
  binary,
  type External,
  type InlineAsm,
  isSame,
  type Scalar,
  type Thread,
  undef,
} from '../../../llvm/index.ts';
import { type ByName, returning } from '../../by-hand.ts';
import { kept, nothing, type Place, placesOf, reported } from './outputs.ts';

// Assembler text for x86: a single instruction on places that the text numbers. What a locked instruction
// does is sequentially consistent there, too.

/** One instruction: what it is, whether nothing comes in between, its places, the last the one that it changes. */
interface Line {
  readonly name: string;
  readonly size: number;
  readonly isLocked: boolean;
  readonly from: Scalar;
  readonly at: Place;
  /** The operand of the call that it changes. */
  readonly target: Scalar;
  /** What is in `ax`. */
  readonly accumulator: Scalar;
}

const sizes: Readonly<Record<string, number>> = { b: 1, w: 2, l: 4, q: 8 };

const fences = /^(?:[mls]fence|pause|nop|addl \$\$0, ?-?\d+\(%[er]sp\))$/;

/** The instructions, without what goes to other sections, labels and remarks. */
function instructionsIn(text: string): string[] {
  return text
    .replaceAll(/\\([0-9A-Fa-f]{2})/g, (_, code: string) =>
      String.fromCharCode(Number.parseInt(code, 16)),
    )
    .replaceAll(/\.pushsection[\s\S]*?\.popsection/g, '')
    .replaceAll(/\/\*[\s\S]*?\*\/|#.*/g, '')
    .replaceAll(/^\s*\d+:/gm, '')
    .replaceAll(/\b(lock|rep)\s*;\s*/g, '$1 ')
    .split(/[\n;]/)
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '');
}

const plain = { add: 'add', sub: 'sub', and: 'and', or: 'or', xor: 'xor', inc: 'add', dec: 'sub' };
const ofBits: Readonly<Record<string, (word: bigint, bit: bigint) => bigint>> = {
  bts: (word, bit) => word | bit,
  btr: (word, bit) => word & ~bit,
  btc: (word, bit) => word ^ bit,
};

/** The value that is in memory, of so many bytes. */
const held = (size: number, value: bigint): Scalar =>
  size === 8 ? BigInt.asUintN(64, value) : Number(BigInt.asUintN(8 * size, value));

/** A value of a register as memory of so many bytes has it. */
function sized(size: number, value: Scalar): Scalar {
  return size === 8 ? value : held(size, big(value));
}

interface Done {
  /** What was there before, and what is there now. */
  readonly before: Scalar;
  readonly after: Scalar;
  /** The bit that it looked at, or whether it has exchanged. */
  readonly flag: boolean | null;
}

function* changed(
  { memory }: Thread,
  { size, isLocked, from, target }: Line,
  change: (value: Scalar, by: Scalar) => Scalar,
): Task<Done> {
  if (isLocked) {
    const before = yield* memory.update(target, size, from, change);
    return { before, after: change(before, from), flag: null };
  }
  const before = yield* memory.load(target, size);
  const after = change(before, from);
  yield* memory.store(target, size, after);
  return { before, after, flag: null };
}

/** What an instruction on memory does; null where it is not known. */
function onMemory(name: string): ((thread: Thread, line: Line) => Task<Done>) | null {
  if (name in plain) {
    const operator = plain[name as keyof typeof plain];
    return (thread, line) =>
      changed(thread, line, (value, by) => binary(operator, 8 * line.size, value, by) as Scalar);
  }
  if (name === 'xadd')
    return (thread, line) =>
      changed(thread, line, (value, by) => binary('add', 8 * line.size, value, by) as Scalar);
  if (name === 'xchg')
    return (thread, line) => changed(thread, { ...line, isLocked: true }, (_value, by) => by);
  if (name === 'cmpxchg')
    return function* ({ memory }, { size, target, from, accumulator }) {
      const before = yield* memory.exchange(target, size, accumulator, from);
      const flag = isSame(before, accumulator);
      return { before, after: flag ? from : before, flag };
    };
  if (name === 'bt' || name in ofBits)
    return function* (thread, line) {
      const { size, from, target } = line;
      const index = BigInt.asIntN(64, big(from));
      const bits = BigInt(8 * size);
      const within = BigInt.asUintN(8 * size === 64 ? 6 : 5, index);
      const word = (index - within) / bits;
      const address =
        word === 0n
          ? target
          : (binary('add', 64, target, BigInt.asUintN(64, word * BigInt(size))) as Scalar);
      const bit = 1n << within;
      const set = ofBits[name];
      if (set === undefined) {
        const before = yield* thread.memory.load(address, size, 'marked');
        return { before, after: before, flag: (big(before) & bit) !== 0n };
      }
      const at = { ...line, target: address };
      const done = yield* changed(thread, at, (value) => held(size, set(big(value), bit)));
      return { ...done, flag: (big(done.before) & bit) !== 0n };
    };
  return null;
}

/** Flags as outputs: `={@ccz}`. Null for one that is not known after this instruction. */
function flagOf(condition: string, name: string): ((done: Done) => boolean) | null {
  const isNegated = condition.startsWith('n');
  const code = isNegated ? condition.slice(1) : condition;
  const isBit = name.startsWith('bt');
  let holds: ((done: Done) => boolean) | null = null;
  if (isBit ? code === 'c' : (code === 'z' || code === 'e') && name === 'cmpxchg')
    holds = ({ flag }) => flag === true;
  else if (!isBit && (code === 'z' || code === 'e') && name in plain)
    holds = ({ after }) => big(after) === 0n;
  if (holds === null || !isNegated) return holds;
  const positive = holds;
  return (done) => !positive(done);
}

/** `bsf` and `bsr`: the lowest and the highest bit; of 0 what was there before, or nothing that anybody can say. */
function scanned(name: string, size: number, value: Scalar, before: Scalar | undefined): Scalar {
  const bits = BigInt.asUintN(8 * size, big(value));
  if (bits === 0n) return before ?? undef;
  const digits = bits.toString(2);
  const at = name === 'bsr' ? digits.length - 1 : digits.length - 1 - digits.lastIndexOf('1');
  // Whoever scans 64 bits may ask for the answer in 32.
  return held(before === undefined ? size : widthOf(before), BigInt(at));
}

/** What a piece of assembler text does; null where it is not known. */
export function x86(asm: InlineAsm): External | null {
  if (asm.text.includes('__bug_table')) return warning(asm);
  // What objtool makes a NOP of, as long as nobody turns the key.
  if (asm.text.includes('jmp ') && asm.text.includes('# objtool NOPs this ')) return nothing;
  const instructions = instructionsIn(asm.text);
  const [line] = instructions;
  if (instructions.length > 1 || asm.text.includes('%gs')) return null;
  const places = placesOf(asm.constraints);
  if (
    line === undefined ||
    fences.test(line) ||
    /^call __SCT__\w*resched|^call __SCT__preempt_schedule/.test(line)
  )
    return kept(asm.constraints);
  return instruction(line, places, asm.constraints);
}

function instruction(text: string, places: readonly Place[], constraints: string): External | null {
  const [, lock, mnemonic = '', suffix, rest = ''] =
    /^(?:(lock|rep) )?([a-z]+?)([bwlq])? (\$.*)$/.exec(text) ?? [];
  const whole = known(mnemonic) ? mnemonic : `${mnemonic}${suffix ?? ''}`;
  const named = rest.split(/, ?/).map((word) => /^\$\{?(\d+)(?::\w)?\}?$/.exec(word)?.[1]);
  if (!known(whole) || named.length > 2 || named.includes(undefined)) return null;
  const numbers = named.map(Number);
  const at = places[numbers.at(-1) as number];
  const source = numbers.length === 2 ? places[numbers[0] as number] : undefined;
  if (at === undefined) return null;
  const parts = constraints.split(',').filter((part) => part !== '' && !/^[~!]/.test(part));
  const outputs = places.flatMap((place, i) =>
    place.isOutput && !place.isMemory ? [{ place, i, part: parts[i] as string }] : [],
  );
  if (whole === 'bsf' || whole === 'bsr') {
    if (source?.operand == null || source.isMemory || outputs.length !== 1) return null;
    const { operand } = source;
    return function* (_thread, operands) {
      const value = operands[operand] as Scalar;
      const before = at.operand === null ? undefined : (operands[at.operand] as Scalar);
      const size =
        suffix === undefined || known(`${mnemonic}${suffix}`)
          ? widthOf(value)
          : (sizes[suffix] as number);
      return scanned(whole, size, value, before);
    };
  }
  const act = onMemory(whole);
  const size = sizes[suffix ?? ''];
  if (act === null || size === undefined || !at.isMemory || at.operand === null) return null;
  if (numbers.length === 2 && (source?.operand == null || source.isMemory)) return null;
  const accumulator = outputs.find(({ part }) => part.includes('{ax}'));
  const results = outputs.map(({ part, i }) => {
    const [, condition] = /^=\{@cc(\w+)\}$/.exec(part) ?? [];
    if (condition !== undefined) {
      const flag = flagOf(condition, whole);
      return flag === null ? null : (done: Done): Scalar => (flag(done) ? 1 : 0);
    }
    const isResult = whole === 'cmpxchg' ? i === accumulator?.i : i === numbers[0];
    return isResult && ['cmpxchg', 'xadd', 'xchg'].includes(whole)
      ? ({ before }: Done): Scalar => before
      : null;
  });
  if (results.includes(null) || (whole === 'cmpxchg' && accumulator?.place.operand == null))
    return null;
  return function* (thread, operands) {
    const one = size === 8 ? 1n : 1;
    const from = source === undefined ? one : (operands[source.operand as number] as Scalar);
    const ax =
      accumulator === undefined ? 0 : (operands[accumulator.place.operand as number] as Scalar);
    const done = yield* act(thread, {
      ...{ name: whole, size, at, isLocked: lock === 'lock' },
      from: whole.startsWith('bt') ? from : sized(size, from),
      target: operands[at.operand as number] as Scalar,
      accumulator: sized(size, ax),
    });
    const values = results.map((result) => (result as (done: Done) => Scalar)(done));
    return values.length === 1 ? (values[0] as Scalar) : values.length === 0 ? 0n : values;
  };
}

const widthOf = (value: Scalar): number => (typeof value === 'number' ? 4 : 8);

function known(name: string): boolean {
  return name === 'bsf' || name === 'bsr' || onMemory(name) !== null;
}

/** The flags are the last of the words before the entry of the table ends, a constant of the call. */
function warning({ text, constraints }: InlineAsm): External | null {
  const word = [...text.matchAll(/\.word\s*(?:\\09)*\s*\$\{(\d+):c\}/g)].at(-1)?.[1];
  const operand = word === undefined ? undefined : placesOf(constraints)[Number(word)]?.operand;
  if (operand == null) return null;
  return function* (thread, operands) {
    return reported(thread, (big(operands[operand] as Scalar) & 1n) === 1n);
  };
}

/** How often preemption is off, a variable of each CPU: tasks here go on anywhere else as it is. */
export const preemption: ByName = {
  preempt_count: returning(0),
  __preempt_count_add: returning(0),
  __preempt_count_sub: returning(0),
  __preempt_count_dec_and_test: returning(0),
};
