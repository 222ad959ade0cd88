import { call, type Sight, spin, type Task, type World } from '../../../explore/index.ts';
import { InternalError } from '../../../util/index.ts';
import type { InlineAsm } from '../../ir/value.ts';
import { FunctionObject, PrivateMemory } from '../../memory/objects.ts';
import { Pointer, type RuntimeValue, type Scalar, undef } from '../../memory/value.ts';
import type { Code, Edge, Format, Get, Step } from '../code/code.ts';
import type { Pointee } from '../code/pointees.ts';
import { argumentImage, argumentSize } from '../values/arguments.ts';
import {
  binary,
  bitsOfFloat,
  canonical,
  floatOfBits,
  isSame,
  NoQuotient,
} from '../values/arithmetic.ts';
import { stepped } from '../values/constants.ts';
import type { Access } from './access.ts';
import { Blocks } from './blocks.ts';
import { Frame } from './frame.ts';
import type { External, Machine } from './machine.ts';

/** How many steps a task makes between two that others could notice. */
const mostAlone = 20_000_000;

/** How many functions can be in one another. */
const mostDeep = 10_000;

/** One task of the program: it runs code, and makes an event of what others could notice. */
export class Thread {
  readonly machine: Machine;
  readonly world: World;
  readonly memory: Blocks;
  #depth = 0;

  constructor(machine: Machine) {
    this.machine = machine;
    this.world = machine.world;
    this.memory = new Blocks(machine);
  }

  /** Run a function to its end as the whole task. */
  *runAll(target: Scalar, operands: readonly RuntimeValue[]): Task<RuntimeValue> {
    const value = yield* this.call(target, operands);
    const known = Array.isArray(value) ? value : yield* this.memory.share(value as Scalar);
    yield* this.memory.finish(this.world.running?.name ?? 'its task');
    return known;
  }

  /** Call a function by what leads to it. */
  *call(target: Scalar, operands: readonly RuntimeValue[]): Task<RuntimeValue> {
    const memory: Access = this.memory;
    const object = this.#functionAt(target);
    const external = this.machine.environment.functions.get(object.name);
    if (external !== undefined) return yield* external(this, operands);
    const code = this.machine.compiled.code(object);
    if (code === null)
      memory.fail(
        `${object.name}() is called, which no file given defines and fwspec does not know (${this.machine.environment.remedy})`,
      );
    if (this.#depth === mostDeep) memory.fail(`calls are more than ${mostDeep} deep`);
    this.#depth++;
    const { site, functionName } = memory;
    const value = yield* call(this.world, code.name, () => this.#runCode(code, operands));
    this.#depth--;
    memory.site = site;
    memory.functionName = functionName;
    return value;
  }

  #functionAt(value: Scalar): FunctionObject {
    const target = this.memory.pointerOf(value);
    if (target instanceof Pointer) {
      const { memory, offset } = canonical(target);
      if (memory instanceof FunctionObject && offset === 0) return memory;
      this.memory.crash('out-of-bounds', memory.text, `${target.text} is called, and no function`);
    }
    return this.memory.noPointer(target, 'called');
  }

  /** What cannot happen is told with the instruction at which it did. */
  *#runCode(code: Code, operands: readonly RuntimeValue[]): Task<RuntimeValue> {
    try {
      return yield* this.#run(code, operands);
    } catch (error) {
      if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
      const { site } = this.memory;
      const where = site === null ? '' : `: ${site.long}`;
      throw new InternalError(`fwspec internal bug: ${error.name}, ${error.message}${where}`);
    }
  }

  /** Run code to its end; functions from headers run in the same go. */
  *#run(code: Code, operands: readonly RuntimeValue[]): Task<RuntimeValue> {
    const memory: Blocks = this.memory;
    let frame = new Frame(code, operands, memory.loops.tick());
    memory.functionName = code.name;
    let sights: readonly Sight[] | null = null;
    for (;;) {
      if (sights !== null) {
        const [first, ...others] = sights;
        memory.makesEvent();
        yield* spin(first as Sight, ...others);
      }
      const step = frame.code.steps[frame.at++] as Step;
      memory.site = step.site;
      if (++memory.alone > mostAlone) memory.fail('a loop makes no step that others could notice');
      const { registers } = frame;
      switch (step.op) {
        case 'set':
          registers[step.to] = this.#evaluate(step.get, registers);
          break;
        case 'load': {
          const { format, order } = step;
          const pointer = step.pointer(registers) as Scalar;
          const value =
            memory.loadOwn(pointer, format.size) ??
            (yield* memory.load(pointer, format.size, order));
          registers[step.to] = ofMemory(value, format);
          break;
        }
        case 'store': {
          const { format, order } = step;
          const value = toMemory(step.value(registers), format);
          if (step.pointee !== null) nameAs(value, step.pointee);
          const pointer = step.pointer(registers) as Scalar;
          if (!memory.storeOwn(pointer, format.size, value))
            yield* memory.store(pointer, format.size, value, order);
          break;
        }
        case 'jump':
          sights = this.#go(frame, step.edge);
          break;
        case 'branch': {
          const condition = step.condition(registers);
          if (condition === undef) memory.crashUndefined('decides where it goes on');
          sights = this.#go(frame, condition === 1 ? step.yes : step.no);
          break;
        }
        case 'switch': {
          const value = step.value(registers) as Scalar;
          if (value === undef) memory.crashUndefined('decides where it goes on');
          const edge = step.cases.get(value) ?? step.otherwise;
          if (edge === null)
            memory.crash('out-of-bounds', frame.code.name, 'it goes on where no label is');
          sights = this.#go(frame, edge);
          break;
        }
        case 'alloca': {
          const count = step.count === null ? 1 : memory.count(step.count(registers) as Scalar);
          const variable = memory.variable(step.name, step.size * count, step.debug);
          frame.variables.push(variable);
          registers[step.to] = variable.at(0);
          break;
        }
        case 'update': {
          const { operator, format } = step;
          const before = yield* memory.update(
            step.pointer(registers) as Scalar,
            format.size,
            toMemory(step.value(registers), format),
            (value, by) => binary(operator, format.bits, value, by),
            step.orders,
          );
          registers[step.to] = ofMemory(before, format);
          break;
        }
        case 'exchange': {
          const { format } = step;
          const expected = toMemory(step.expected(registers), format);
          const next = toMemory(step.next(registers), format);
          const pointer = step.pointer(registers) as Scalar;
          const before = yield* memory.exchange(pointer, format.size, expected, next, step.orders);
          registers[step.to] = [ofMemory(before, format), isSame(before, expected) ? 1 : 0];
          break;
        }
        case 'copy':
          yield* memory.copy(
            step.target(registers) as Scalar,
            step.source(registers) as Scalar,
            memory.count(step.size(registers) as Scalar),
            step.mayOverlap,
          );
          break;
        case 'fill':
          yield* memory.fill(
            step.target(registers) as Scalar,
            step.byte(registers) as Scalar,
            memory.count(step.size(registers) as Scalar),
          );
          break;
        case 'call': {
          const values = step.operands.map((get) => get(registers));
          const inner = this.#inline(step.callee, registers);
          if (inner !== null) {
            frame = new Frame(inner, values, memory.loops.tick(), frame, step.to, step.edge);
            break;
          }
          const result = yield* typeof step.callee === 'function'
            ? this.call(step.callee(registers) as Scalar, values)
            : this.#assembler(step.callee)(this, values);
          if (step.to >= 0) registers[step.to] = result;
          if (step.edge !== null) sights = this.#go(frame, step.edge);
          break;
        }
        case 'arguments': {
          const { others } = frame;
          const image = argumentImage(others);
          const all = memory.variable('arguments', argumentSize(others), null, image);
          frame.variables.push(all);
          const list = step.list(registers) as Scalar;
          for (const { offset, size, value } of step.format.parts)
            yield* memory.store(stepped(list, BigInt(offset)), size, value ?? all.at(0));
          break;
        }
        case 'return': {
          const value = step.value === null ? undef : step.value(registers);
          memory.loops.leave(frame);
          if (!memory.leaveOwn(frame.variables, frame.code.name))
            yield* memory.leave(frame.variables, frame.code.name);
          const { caller, edge, to } = frame;
          if (caller === null) return value;
          if (to >= 0) caller.registers[to] = value;
          frame = caller;
          if (edge !== null) sights = this.#go(frame, edge);
          break;
        }
        case 'stop':
          if (!step.isBug) memory.fail(step.why);
          memory.crash('property', frame.code.name, step.why);
      }
    }
  }

  /** The code of a function that is shown as part of its caller; null for others. */
  #inline(callee: Get | InlineAsm, registers: readonly RuntimeValue[]): Code | null {
    if (typeof callee !== 'function') return null;
    const target = callee(registers);
    if (!(target instanceof Pointer) || !(target.memory instanceof FunctionObject)) return null;
    if (this.machine.environment.functions.has(target.memory.name)) return null;
    const code = this.machine.compiled.code(target.memory);
    return code?.isInline === true ? code : null;
  }

  #assembler(asm: InlineAsm): External {
    const known = this.machine.environment.asm?.(asm) ?? null;
    return known ?? this.memory.fail(`the assembler text "${asm.text}" is not known`);
  }

  #evaluate(get: Get, registers: readonly RuntimeValue[]): RuntimeValue {
    try {
      return get(registers);
    } catch (error) {
      if (!(error instanceof NoQuotient)) throw error;
      return this.memory.crash('property', this.memory.functionName, error.message);
    }
  }

  /** On to another block. What a loop has seen that has changed nothing, and comes to an end here. */
  #go(frame: Frame, { moves, to, loop }: Edge): readonly Sight[] | null {
    const memory: Access = this.memory;
    if (moves.length > 0) {
      const values = moves.map(({ get }) => get(frame.registers));
      for (const [i, move] of moves.entries()) {
        const value = values[i] as RuntimeValue;
        memory.loops.moves(frame, move.to);
        frame.registers[move.to] = value;
      }
    }
    frame.at = to;
    if (loop === 'enters') memory.loops.enters(frame, to);
    const sights = loop === 'goes-round' ? memory.loops.goesRound(frame, to) : null;
    if (sights === null) return null;
    if (sights === 'without end')
      memory.fail(
        'a loop goes round again and again, and changes something each time: it needs a bound',
      );
    if (sights.length === 0) memory.fail('a loop has no end, and waits for nothing');
    return sights;
  }
}

/** A value as memory keeps it: of a floating-point number its bits. */
function toMemory(value: RuntimeValue, { isFloat, size }: Format): Scalar {
  if (value === undef) return undef;
  return isFloat ? bitsOfFloat(value as number, size) : (value as Scalar);
}

function ofMemory(value: Scalar, { isFloat, size, bits }: Format): Scalar {
  if (value === undef) return undef;
  if (isFloat) return floatOfBits(value, size);
  return bits === 1 && typeof value === 'number' ? value & 1 : value;
}

/** What is stored where the source says what it points to is that: memory from the heap has no type. */
function nameAs(value: Scalar, pointee: Pointee): void {
  if (!(value instanceof Pointer) || value.offset !== 0) return;
  const { memory } = value;
  if (!(memory instanceof PrivateMemory) || !memory.isHeap || memory.debug !== null) return;
  memory.debug = pointee();
  if (memory.shared !== null && memory.shared.debug === null) memory.shared.debug = memory.debug;
}
