import { ModelError, type Task } from '../explore/index.ts';
import {
  type DebugType,
  fieldByPath,
  type Linked,
  Pointer,
  PrivateMemory,
  type Scalar,
  sizeOf,
  type Thread,
  type Variable,
} from '../llvm/index.ts';

/** Where a field is in its structure, and how large. */
export interface Field {
  readonly offset: number;
  readonly size: number;
}

/** Values of fields, by their paths. */
export type Fields = Readonly<Record<string, Scalar>>;

/** The structures of a kernel by their names, as its debug information has them. */
export class Structs {
  readonly linked: Linked;
  readonly #known = new Map<string, DebugType>();
  readonly #fields = new Map<string, Field | null>();

  constructor(linked: Linked) {
    this.linked = linked;
  }

  /** A variable of the kernel, whether or not it is for its own file alone; null where there is none. */
  variable(name: string): Variable | null {
    for (const unit of this.linked.units) {
      const found = this.linked.variable(unit, name);
      if (found !== null) return found;
    }
    return null;
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

  /** Null where the structure of this kernel has no such field. */
  maybe(name: string, path: string): Field | null {
    const key = `${name} ${path}`;
    let field = this.#fields.get(key);
    if (field === undefined) {
      field = fieldByPath(this.type(name), path);
      this.#fields.set(key, field);
    }
    return field;
  }

  /** @throws ModelError where the structure has no such field */
  field(name: string, path: string): Field {
    const found = this.maybe(name, path);
    if (found === null) throw new ModelError(`struct ${name} has no field ${path}`);
    return found;
  }

  /** A field of a structure that a pointer leads to; of NULL what C calculates. */
  at(pointer: Scalar, struct: string, path: string): Scalar {
    const { offset } = this.field(struct, path);
    if (pointer instanceof Pointer) return pointer.memory.at(pointer.offset + offset);
    return typeof pointer === 'bigint' ? pointer + BigInt(offset) : pointer;
  }

  /** The structure that a pointer leads to a field of, as `container_of()`. */
  containerOf(pointer: Pointer, struct: string, path: string): Pointer {
    return pointer.memory.at(pointer.offset - this.field(struct, path).offset);
  }

  *load(thread: Thread, pointer: Scalar, struct: string, path: string): Task<Scalar> {
    const at = this.at(pointer, struct, path);
    return yield* thread.memory.load(at, this.field(struct, path).size);
  }

  *store(thread: Thread, pointer: Scalar, struct: string, path: string, value: Scalar): Task {
    const at = this.at(pointer, struct, path);
    yield* thread.memory.store(at, this.field(struct, path).size, value);
  }

  /** The value of an enumerator; null where no module has it. */
  enumerator(name: string): bigint | null {
    for (const { module } of this.linked.units) {
      const found = new RegExp(`!DIEnumerator\\(name: "${name}", value: (-?\\d+)`).exec(
        module.text,
      );
      if (found !== null) return BigInt.asUintN(64, BigInt(found[1] as string));
    }
    return null;
  }

  /** A structure that is there from the beginning. Fields that are not named are zero. */
  make(name: string, struct: string, fields: Fields = {}): Variable {
    const variable = this.linked.place(name, this.size(struct), this.type(struct));
    this.fill(variable, struct, fields);
    return variable;
  }

  /** A structure that never changes: looking into it is no step. */
  constant(name: string, struct: string, fields: Fields, count = 1): Variable {
    const size = count * this.size(struct);
    const variable = this.linked.place(name, size, this.type(struct), true);
    this.fill(variable, struct, fields);
    return variable;
  }

  /** A structure from the heap, zero at first; NULL where there is no memory for it. */
  *allocate(thread: Thread, struct: string): Task<Scalar> {
    const pointer = yield* thread.memory.allocate(this.size(struct), true);
    if (pointer instanceof Pointer && pointer.memory instanceof PrivateMemory)
      pointer.memory.debug = this.type(struct);
    return pointer;
  }

  /** A text that never changes. */
  text(text: string): Pointer {
    const variable = this.linked.place(`"${text}"`, text.length + 1, null, true);
    for (let i = 0; i < text.length; i++) variable.image?.write(i, 1, text.charCodeAt(i));
    return variable.at(0);
  }

  /** Set fields of a structure before anything has run. */
  fill(variable: Variable, struct: string, fields: Fields): void {
    for (const [path, value] of Object.entries(fields)) {
      const { offset, size } = this.field(struct, path);
      variable.image?.write(offset, size, value);
    }
  }

  /** Make a list head that is empty, where this kernel has it. */
  emptyList(variable: Variable, struct: string, path: string): void {
    const field = this.maybe(struct, path);
    if (field === null) return;
    variable.image?.write(field.offset, 8, variable.at(field.offset));
    variable.image?.write(field.offset + 8, 8, variable.at(field.offset));
  }
}
