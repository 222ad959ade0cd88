import { ModelError } from '../../../explore/index.ts';
import type { FunctionBody } from '../../ir/instruction.ts';
import type { GlobalVariable, Module } from '../../ir/module.ts';
import { Debug, type DebugType } from '../../layout/debug.ts';
import { Layout, roundUp } from '../../layout/layout.ts';
import { Image } from '../../memory/image.ts';
import { FunctionObject, Variable } from '../../memory/objects.ts';
import type { Scalar } from '../../memory/value.ts';
import { big } from './arithmetic.ts';
import { Constants } from './constants.ts';

/** A module, and what is known of it as a whole. */
export interface Unit {
  readonly module: Module;
  readonly layout: Layout;
  readonly debug: Debug;
  /** Variables that no other module can name. */
  readonly internal: Map<string, Variable>;
}

/** A function, and the module that has it. */
export interface Definition {
  readonly unit: Unit;
  readonly body: FunctionBody;
  readonly object: FunctionObject;
}

/** Modules that name one another's functions and variables. Knows nothing of executions. */
export class Linked {
  readonly units: readonly Unit[];
  readonly #variables = new Map<string, Variable>();
  /** By name, the module that has the function for all. */
  readonly #functions = new Map<string, Unit>();
  readonly #objects = new Map<string, FunctionObject>();
  readonly #definers = new Map<FunctionObject, { readonly unit: Unit; readonly name: string }>();
  readonly #definitions = new Map<FunctionObject, Definition>();
  readonly constants: Constants;
  /** Variables whose module says what they hold, and who has looked it up. */
  readonly #initial = new Map<Variable, { readonly unit: Unit; readonly global: GlobalVariable }>();
  readonly #missing = new Map<string, Variable>();
  #fences: { readonly acquires: boolean; readonly releases: boolean } | null = null;
  readonly #isKnown: (name: string) => boolean;
  #end = 16;

  /**
   * @param modules the first that has a name wins, as the first of several weak ones does
   * @param outside names of variables that no module has, and that are zero
   * @param isKnown whether there is a function of that name that no module has
   */
  constructor(
    modules: readonly Module[],
    outside: ReadonlySet<string> = new Set(),
    isKnown: (name: string) => boolean = () => true,
  ) {
    this.#isKnown = isKnown;
    this.units = modules.map((module) => ({
      module,
      layout: new Layout(module),
      debug: new Debug(module),
      internal: new Map(),
    }));
    this.constants = new Constants(this);
    for (const unit of this.units) {
      for (const name of unit.module.functions)
        if (!unit.module.isInternal(name) && !this.#functions.has(name))
          this.#functions.set(name, unit);
    }
    // Numbered before anything runs, so that places have the same numbers in every process.
    for (const isOutside of [false, true])
      for (const unit of this.units)
        for (const name of unit.module.globals) {
          const global = unit.module.global(name);
          if (global === null || !('type' in global) || (isOutside && !outside.has(name))) continue;
          if (isOutside === (global.initializer === null)) this.#place(unit, global);
        }
    for (const unit of this.units)
      for (const name of unit.module.functions) this.functionObject(unit, name);
  }

  #place(unit: Unit, global: GlobalVariable): void {
    const { name, isInternal, type } = global;
    if (this.#variables.has(name) && !isInternal) return;
    const { size } = unit.layout.extent(type);
    this.#end = roundUp(this.#end, 16);
    const variable = new Variable(name, size, this.#end, global, typeOf(unit, global));
    variable.parts = () =>
      [...unit.layout.scalars(type)].map(({ type: of, offset }) => ({
        offset,
        size: unit.layout.extent(of).size,
      }));
    this.#end += size;
    (isInternal ? unit.internal : this.#variables).set(name, variable);
    this.#initial.set(variable, { unit, global });
  }

  /** A variable by the name that a module has for it; null where no module has it. */
  variable(unit: Unit, name: string): Variable | null {
    return unit.internal.get(name) ?? this.#variables.get(name) ?? null;
  }

  /** A variable that is made from outside, zero at first; before anything has run. */
  place(name: string, size: number, debug: DebugType | null, isConstant = false): Variable {
    this.#end = roundUp(this.#end, 16);
    const kind = { isConstant, isThreadLocal: false };
    const variable = new Variable(name, size, this.#end, kind, debug);
    this.#end += size;
    variable.image = new Image(true);
    variable.isPointedTo = true;
    this.#variables.set(name, variable);
    return variable;
  }

  /** What a pointer to a function leads to that is in no module. */
  outside(name: string): FunctionObject {
    return this.functionObject(this.units[0] as Unit, name);
  }

  /** A variable that no module has: nothing is known of it, and touching it is an error. */
  missingVariable(unit: Unit, name: string): Variable {
    let variable = this.#missing.get(name);
    if (variable === undefined) {
      const kind = { isConstant: false, isThreadLocal: false };
      variable = new Variable(name, 0, this.#end, kind, unit.debug.globalType(name));
      this.#end += 16;
      this.#missing.set(name, variable);
    }
    return variable;
  }

  isMissing(variable: Variable): boolean {
    return this.#missing.get(variable.name) === variable;
  }

  /** What a variable holds at first. */
  imageOf(variable: Variable): Image {
    if (variable.image !== null) return variable.image;
    const image = new Image(true);
    variable.image = image;
    const initial = this.#initial.get(variable);
    const constant = initial?.global.initializer ?? null;
    if (initial !== undefined && constant !== null)
      this.constants.store(initial.unit, image, 0, initial.global.type, constant);
    return image;
  }

  /** What is at an address: a variable or a function; null for nothing. */
  at(address: bigint): Variable | FunctionObject | null {
    for (const memory of [...this.#initial.keys(), ...this.#objects.values()])
      if (address >= memory.base && address < memory.base + BigInt(Math.max(memory.size, 1)))
        return memory;
    return null;
  }

  /** What a pointer to a function leads to. */
  functionObject(unit: Unit, name: string): FunctionObject {
    const own = unit.module.isInternal(name);
    const key = own ? `${name} ${this.units.indexOf(unit)}` : name;
    let object = this.#objects.get(key);
    if (object === undefined) {
      object = new FunctionObject(name, this.#objects.size);
      this.#objects.set(key, object);
      const definer = own ? unit : this.#functions.get(name);
      if (definer !== undefined) this.#definers.set(object, { unit: definer, name });
    }
    return object;
  }

  /** The body of a function that is called; null where no module has one. */
  definition(object: FunctionObject): Definition | null {
    const known = this.#definitions.get(object);
    if (known !== undefined) return known;
    const definer = this.#definers.get(object);
    if (definer === undefined) return null;
    const body = definer.unit.module.body(definer.name);
    if (body === null) throw new ModelError(`${definer.name}() has no body`);
    const definition = { unit: definer.unit, body, object };
    this.#definitions.set(object, definition);
    definer.unit.module.called.add(definer.name);
    return definition;
  }

  /** Whether any function has a fence that orders reads before it, or writes behind it. */
  get fences(): { readonly acquires: boolean; readonly releases: boolean } {
    if (this.#fences === null) {
      const has = (fence: RegExp): boolean =>
        this.units.some(({ module }) => fence.test(module.text));
      this.#fences = {
        acquires: has(/^ +fence (?!syncscope\("singlethread"\)).*?(?:acquire|acq_rel|seq_cst)/m),
        releases: has(/^ +fence (?!syncscope\("singlethread"\)).*?(?:release|acq_rel|seq_cst)/m),
      };
    }
    return this.#fences;
  }

  /** Whether a function is declared as one that may be nowhere, and is nowhere. */
  isAbsent(unit: Unit, name: string): boolean {
    return unit.module.isWeak(name) && !this.#functions.has(name) && !this.#isKnown(name);
  }

  /** The functions in a list of the modules (`llvm.global_ctors`), the least priority first. */
  listed(name: string): Scalar[] {
    const found: { readonly priority: bigint; readonly begin: Scalar }[] = [];
    for (const unit of this.units) {
      const global = unit.module.global(name);
      if (global === null || !('type' in global) || global.initializer?.kind !== 'aggregate')
        continue;
      for (const { type, value } of global.initializer.elements) {
        const [priority, begin] = this.constants.value(unit, type, value) as readonly Scalar[];
        if (begin !== undefined) found.push({ priority: big(priority as Scalar), begin });
      }
    }
    return found.sort((a, b) => Number(a.priority - b.priority)).map(({ begin }) => begin);
  }

  /** A function that any module may call by this name; null where there is none. */
  find(name: string): FunctionObject | null {
    const unit = this.#functions.get(name);
    return unit === undefined ? null : this.functionObject(unit, name);
  }
}

/** What the source calls a variable's type; of one that is elsewhere, what its structure is called. */
function typeOf({ debug }: Unit, { name, type }: GlobalVariable): DebugType | null {
  const known = debug.globalType(name);
  if (known !== null || type.kind !== 'named') return known;
  return debug.struct(type.name.replace(/^struct\./, ''));
}
