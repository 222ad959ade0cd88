import type { Instruction } from '../../ir/instruction.ts';
import type { Type } from '../../ir/type.ts';
import type { Value } from '../../ir/value.ts';
import { type DebugType, fieldAt, fieldByPath, isComposite, pointee } from '../../layout/debug.ts';
import type { Unit } from '../values/linked.ts';

/** What an object is, which is looked up when one comes that nobody has said it of. */
export type Pointee = () => DebugType | null;

type Place = Instruction & { readonly op: 'getelementptr' };

/**
 * What objects are, by where pointers to them are kept: a variable on the stack that points to a structure, or a
 * field of one. Where an allocation returns `void *` through variables of no name, the field is the first that says.
 */
export class Pointees {
  readonly #unit: Unit;
  readonly #variables: ReadonlyMap<string, { readonly type: DebugType | null }>;
  readonly #places = new Map<string, Place>();

  constructor(unit: Unit, variables: ReadonlyMap<string, { readonly type: DebugType | null }>) {
    this.#unit = unit;
    this.#variables = variables;
  }

  note(it: Place): void {
    if (it.name !== null) this.#places.set(it.name, it);
  }

  /** What a pointer leads to that is stored here, if that says what an object is. */
  at(place: Value, stored: Type): Pointee | null {
    if (place.kind !== 'local' || this.#unit.module.resolve(stored).kind !== 'pointer') return null;
    const variable = this.#variables.get(place.name);
    if (variable !== undefined) {
      const of = ofPointer(variable.type);
      return of === null ? null : () => of;
    }
    const field = this.#places.get(place.name);
    if (field === undefined || field.type.kind !== 'named') return null;
    let known: DebugType | null | undefined;
    return () => {
      if (known === undefined) known = ofPointer(this.#fieldType(field));
      return known;
    };
  }

  /** The type of a field; null for what is none of a structure that has a name, and for unions in it. */
  #fieldType({ type, indices }: Place): DebugType | null {
    if (type.kind !== 'named') return null;
    let at: Type = type;
    let offset = 0;
    for (const [i, { value }] of indices.entries()) {
      if (value.kind !== 'int') return null;
      if (i === 0 && value.value !== 0n) return null;
      if (i === 0) continue;
      const step = this.#unit.layout.step(at, Number(value.value));
      offset += step.offset;
      at = step.type;
    }
    if (this.#unit.module.resolve(at).kind !== 'pointer') return null;
    const name = type.name.replace(/^struct\./, '').replace(/\.\d+$/, '');
    const struct = this.#unit.debug.struct(name);
    const path = struct === null ? null : fieldAt(struct, offset);
    return struct === null || path === null ? null : (fieldByPath(struct, path)?.type ?? null);
  }
}

function ofPointer(type: DebugType | null): DebugType | null {
  const of = type === null ? null : pointee(type);
  return of !== null && isComposite(of) ? of : null;
}
