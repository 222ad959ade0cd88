import { ModelError } from '../../../explore/index.ts';
import type { Cast } from '../../ir/instruction.ts';
import { type Type, typeText } from '../../ir/type.ts';
import { type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import { big, bitsOfFloat, castInteger, cut, floatOfBits, signed } from './arithmetic.ts';
import { bitsOf } from './constants.ts';
import type { Unit } from './linked.ts';

/** What a cast makes of a value. */
export function castOf(
  unit: Unit,
  cast: Cast,
  fromType: Type,
  toType: Type,
): (value: RuntimeValue) => RuntimeValue {
  const from = unit.module.resolve(fromType);
  const to = unit.module.resolve(toType);
  if (to.kind === 'float' && from.kind === 'float') {
    const round = rounding(to);
    rounding(from);
    return (value) => (value === undef ? undef : round(value as number));
  }
  if (to.kind === 'float' && cast !== 'bitcast') {
    const bits = bitsOf(unit, from);
    const isSigned = cast === 'sitofp';
    const round = rounding(to);
    return (value) => {
      const scalar = value as Scalar;
      if (scalar === undef) return undef;
      const whole = isSigned ? signed(scalar, bits) : big(scalar);
      return to.name === 'float' ? nearestSingle(whole) : round(Number(whole));
    };
  }
  const bits = bitsOf(unit, to);
  if (from.kind === 'float' && cast !== 'bitcast') {
    rounding(from);
    return (value) => {
      const number = Math.trunc(value as number);
      return value !== undef && Number.isFinite(number) ? cut(BigInt(number), bits) : undef;
    };
  }
  const width = bitsOf(unit, from);
  if (from.kind === 'float' || to.kind === 'float') {
    if (width !== bits || (width !== 32 && width !== 64))
      throw new ModelError(`a bitcast of ${typeText(from)} to ${typeText(to)} is not supported`);
    return from.kind === 'float'
      ? (value) => (value === undef ? undef : bitsOfFloat(value as number, width / 8))
      : (value) => (value === undef ? undef : floatOfBits(value as Scalar, width / 8));
  }
  return (value) => castInteger(cast, value as Scalar, width, bits);
}

/** What a number is in a type of floating-point numbers. */
export function rounding(type: Type): (value: number) => number {
  if (type.kind === 'float' && type.name === 'float') return Math.fround;
  if (type.kind === 'float' && type.name === 'double') return (value) => value;
  throw new ModelError(`numbers of type ${typeText(type)} are not supported`);
}

/** An integer as a float, rounded once: by way of a double it would be rounded twice. */
function nearestSingle(value: bigint): number {
  const size = value < 0n ? -value : value;
  // What is below the last bit of a float only says whether there is anything.
  const spare = BigInt(Math.max(0, size.toString(2).length - 40));
  const sticky = (size >> spare) << spare === size ? 0n : 1n;
  const near = Math.fround(Number(((size >> spare) | sticky) << spare));
  return value < 0n ? -near : near;
}
