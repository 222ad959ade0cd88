import { ModelError } from '../../../explore/index.ts';
import type { Instruction } from '../../ir/instruction.ts';
import { type Type, typeText } from '../../ir/type.ts';
import type { Constant, Typed, Value } from '../../ir/value.ts';
import { type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import { big } from '../values/arithmetic.ts';
import { bitsOf, stepped } from '../values/constants.ts';
import type { Linked, Unit } from '../values/linked.ts';
import type { Format, Get } from './code.ts';

/** An index that is known when the program runs. */
interface Stride {
  readonly get: Get;
  /** How wide it is. */
  readonly bits: number;
  /** How far one more leads. */
  readonly size: number;
}

/** What the operands of one function are: registers by number, constants, places in types. */
export abstract class Operands {
  protected readonly linked: Linked;
  protected readonly unit: Unit;
  readonly #registers = new Map<string, number>();

  constructor(linked: Linked, unit: Unit) {
    this.linked = linked;
    this.unit = unit;
  }

  /** How many registers the function has. */
  protected get registers(): number {
    return this.#registers.size;
  }

  protected register(name: string): number {
    let register = this.#registers.get(name);
    if (register === undefined) {
      register = this.#registers.size;
      this.#registers.set(name, register);
    }
    return register;
  }

  protected result({ name }: Instruction): number {
    return name === null ? -1 : this.register(name);
  }

  protected bits(type: Type): number {
    return bitsOf(this.unit, type);
  }

  protected format(type: Type): Format {
    const whole = this.unit.module.resolve(type);
    const { size } = this.unit.layout.extent(whole);
    if (whole.kind === 'vector' || (whole.kind === 'float' && size !== 4 && size !== 8))
      throw new ModelError(`a ${typeText(type)} in memory is not supported`);
    const isFloat = whole.kind === 'float';
    const bits = isFloat ? 8 * size : this.bits(whole);
    return { size: isFloat ? size : Math.ceil(bits / 8), bits, isFloat };
  }

  protected getTyped({ type, value }: Typed<Value>): Get {
    return this.get(type, value);
  }

  protected get(type: Type, value: Value): Get {
    if (value.kind === 'local') {
      const register = this.register(value.name);
      return (registers) => registers[register] as RuntimeValue;
    }
    if (value.kind === 'metadata') return () => undef;
    if (value.kind === 'asm') throw new ModelError('assembler text is no value');
    const constant = this.constant(type, value);
    return () => constant;
  }

  protected constant(type: Type, value: Constant): RuntimeValue {
    return this.linked.constants.value(this.unit, type, value);
  }

  /** The address over indices; those that are constant are added up once. */
  protected place(type: Type, pointer: Typed<Value>, indices: readonly Typed<Value>[]): Get {
    const base = this.getTyped(pointer);
    const values = indices.map((index) => this.getTyped(index));
    const { constants } = this.linked;
    if (indices.every(({ value }) => value.kind !== 'local')) {
      const known = indices.map((index, i) => ({
        type: index.type,
        value: (values[i] as Get)([]) as Scalar,
      }));
      const amount = BigInt(constants.offset(this.unit, type, known));
      return (r) => stepped(base(r) as Scalar, amount);
    }
    const { fixed, strides } = this.#strides(type, indices, values);
    return (r) => {
      let offset = fixed;
      for (const { get, bits, size } of strides) {
        const index = get(r) as Scalar;
        if (index === undef) return undef;
        offset += size * Number(BigInt.asIntN(bits, big(index)));
      }
      return stepped(base(r) as Scalar, BigInt(offset));
    };
  }

  /** How far indices lead that are known now, and how far each step of the others is. */
  #strides(
    type: Type,
    indices: readonly Typed<Value>[],
    values: readonly Get[],
  ): { readonly fixed: number; readonly strides: readonly Stride[] } {
    const { layout } = this.unit;
    const strides: Stride[] = [];
    let fixed = 0;
    let at = type;
    for (const [i, index] of indices.entries()) {
      const get = values[i] as Get;
      const bits = this.bits(index.type);
      const isKnown = index.value.kind !== 'local';
      const known = isKnown ? Number(BigInt.asIntN(bits, big(get([]) as Scalar))) : 0;
      const whole = this.unit.module.resolve(at);
      if (i > 0 && whole.kind === 'struct') {
        if (!isKnown) throw new ModelError('a field is chosen while the program runs');
        const step = layout.step(at, known);
        fixed += step.offset;
        at = step.type;
        continue;
      }
      if (i > 0) at = layout.step(at, 0).type;
      const { size } = layout.extent(at);
      if (isKnown) fixed += known * size;
      else strides.push({ get, bits, size });
    }
    return { fixed, strides };
  }

  /** Values one after another as the structure that they are in. */
  protected gathered(type: Type, values: RuntimeValue[]): RuntimeValue {
    const whole = this.unit.module.resolve(type);
    if (whole.kind === 'struct') return whole.fields.map((field) => this.gathered(field, values));
    if (whole.kind === 'array')
      return Array.from({ length: whole.count }, () => this.gathered(whole.element, values));
    return values.shift() as RuntimeValue;
  }
}
