import type { Instruction } from '../../ir/instruction.ts';
import { type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import { elementOf, replaced } from '../values/aggregates.ts';
import { binary, compared, comparedFloats, floating } from '../values/arithmetic.ts';
import { castOf, rounding } from '../values/casts.ts';
import type { Get } from './code.ts';
import { Operands } from './operands.ts';

/** Instructions that only make a value of others. */
export abstract class Values extends Operands {
  /** What an instruction gives; null for one that does more than that. */
  protected valueFor(it: Instruction): Get | null {
    switch (it.op) {
      case 'binary': {
        const type = this.unit.module.resolve(it.type);
        const left = this.get(it.type, it.left);
        const right = this.get(it.type, it.right);
        const { operator } = it;
        if (type.kind === 'float') {
          const round = rounding(type);
          return (r) => {
            const [a, b] = [left(r), right(r)];
            if (a === undef || b === undef) return undef;
            return round(floating(operator, a as number, b as number));
          };
        }
        const bits = this.bits(type);
        return (r) => binary(operator, bits, left(r) as Scalar, right(r) as Scalar);
      }
      case 'fneg': {
        const value = this.getTyped(it.value);
        rounding(this.unit.module.resolve(it.value.type));
        return (r) => {
          const number = value(r);
          return number === undef ? undef : -(number as number);
        };
      }
      case 'freeze':
        return this.getTyped(it.value);
      case 'cast': {
        const value = this.getTyped(it.value);
        const cast = castOf(this.unit, it.cast, it.value.type, it.to);
        return (r) => cast(value(r));
      }
      case 'icmp': {
        const bits = this.bits(it.type);
        const left = this.get(it.type, it.left);
        const right = this.get(it.type, it.right);
        const { predicate } = it;
        return (r) => {
          const holds = compared(predicate, bits, left(r) as Scalar, right(r) as Scalar);
          return holds === null ? undef : holds ? 1 : 0;
        };
      }
      case 'fcmp': {
        const left = this.get(it.type, it.left);
        const right = this.get(it.type, it.right);
        const { predicate } = it;
        rounding(this.unit.module.resolve(it.type));
        return (r) => {
          const [a, b] = [left(r), right(r)];
          if (a === undef || b === undef) return undef;
          return comparedFloats(predicate, a as number, b as number) ? 1 : 0;
        };
      }
      case 'select': {
        const condition = this.getTyped(it.condition);
        const yes = this.getTyped(it.yes);
        const no = this.getTyped(it.no);
        return (r) => {
          const chosen = condition(r);
          return chosen === undef ? undef : chosen === 1 ? yes(r) : no(r);
        };
      }
      case 'getelementptr':
        return this.place(it.type, it.pointer, it.indices);
      case 'extractvalue': {
        const value = this.getTyped(it.value);
        const { path } = it;
        return (r) => path.reduce<RuntimeValue>(elementOf, value(r));
      }
      case 'insertvalue': {
        const value = this.getTyped(it.value);
        const element = this.getTyped(it.element);
        const { path } = it;
        return (r) => replaced(value(r), path, element(r));
      }
      default:
        return null;
    }
  }
}
