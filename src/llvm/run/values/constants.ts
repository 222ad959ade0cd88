import { ModelError } from '../../../explore/index.ts';
import { type Type, typeText } from '../../ir/type.ts';
import type { Constant, ConstantExpression, Typed } from '../../ir/value.ts';
import type { Image } from '../../memory/image.ts';
import { Pointer, type RuntimeValue, type Scalar, undef, zero } from '../../memory/value.ts';
import { big, binary, bitsOfFloat, castInteger, compared, cut, moved } from './arithmetic.ts';
import type { Linked, Unit } from './linked.ts';

const mostAliases = 100;

/** The values of constants: they are the same in every execution. */
export class Constants {
  readonly #linked: Linked;
  #aliases = 0;

  constructor(linked: Linked) {
    this.#linked = linked;
  }

  value(unit: Unit, type: Type, constant: Constant): RuntimeValue {
    switch (constant.kind) {
      case 'int':
        return cut(constant.value, type.kind === 'int' ? type.bits : 64);
      case 'float':
        return constant.value;
      case 'null':
        return 0n;
      case 'undef':
      case 'poison':
        unit.layout.checkCount(type);
        return this.#filled(unit, type, () => undef);
      case 'zero':
        unit.layout.checkCount(type);
        return this.#filled(unit, type, zeroOf);
      case 'bytes':
        return [...constant.bytes];
      case 'aggregate':
        return constant.elements.map((one) => this.value(unit, one.type, one.value));
      case 'global':
        return this.#global(unit, constant.name);
      case 'block':
        return this.#block(unit, constant.function, constant.label);
      case 'expression':
        return this.#expression(unit, constant);
    }
  }

  /** A label, as a place in its function. */
  #block(unit: Unit, name: string, label: string): Scalar {
    const blocks = unit.module.body(name)?.blocks ?? [];
    const index = blocks.findIndex((block) => block.label === label);
    return this.#linked.functionObject(unit, name).at(index + 1);
  }

  #filled(unit: Unit, type: Type, scalar: (type: Type) => Scalar): RuntimeValue {
    const whole = unit.module.resolve(type);
    if (whole.kind === 'struct')
      return whole.fields.map((field) => this.#filled(unit, field, scalar));
    if (whole.kind === 'array' || whole.kind === 'vector')
      return Array.from({ length: whole.count }, () => this.#filled(unit, whole.element, scalar));
    return scalar(whole);
  }

  #global(unit: Unit, name: string): Scalar {
    const variable = this.#linked.variable(unit, name);
    if (variable !== null) return variable.at(0);
    const global = unit.module.global(name);
    if (global !== null && 'of' in global) {
      if (++this.#aliases > mostAliases) {
        this.#aliases = 0;
        throw new ModelError(`${name} is another name for another name, and so on`);
      }
      const type = { kind: 'pointer', to: null, space: 0 } as const;
      const value = this.value(unit, type, global.of) as Scalar;
      this.#aliases--;
      return value;
    }
    if (global !== null) return global.isWeak ? 0n : this.#linked.missingVariable(unit, name).at(0);
    if (this.#linked.isAbsent(unit, name)) return 0n;
    return this.#linked.functionObject(unit, name).at(0);
  }

  #expression(unit: Unit, { op, operands, type, predicate }: ConstantExpression): Scalar {
    const values = operands.map(({ type: of, value }) => this.value(unit, of, value) as Scalar);
    const [first, second] = values as [Scalar, Scalar];
    const bits = bitsOf(unit, (operands[0] as Typed<Constant>).type);
    if (op === 'getelementptr') {
      const indices = operands.slice(1).map((one, i) => ({
        type: one.type,
        value: values[i + 1] as Scalar,
      }));
      return stepped(first, BigInt(this.offset(unit, type as Type, indices)));
    }
    if (type !== null) return castInteger(op, first, bits, bitsOf(unit, type));
    if (op === 'icmp') return compared(predicate as string, bits, first, second) === true ? 1 : 0;
    if (op === 'select') return (first === 1 ? second : values[2]) as Scalar;
    return binary(op, bits, first, second);
  }

  /** How far a pointer goes over these indices. */
  offset(unit: Unit, type: Type, indices: readonly Typed<Scalar>[]): number {
    const { layout } = unit;
    let offset = 0;
    let at = type;
    for (const [i, index] of indices.entries()) {
      const steps = Number(BigInt.asIntN(bitsOf(unit, index.type), big(index.value)));
      if (i === 0) {
        offset += steps === 0 ? 0 : steps * layout.extent(at).size;
        continue;
      }
      const step = layout.step(at, steps);
      offset += step.offset;
      at = step.type;
    }
    return offset;
  }

  /** Write a constant to where a variable keeps it. */
  store(unit: Unit, image: Image, at: number, type: Type, constant: Constant): void {
    // Of what is zero nothing needs to be kept: the largest variables are.
    if (constant.kind === 'zero') return;
    if (constant.kind === 'aggregate') {
      for (const [i, element] of constant.elements.entries()) {
        const { offset } = unit.layout.step(type, i);
        this.store(unit, image, at + offset, element.type, element.value);
      }
      return;
    }
    if (constant.kind === 'bytes') {
      for (const [i, byte] of constant.bytes.entries()) image.write(at + i, 1, byte);
      return;
    }
    const whole = unit.module.resolve(type);
    if (constant.kind === 'undef' || constant.kind === 'poison') return;
    const value = this.value(unit, type, constant) as Scalar;
    const { size } = unit.layout.extent(whole);
    image.write(at, size, whole.kind === 'float' ? bitsOfFloat(value as number, size) : value);
  }
}

function zeroOf(type: Type): Scalar {
  if (type.kind === 'pointer') return 0n;
  return type.kind === 'int' ? zero(type.bits) : 0;
}

/** The width of an integer or a pointer. */
export function bitsOf(unit: Unit, type: Type): number {
  const whole = unit.module.resolve(type);
  if (whole.kind === 'int') return whole.bits;
  if (whole.kind === 'pointer') return 8 * unit.layout.pointerSize;
  if (whole.kind === 'float') return 8 * unit.layout.extent(whole).size;
  throw new ModelError(`${typeText(type)} is no integer`);
}

/** A pointer, or an address that leads nowhere, some bytes further on. */
export function stepped(pointer: Scalar, amount: bigint): Scalar {
  if (pointer instanceof Pointer) return moved(pointer, amount);
  if (pointer === undef) return undef;
  return cut(big(pointer) + amount, 64);
}
