import type { Instruction } from '../../ir/instruction.ts';
import type { SourcePlace } from '../../layout/debug.ts';
import type { Definition } from '../values/linked.ts';

/** Where in the program a step is from. */
export class Site {
  readonly #definition: Definition;
  readonly #instruction: Instruction;

  constructor(definition: Definition, instruction: Instruction) {
    this.#definition = definition;
    this.#instruction = instruction;
  }

  /** In the source; null where the module does not say. */
  get place(): SourcePlace | null {
    return this.#definition.unit.debug.place(this.#instruction.location);
  }

  /** `drivers/iommu/iommu.c:344`; where that is not known, the line of the module. */
  get text(): string {
    const { place } = this;
    if (place !== null) return `${place.file}:${place.line}`;
    const { module } = this.#definition.unit;
    return `${module.file}:${module.lineAt(this.#instruction.at)}`;
  }

  /** For errors: function, line and instruction. */
  get long(): string {
    const { text } = this.#definition.unit.module;
    const { at } = this.#instruction;
    const line = text.slice(at, at + 400).split('\n')[0] as string;
    const instruction = line.replace(/, !.*/, '').slice(0, 120);
    return `${this.#definition.body.name}(), ${this.text}, "${instruction}"`;
  }
}
