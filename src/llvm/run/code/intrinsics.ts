import { type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import { big, binary, cut, signed } from '../values/arithmetic.ts';

const dropped =
  /^llvm\.(va_end|dbg|lifetime|invariant|experimental\.noalias|assume|donothing|prefetch|var\.annotation|stackrestore|sideeffect|pseudoprobe|x86\.sse2\.(pause|[lm]fence)|x86\.sse\.sfence|aarch64\.(hint|dmb|isb))/;

/** Whether a call says something to the compiler only. */
export function isDropped(name: string): boolean {
  return dropped.test(name);
}

type Evaluate = (operands: readonly Scalar[]) => RuntimeValue;

const minMax: Readonly<Record<string, string>> = {
  umax: 'umax',
  umin: 'umin',
  smax: 'max',
  smin: 'min',
};

const ofFloats: Readonly<Record<string, (...operands: number[]) => number>> = {
  fabs: Math.abs,
  sqrt: Math.sqrt,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  round: (a) => Math.sign(a) * Math.round(Math.abs(a)),
  pow: Math.pow,
  minnum: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.min(a, b)),
  maxnum: (a, b) => (Number.isNaN(a) ? b : Number.isNaN(b) ? a : Math.max(a, b)),
  copysign: (a, b) => (b < 0 || Object.is(b, -0) ? -Math.abs(a) : Math.abs(a)),
};

/** Of these it does not matter what an operand is. */
const passing =
  /^llvm\.(expect|ssa\.copy|threadlocal|annotation|ptr\.annotation|launder|strip|is\.constant|objectsize)/;

/** What an intrinsic function gives; null for one that is not known. */
export function intrinsic(name: string, bits: number, result: number): Evaluate | null {
  const evaluate = known(name, bits, result);
  if (evaluate === null || passing.test(name)) return evaluate;
  const unknown = name.includes('.with.overflow.') ? [undef, undef] : undef;
  return (operands) => (operands.includes(undef) ? unknown : evaluate(operands));
}

function known(name: string, bits: number, result: number): Evaluate | null {
  const [, what = ''] = /^llvm\.([a-z_.]+?)(?:\.(?:[ipf]\d.*|v\d.*))?$/.exec(name) ?? [];
  const operator = minMax[what];
  if (operator !== undefined) return ([a, b]) => binary(operator, bits, a as Scalar, b as Scalar);
  const [, sign, operation] = /^([us])(add|sub|mul)\.with\.overflow$/.exec(what) ?? [];
  if (operation !== undefined) return overflowing(operation, sign === 's', bits);
  const [, saturated, direction] = /^([us])(add|sub|shl)\.sat$/.exec(what) ?? [];
  if (direction !== undefined) return saturating(direction, saturated === 's', bits);
  if (what === 'fmuladd' || ofFloats[what] !== undefined) return ofFloat(what, name);
  switch (what) {
    case 'expect':
    case 'expect.with.probability':
    case 'ssa.copy':
    case 'threadlocal.address':
    case 'annotation':
    case 'ptr.annotation':
    case 'launder.invariant.group':
    case 'strip.invariant.group':
      return ([a]) => a as Scalar;
    case 'is.constant':
      return () => 0;
    case 'objectsize':
      return ([, isMinimum]) => cut(isMinimum === 1 ? 0n : -1n, result);
    case 'returnaddress':
    case 'frameaddress':
      return () => 0n;
    case 'stacksave':
    // Which processor this is, for whoever counts on each: nobody may look at it.
    case 'read_register':
      return () => undef;
    case 'ucmp':
    case 'scmp':
      return ([a, b]) => {
        const order = what === 'ucmp' ? big : (value: Scalar) => signed(value, bits);
        const [left, right] = [order(a as Scalar), order(b as Scalar)];
        return cut(left < right ? -1n : left > right ? 1n : 0n, result);
      };
    case 'bitreverse':
      return ([a]) => {
        const digits = [
          ...big(a as Scalar)
            .toString(2)
            .padStart(bits, '0'),
        ].reverse();
        return cut(BigInt(`0b${digits.join('')}`), bits);
      };
    case 'ctlz':
      return ([a]) => counted(a as Scalar, bits, (digits) => digits.indexOf('1'));
    case 'cttz':
      return ([a]) =>
        counted(a as Scalar, bits, (digits) => {
          const last = digits.lastIndexOf('1');
          return last < 0 ? -1 : bits - 1 - last;
        });
    case 'ctpop':
      return ([a]) => counted(a as Scalar, bits, (digits) => digits.replaceAll('0', '').length);
    case 'bswap':
      return ([a]) => cut(reversed(big(a as Scalar), bits / 8), bits);
    case 'abs':
      return ([a]) => {
        const value = signed(a as Scalar, bits);
        return cut(value < 0n ? -value : value, bits);
      };
    case 'fshl':
    case 'fshr':
      return ([a, b, by]) => funnel(what === 'fshl', bits, a as Scalar, b as Scalar, by as Scalar);
    default:
      return null;
  }
}

function ofFloat(what: string, name: string): Evaluate | null {
  const isSingle = name.endsWith('.f32');
  if (!isSingle && !name.endsWith('.f64')) return null;
  const round = isSingle ? Math.fround : (value: number) => value;
  const evaluate = ofFloats[what] ?? ((a = 0, b = 0, c = 0) => round(a * b) + c);
  return (operands) => round(evaluate(...(operands as number[])));
}

function overflowing(operation: string, isSigned: boolean, bits: number): Evaluate {
  return ([a, b]) => {
    const left = isSigned ? signed(a as Scalar, bits) : big(a as Scalar);
    const right = isSigned ? signed(b as Scalar, bits) : big(b as Scalar);
    const exact =
      operation === 'add' ? left + right : operation === 'sub' ? left - right : left * right;
    const fits = (isSigned ? BigInt.asIntN(bits, exact) : BigInt.asUintN(bits, exact)) === exact;
    return [cut(exact, bits), fits ? 0 : 1];
  };
}

/** At the ends of what a width can hold it stays there. */
function saturating(operation: string, isSigned: boolean, bits: number): Evaluate {
  const least = isSigned ? -(1n << BigInt(bits - 1)) : 0n;
  const most = (1n << BigInt(isSigned ? bits - 1 : bits)) - 1n;
  return ([a, b]) => {
    if (a === undef || b === undef) return undef;
    const left = isSigned ? signed(a as Scalar, bits) : big(a as Scalar);
    const right = isSigned && operation !== 'shl' ? signed(b as Scalar, bits) : big(b as Scalar);
    const exact =
      operation === 'add' ? left + right : operation === 'sub' ? left - right : left << right;
    return cut(exact < least ? least : exact > most ? most : exact, bits);
  };
}

/** Of a number without any 1 there are as many zeros as it has bits. */
function counted(value: Scalar, bits: number, count: (digits: string) => number): Scalar {
  if (value === undef) return undef;
  const found = count(big(value).toString(2).padStart(bits, '0'));
  return cut(BigInt(found < 0 ? bits : found), bits);
}

function reversed(value: bigint, bytes: number): bigint {
  let result = 0n;
  for (let i = 0; i < bytes; i++) result = (result << 8n) | ((value >> BigInt(8 * i)) & 0xffn);
  return result;
}

function funnel(isLeft: boolean, bits: number, a: Scalar, b: Scalar, by: Scalar): Scalar {
  const width = BigInt(bits);
  const amount = big(by) % width;
  const both = (big(a) << width) | big(b);
  return cut(isLeft ? both >> (width - amount) : both >> amount, bits);
}
