import { ModelError } from '../explore/index.ts';
import {
  type DebugType,
  fieldByPath,
  type Linked,
  type Scalar,
  sizeOf,
  type Variable,
} from '../llvm/index.ts';

/** The structures of a kernel by their names, as its debug information has them. */
export class Structs {
  readonly linked: Linked;
  readonly #known = new Map<string, DebugType>();

  constructor(linked: Linked) {
    this.linked = linked;
  }

  /** @throws ModelError where no module says what is in it */
  type(name: string): DebugType {
    const known = this.#known.get(name);
    if (known !== undefined) return known;
    for (const { debug } of this.linked.units) {
      const type = debug.struct(name);
      if (type === null) continue;
      this.#known.set(name, type);
      return type;
    }
    throw new ModelError(`no module says what is in struct ${name}`);
  }

  size(name: string): number {
    return sizeOf(this.type(name));
  }

  /** @throws ModelError where the structure has no such field */
  field(name: string, path: string): { readonly offset: number; readonly size: number } {
    const found = fieldByPath(this.type(name), path);
    if (found === null) throw new ModelError(`struct ${name} has no field ${path}`);
    return found;
  }

  /** A structure that is there from the beginning. Fields that are not named are zero. */
  make(name: string, struct: string, fields: Readonly<Record<string, Scalar>> = {}): Variable {
    const variable = this.linked.place(name, this.size(struct), this.type(struct));
    this.fill(variable, struct, fields);
    return variable;
  }

  /** Set fields of a structure before anything has run. */
  fill(variable: Variable, struct: string, fields: Readonly<Record<string, Scalar>>): void {
    for (const [path, value] of Object.entries(fields)) {
      const { offset, size } = this.field(struct, path);
      variable.image?.write(offset, size, value);
    }
  }

  /** Make a list head that is empty. */
  emptyList(variable: Variable, struct: string, path: string): void {
    const { offset } = this.field(struct, path);
    variable.image?.write(offset, 8, variable.at(offset));
    variable.image?.write(offset + 8, 8, variable.at(offset));
  }
}
