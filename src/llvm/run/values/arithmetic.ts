import { ModelError } from '../../../explore/index.ts';
import { PrivateMemory } from '../../memory/objects.ts';
import { isWide, Pointer, type Scalar, undef } from '../../memory/value.ts';

// Integers without a sign, of any width: numbers up to 32 bits, BigInts above. What is calculated with a
// pointer stays one as long as it can be said what it leads to.

/** A value that is known to be one number. */
export function numberOf(value: Scalar): number | bigint {
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  if (value instanceof Pointer) return value.address;
  return 0;
}

export function big(value: Scalar): bigint {
  return BigInt(numberOf(value));
}

/** A number, cut to a width. */
export function cut(value: bigint, bits: number): number | bigint {
  const wrapped = BigInt.asUintN(bits, value);
  return isWide(bits) ? wrapped : Number(wrapped);
}

/** The same bits, read with a sign. */
export function signed(value: Scalar, bits: number): bigint {
  return BigInt.asIntN(bits, big(value));
}

/** The pointer as everybody else knows it. */
export function canonical(pointer: Pointer): Pointer {
  const { memory, offset } = pointer;
  return memory instanceof PrivateMemory && memory.shared !== null
    ? memory.shared.at(offset)
    : pointer;
}

export function binary(operator: string, bits: number, a: Scalar, b: Scalar): Scalar {
  if (a === undef || b === undef) return ofUndefined(operator, bits, a, b);
  if (a instanceof Pointer || b instanceof Pointer) return withPointer(operator, bits, a, b);
  if (!isWide(bits)) return narrow(operator, bits, a as number, b as number);
  return wide(operator, bits, a as bigint, b as bigint);
}

/** Bits that are set or cleared are known whatever was there: what fields of bits are made of. */
function ofUndefined(operator: string, bits: number, a: Scalar, b: Scalar): Scalar {
  const known = a === undef ? b : a;
  if (known === undef || (operator !== 'and' && operator !== 'or')) return undef;
  const nothing = isWide(bits) ? 0n : 0;
  return binary(operator, bits, nothing, known);
}

function narrow(operator: string, bits: number, a: number, b: number): number {
  const mask = bits === 32 ? 0xffff_ffff : 2 ** bits - 1;
  switch (operator) {
    case 'add':
      return ((a + b) & mask) >>> 0;
    case 'sub':
      return ((a - b) & mask) >>> 0;
    case 'mul':
      return (Math.imul(a, b) & mask) >>> 0;
    case 'and':
      return (a & b) >>> 0;
    case 'or':
      return (a | b) >>> 0;
    case 'xor':
      return (a ^ b) >>> 0;
    default:
      return Number(wide(operator, bits, BigInt(a), BigInt(b)));
  }
}

function wide(operator: string, bits: number, a: bigint, b: bigint): bigint {
  return BigInt.asUintN(bits, exact(operator, bits, a, b));
}

function exact(operator: string, bits: number, a: bigint, b: bigint): bigint {
  const sign = (value: bigint): bigint => BigInt.asIntN(bits, value);
  switch (operator) {
    case 'add':
      return a + b;
    case 'sub':
      return a - b;
    case 'mul':
      return a * b;
    case 'and':
      return a & b;
    case 'or':
      return a | b;
    case 'xor':
      return a ^ b;
    case 'shl':
      return b >= BigInt(bits) ? 0n : a << b;
    case 'lshr':
      return b >= BigInt(bits) ? 0n : a >> b;
    case 'ashr':
      return sign(a) >> (b >= BigInt(bits) ? BigInt(bits) : b);
    case 'nand':
      return ~(a & b);
    case 'max':
      return sign(a) > sign(b) ? a : b;
    case 'min':
      return sign(a) < sign(b) ? a : b;
    case 'umax':
      return a > b ? a : b;
    case 'umin':
      return a < b ? a : b;
    case 'xchg':
      return b;
    case 'udiv':
    case 'sdiv':
    case 'urem':
    case 'srem':
      return divided(operator, bits, a, b);
    default:
      throw new ModelError(`${operator} of integers is not known`);
  }
}

function divided(
  operator: 'udiv' | 'sdiv' | 'urem' | 'srem',
  bits: number,
  a: bigint,
  b: bigint,
): bigint {
  if (b === 0n) throw new NoQuotient('something is divided by 0');
  if (operator === 'udiv') return a / b;
  if (operator === 'urem') return a % b;
  const [left, right] = [BigInt.asIntN(bits, a), BigInt.asIntN(bits, b)];
  if (right === -1n && left === BigInt.asIntN(bits, 1n << BigInt(bits - 1)))
    throw new NoQuotient('the least number is divided by -1, and the quotient does not fit');
  return operator === 'sdiv' ? left / right : left % right;
}

/** A processor stops at such a division. */
export class NoQuotient extends Error {}

const small = 4096n;

function withPointer(operator: string, bits: number, a: Scalar, b: Scalar): Scalar {
  if (operator === 'xchg') return b;
  if (a instanceof Pointer && bits === 64) {
    if (b instanceof Pointer) {
      if (operator === 'sub') return cut(difference(canonical(a), canonical(b)), bits);
    } else {
      const amount = BigInt.asIntN(64, big(b));
      if (operator === 'add') return moved(a, amount);
      if (operator === 'sub') return moved(a, -amount);
      // Bits that the alignment of every object leaves free.
      const low = a.address & (small - 1n);
      if (operator === 'and' && amount < 0n && amount >= -small) return moved(a, -(low & ~amount));
      if (operator === 'and' && amount >= 0n && amount < small) return low & amount;
      if (operator === 'or' && amount >= 0n && amount < small) return moved(a, amount & ~low);
      if (operator === 'xor' && amount >= 0n && amount < small)
        return moved(a, (low ^ amount) - low);
    }
  } else if (b instanceof Pointer && (operator === 'add' || operator === 'or'))
    return withPointer(operator, bits, b, a);
  return cut(exact(operator, bits, big(a), big(b)), bits);
}

/** A pointer to another place in the same object, inside or not. */
export function moved(pointer: Pointer, amount: bigint): Pointer {
  return pointer.memory.at(pointer.offset + Number(amount));
}

function difference(a: Pointer, b: Pointer): bigint {
  return a.memory === b.memory ? BigInt(a.offset - b.offset) : a.address - b.address;
}

/** Whether a comparison holds; null where it asks for what was never written. */
export function compared(predicate: string, bits: number, a: Scalar, b: Scalar): boolean | null {
  if (a === undef || b === undef) return null;
  if (predicate === 'eq') return isSame(a, b);
  if (predicate === 'ne') return !isSame(a, b);
  if (predicate.startsWith('s')) {
    const sign = (value: Scalar): bigint => BigInt.asIntN(bits, big(value));
    return ordered(predicate.slice(1), sign(a), sign(b));
  }
  if (typeof a === 'number' && typeof b === 'number') return ordered(predicate.slice(1), a, b);
  const [left, right] =
    a instanceof Pointer && b instanceof Pointer ? places(a, b) : [big(a), big(b)];
  return ordered(predicate.slice(1), left, right);
}

function places(a: Pointer, b: Pointer): [number | bigint, number | bigint] {
  const left = canonical(a);
  const right = canonical(b);
  return left.memory === right.memory ? [left.offset, right.offset] : [left.address, right.address];
}

export function isSame(a: Scalar, b: Scalar): boolean {
  if (a === b) return true;
  if (a instanceof Pointer && b instanceof Pointer) return canonical(a) === canonical(b);
  if (a instanceof Pointer) return a.address === b;
  if (b instanceof Pointer) return b.address === a;
  return false;
}

function ordered(predicate: string, a: number | bigint, b: number | bigint): boolean {
  switch (predicate) {
    case 'lt':
      return a < b;
    case 'le':
      return a <= b;
    case 'gt':
      return a > b;
    case 'ge':
      return a >= b;
    default:
      throw new ModelError(`the comparison ${predicate} is not known`);
  }
}

/** A cast from integers to integers, or between pointers and these. */
export function castInteger(cast: string, value: Scalar, from: number, to: number): Scalar {
  if (value === undef) return undef;
  switch (cast) {
    case 'bitcast':
    case 'addrspacecast':
    case 'ptrtoint':
    case 'inttoptr':
      return from === to ? value : cut(big(value), to);
    case 'zext':
      return isWide(to) && value instanceof Pointer ? value : cut(big(value), to);
    case 'trunc':
      return typeof value === 'number'
        ? narrow('and', 32, value, 2 ** to - 1)
        : cut(big(value), to);
    case 'sext':
      return cut(signed(value, from), to);
    default:
      throw new ModelError(`the cast ${cast} is not known`);
  }
}

/** @returns a number with the precision of a double */
export function floating(operator: string, a: number, b: number): number {
  switch (operator) {
    case 'fadd':
      return a + b;
    case 'fsub':
      return a - b;
    case 'fmul':
      return a * b;
    case 'fdiv':
      return a / b;
    default:
      return a % b;
  }
}

/** `oeq`, `ult` and so on: of numbers that are not, the unordered ones hold. */
export function comparedFloats(predicate: string, a: number, b: number): boolean {
  const unordered = Number.isNaN(a) || Number.isNaN(b);
  if (predicate === 'true' || predicate === 'false') return predicate === 'true';
  if (predicate === 'ord') return !unordered;
  if (predicate === 'uno') return unordered;
  if (unordered) return predicate.startsWith('u');
  const what = predicate.slice(1);
  if (what === 'eq') return a === b;
  if (what === 'ne') return a !== b;
  return ordered(what, a, b);
}

const view = new DataView(new ArrayBuffer(8));

/** The bits of a floating-point number of so many bytes: what memory holds. */
export function bitsOfFloat(value: number, size: number): Scalar {
  if (size === 4) {
    view.setFloat32(0, value);
    return view.getUint32(0);
  }
  view.setFloat64(0, value);
  return view.getBigUint64(0);
}

export function floatOfBits(bits: Scalar, size: number): number {
  if (size === 4) {
    view.setUint32(0, Number(numberOf(bits)));
    return view.getFloat32(0);
  }
  view.setBigUint64(0, big(bits));
  return view.getFloat64(0);
}
