import { ModelError } from '../../../explore/index.ts';
import { FormatError } from '../../../util/index.ts';
import type { Block, Instruction, Operand } from '../../ir/instruction.ts';
import type { DebugType } from '../../layout/debug.ts';
import type { RuntimeValue, Scalar } from '../../memory/value.ts';
import { flat } from '../values/aggregates.ts';
import { argumentList } from '../values/arguments.ts';
import { bitsOfFloat } from '../values/arithmetic.ts';
import { stepped } from '../values/constants.ts';
import type { Definition, Linked } from '../values/linked.ts';
import { debugOperands, endsBlock } from './asked.ts';
import type { Bare, Code, Edge, Get, Step } from './code.ts';
import { Values } from './computed.ts';
import { intrinsic, isDropped } from './intrinsics.ts';
import { livenessOf, unreadLoads } from './liveness.ts';
import { isWeaker, Orders } from './orders.ts';
import { Pointees } from './pointees.ts';
import { Site } from './site.ts';

type Open = { -readonly [K in keyof Edge]: Edge[K] };

/** Make code of a function: names become numbers, constants values, types sizes. */
export function compile(linked: Linked, definition: Definition): Code {
  return new Compiler(linked, definition).code();
}

class Compiler extends Values {
  readonly #definition: Definition;
  readonly #steps: Step[] = [];
  /** Where each block begins. */
  readonly #starts = new Map<string, number>();
  /** Where loops begin. */
  readonly #loops = new Set<number>();
  /** Edges whose block has not begun yet. */
  readonly #open: { edge: Open; from: string; to: string; at: number }[] = [];
  /** By the name of an `alloca`, the variable it is. */
  readonly #variables = new Map<string, { name: string; type: DebugType | null }>();
  readonly #pointees: Pointees;
  readonly #blocks = new Map<string, Block>();
  readonly #unread: ReadonlySet<string>;
  readonly #orders: Orders;
  #block = '';
  /** How many instructions ask for a weaker order than they get. */
  #weaker = 0;
  #temporary = 0;

  constructor(linked: Linked, definition: Definition) {
    super(linked, definition.unit);
    this.#definition = definition;
    this.#orders = new Orders(linked);
    this.#pointees = new Pointees(definition.unit, this.#variables);
    this.#unread = unreadLoads(definition.body);
  }

  code(): Code {
    const { body, unit } = this.#definition;
    const parameters = body.parameters.map(({ name }) => this.register(name));
    for (const { instructions } of body.blocks)
      for (const instruction of instructions) this.#noteVariable(instruction);
    this.#copyParameters();
    for (const { label, instructions } of body.blocks) {
      this.#block = label;
      this.#starts.set(label, this.#steps.length);
      if (!this.#blocks.has(label)) this.#blocks.set(label, { label, instructions });
      for (const instruction of instructions) this.#add(instruction);
      this.#end(instructions.at(-1));
    }
    for (const { to, at } of this.#open) {
      const start = this.#starts.get(to);
      if (start !== undefined && start <= at) this.#loops.add(start);
    }
    for (const open of this.#open) this.#close(open);
    const place = unit.debug.functionPlace(body.subprogram);
    return {
      definition: this.#definition,
      name: body.name,
      parameters,
      isVariadic: body.type.isVariadic,
      registers: this.registers,
      steps: this.#steps,
      ...this.#liveness(),
      weaker: this.#weaker,
      usesFences: this.#orders.usesFences,
      isInline: place?.file.endsWith('.h') === true,
    };
  }

  /** A block that does not say where to go on leads nowhere. */
  #end(last: Instruction | undefined): void {
    const { blocks, name } = this.#definition.body;
    const first = last ?? blocks[0]?.instructions[0];
    if (first === undefined) throw new ModelError(`${name}() is empty`);
    if (last !== undefined && endsBlock(last)) return;
    const site = new Site(this.#definition, first);
    this.#steps.push({ op: 'stop', why: `block ${this.#block} has no end`, isBug: false, site });
  }

  #liveness(): Pick<Code, 'known' | 'live'> {
    if (this.#loops.size === 0) return { known: [], live: new Map() };
    const { known, live } = livenessOf(this.#definition.body, this.unit.layout);
    return {
      known: known.map((name) => this.register(name)),
      live: new Map(
        [...live].map(([label, names]) => [
          this.#starts.get(label) as number,
          new Set([...names].map((name) => this.register(name))),
        ]),
      ),
    };
  }

  /** What is given by value is the function's own. */
  #copyParameters(): void {
    const { body } = this.#definition;
    const [first] = body.blocks[0]?.instructions ?? [];
    if (first === undefined) return;
    const site = new Site(this.#definition, first);
    for (const { name, copied } of body.parameters) {
      if (copied === null) continue;
      const { size } = this.unit.layout.extent(copied);
      const own = this.register(`copy of ${name}`);
      const parameter = this.register(name);
      const label = this.#variables.get(name);
      this.#steps.push(
        {
          op: 'alloca',
          to: own,
          size,
          count: null,
          name: label?.name ?? name,
          debug: label?.type ?? null,
          site,
        },
        {
          op: 'copy',
          target: (r) => r[own] as RuntimeValue,
          source: (r) => r[parameter] as RuntimeValue,
          size: () => BigInt(size),
          mayOverlap: false,
          site,
        },
        { op: 'set', to: parameter, get: (r) => r[own] as RuntimeValue, site },
      );
    }
  }

  /** What the source calls a place on the stack. */
  #noteVariable(instruction: Instruction): void {
    const operands = debugOperands(instruction, 'declare');
    const [of, variable] = operands ?? [];
    if (of?.kind !== 'value' || variable?.kind !== 'node') return;
    const { value } = of.of;
    const found = this.unit.debug.variable(variable.id);
    if (value.kind === 'local' && found !== null) this.#variables.set(value.name, found);
  }

  #add(instruction: Instruction): void {
    const site = new Site(this.#definition, instruction);
    if (isWeaker(instruction)) this.#weaker++;
    try {
      const step = this.#step(instruction);
      if (step !== null) this.#steps.push({ ...step, site } as Step);
    } catch (error) {
      if (!(error instanceof ModelError) && !(error instanceof FormatError)) throw error;
      this.#steps.push({ op: 'stop', why: error.message, isBug: false, site });
    }
  }

  #step(it: Instruction): Bare | null {
    const value = this.valueFor(it);
    if (it.op === 'getelementptr') this.#pointees.note(it);
    if (value !== null) return this.#set(it, value);
    switch (it.op) {
      case 'phi':
        // Set on the way here.
        this.register(it.name as string);
        return null;
      case 'alloca': {
        const variable = this.#variables.get(it.name as string);
        return {
          op: 'alloca',
          to: this.result(it),
          size: this.unit.layout.extent(it.type).size,
          count: it.count === null ? null : this.getTyped(it.count),
          name: variable?.name ?? 'variable',
          debug: variable?.type ?? null,
        };
      }
      case 'load':
        return this.#unread.has(it.name as string) ? null : this.#load(it);
      case 'store':
        return this.#store(it);
      case 'call':
        return this.#call(it, null);
      case 'callbr':
      case 'invoke':
        return this.#call(it, this.#edge(it.next));
      case 'ret':
        return { op: 'return', value: it.value === null ? null : this.getTyped(it.value) };
      case 'br':
        return { op: 'jump', edge: this.#edge(it.to) };
      case 'condbr':
        return {
          op: 'branch',
          condition: this.get({ kind: 'int', bits: 1 }, it.condition),
          yes: this.#edge(it.yes),
          no: this.#edge(it.no),
        };
      case 'switch': {
        const { type } = it.value;
        const cases = new Map(
          it.cases.map(({ value, to }) => [this.constant(type, value) as Scalar, this.#edge(to)]),
        );
        const value = this.getTyped(it.value);
        return { op: 'switch', value, cases, otherwise: this.#edge(it.otherwise) };
      }
      case 'indirectbr': {
        const { name } = this.#definition.body;
        const cases = new Map(
          it.to.map((label) => {
            const block = { kind: 'block', function: name, label } as const;
            return [this.constant(it.value.type, block) as Scalar, this.#edge(label)];
          }),
        );
        return { op: 'switch', value: this.getTyped(it.value), cases, otherwise: null };
      }
      case 'unreachable':
        return { op: 'stop', why: 'unreachable code is reached', isBug: true };
      case 'cmpxchg':
        return {
          op: 'exchange',
          to: this.result(it),
          pointer: this.getTyped(it.pointer),
          expected: this.getTyped(it.expected),
          next: this.getTyped(it.next),
          orders: this.#orders.orders(it.ordering, it.failure),
          format: this.format(it.next.type),
        };
      case 'atomicrmw':
        return {
          op: 'update',
          to: this.result(it),
          pointer: this.getTyped(it.pointer),
          operator: it.operator,
          orders: this.#orders.orders(it.ordering),
          value: this.getTyped(it.value),
          format: this.format(it.value.type),
        };
      // What is explored is sequentially consistent: there is nothing to order.
      case 'fence':
      case 'debug':
        return null;
      case 'unknown':
        throw new ModelError(it.why);
      default:
        throw new ModelError(`${it.op} is not supported`);
    }
  }

  #set(it: Instruction, get: Get): Bare {
    return { op: 'set', to: this.result(it), get };
  }

  /** A structure is read part by part. */
  #load(it: Instruction & { readonly op: 'load' }): Bare {
    const pointer = this.getTyped(it.pointer);
    const order = this.#orders.of('load', it);
    const whole = this.unit.module.resolve(it.type);
    if (whole.kind !== 'struct' && whole.kind !== 'array')
      return {
        op: 'load',
        to: this.result(it),
        pointer,
        format: this.format(whole),
        order,
      };
    const site = new Site(this.#definition, it);
    const parts = [...this.unit.layout.scalars(whole)].map(({ type, offset }) => {
      const to = this.register(`part ${this.#temporary++}`);
      const at: Get = (r) => stepped(pointer(r) as Scalar, BigInt(offset));
      const format = this.format(type);
      this.#steps.push({ op: 'load', to, pointer: at, format, order, site });
      return to;
    });
    return this.#set(it, (r) => {
      const values = parts.map((part) => r[part] as RuntimeValue);
      return this.gathered(whole, values);
    });
  }

  #store(it: Instruction & { readonly op: 'store' }): Bare | null {
    const pointer = this.getTyped(it.pointer);
    const value = this.getTyped(it.value);
    const order = this.#orders.of('store', it);
    const whole = this.unit.module.resolve(it.value.type);
    if (whole.kind !== 'struct' && whole.kind !== 'array') {
      const format = this.format(whole);
      const of = this.#pointees.at(it.pointer.value, it.value.type);
      return { op: 'store', value, pointer, format, order, pointee: of };
    }
    const site = new Site(this.#definition, it);
    for (const [i, { type, offset }] of [...this.unit.layout.scalars(whole)].entries())
      this.#steps.push({
        op: 'store',
        value: (r) => flat(value(r))[i] as RuntimeValue,
        pointer: (r) => stepped(pointer(r) as Scalar, BigInt(offset)),
        format: this.format(type),
        order,
        pointee: null,
        site,
      });
    return null;
  }

  #call(
    it: Instruction & { readonly op: 'call' | 'callbr' | 'invoke' },
    edge: Edge | null,
  ): Bare | null {
    const { callee } = it;
    const name = callee.kind === 'global' ? callee.name : '';
    if (isDropped(name)) return null;
    const named = it.signature?.isVariadic === true ? it.signature.parameters.length : null;
    const operands = it.operands.map((operand, i) =>
      named === null || i < named ? this.getTyped(operand) : this.#unnamed(operand),
    );
    if (name.startsWith('llvm.')) return this.#intrinsic(it, name, operands);
    return {
      op: 'call',
      to: this.result(it),
      callee:
        callee.kind === 'asm'
          ? callee.asm
          : this.get({ kind: 'pointer', to: null, space: 0 }, callee),
      operands,
      edge,
    };
  }

  /** An operand that lies in memory until somebody asks for it. */
  #unnamed(operand: Operand): Get {
    if (operand.isCopied === true)
      throw new ModelError(
        'a structure of this size is not supported where operands have no names',
      );
    const get = this.getTyped(operand);
    if (operand.type.kind !== 'float') return get;
    const { size } = this.format(operand.type);
    return (r) => bitsOfFloat(get(r) as number, size);
  }

  #intrinsic(
    it: Instruction & { readonly op: 'call' | 'callbr' | 'invoke' },
    name: string,
    operands: readonly Get[],
  ): Bare {
    const [first, second, third] = operands as [Get, Get, Get];
    if (/^llvm\.mem(cpy|move)\./.test(name)) {
      const mayOverlap = name.startsWith('llvm.memmove.');
      return { op: 'copy', target: first, source: second, size: third, mayOverlap };
    }
    if (name.startsWith('llvm.memset.'))
      return { op: 'fill', target: first, byte: second, size: third };
    if (/^llvm\.va_(start|copy)\b/.test(name)) {
      const format = argumentList(this.unit.module.triple);
      if (name.startsWith('llvm.va_start')) return { op: 'arguments', list: first, format };
      const size = (): bigint => BigInt(format.size);
      return { op: 'copy', target: first, source: second, size, mayOverlap: false };
    }
    if (name === 'llvm.trap' || name === 'llvm.debugtrap')
      return { op: 'stop', why: 'a trap is reached', isBug: true };
    const type = it.operands[0]?.type ?? it.result;
    const bits = type.kind === 'int' ? type.bits : 64;
    const evaluate = intrinsic(name, bits, it.result.kind === 'int' ? it.result.bits : bits);
    if (evaluate === null) throw new ModelError(`${name} is not supported`);
    return this.#set(it, (r) => evaluate(operands.map((operand) => operand(r) as Scalar)));
  }

  #edge(to: string): Edge {
    const edge: Open = { to: -1, moves: [], loop: null };
    this.#open.push({ edge, from: this.#block, to, at: this.#steps.length });
    return edge;
  }

  #close({ edge, from, to, at }: { edge: Open; from: string; to: string; at: number }): void {
    const start = this.#starts.get(to);
    const block = this.#blocks.get(to);
    if (start === undefined || block === undefined)
      throw new ModelError(`${this.#definition.body.name}() has no block ${to}`);
    edge.to = start;
    if (start <= at) edge.loop = 'goes-round';
    else if (this.#loops.has(start)) edge.loop = 'enters';
    edge.moves = block.instructions.flatMap((it) => {
      if (it.op !== 'phi') return [];
      const incoming = it.incoming.find((one) => one.from === from);
      if (incoming === undefined) return [];
      return [{ to: this.register(it.name as string), get: this.get(it.type, incoming.value) }];
    });
  }
}
