import { ModelError } from '../../../explore/index.ts';
import type { Cast } from '../../ir/instruction.ts';
import { type Type, typeText } from '../../ir/type.ts';
import { type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import { big, castInteger, cut, signed } from './arithmetic.ts';
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
    const isSingle = to.name === 'float';
    return (value) => (isSingle ? Math.fround(value as number) : value);
  }
  if (to.kind === 'float' && cast !== 'bitcast') {
    const bits = bitsOf(unit, from);
    const isSigned = cast === 'sitofp';
    return (value) => {
      const scalar = value as Scalar;
      return scalar === undef ? undef : Number(isSigned ? signed(scalar, bits) : big(scalar));
    };
  }
  const bits = bitsOf(unit, to);
  if (from.kind === 'float' && cast !== 'bitcast')
    return (value) => {
      const number = Math.trunc(value as number);
      return Number.isFinite(number) ? cut(BigInt(number), bits) : undef;
    };
  if (from.kind === 'float' || to.kind === 'float')
    throw new ModelError(`a bitcast of ${typeText(from)} to ${typeText(to)} is not supported`);
  const width = bitsOf(unit, from);
  return (value) => castInteger(cast, value as Scalar, width, bits);
}
