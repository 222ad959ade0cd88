import type { Block, FunctionBody, Instruction } from '../../ir/instruction.ts';
import type { Typed, Value } from '../../ir/value.ts';
import type { Layout } from '../../layout/layout.ts';

/** Which variables on the stack hold something that counts where a loop goes round. */
export interface Liveness {
  /** Variables of which it is known. */
  readonly known: readonly string[];
  /** Of these, by the label of each block that a loop goes back to, those that are read from there on. */
  readonly live: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Whatever a round leaves in a variable that is written before it is read again is no change. */
export function livenessOf(body: FunctionBody, layout: Layout): Liveness {
  const index = new Map(body.blocks.map(({ label }, i) => [label, i]));
  const begins = new Set<number>();
  for (const [i, block] of body.blocks.entries())
    for (const next of successors(block)) {
      const to = index.get(next);
      if (to !== undefined && to <= i) begins.add(to);
    }
  if (begins.size === 0) return { known: [], live: new Map() };
  const variables = ownVariables(body, layout);
  const live = liveAtBegin(body, index, (block) => effects(block, variables, layout));
  return {
    known: [...variables.sizes.keys()],
    live: new Map(
      [...begins].map((at) => [(body.blocks[at] as Block).label, live[at] ?? new Set()]),
    ),
  };
}

/** Variables that are only read, written and forgotten by their own name. */
interface Own {
  readonly sizes: Map<string, number>;
  /** Other names for them, which only say when they are forgotten. */
  readonly aliases: Map<string, string>;
}

function ownVariables({ blocks }: FunctionBody, layout: Layout): Own {
  const sizes = new Map<string, number>();
  const aliases = new Map<string, string>();
  for (const { instructions } of blocks)
    for (const it of instructions) {
      if (it.op === 'alloca' && it.count === null)
        sizes.set(it.name as string, layout.extent(it.type).size);
      if (it.op === 'cast' && it.value.value.kind === 'local' && sizes.has(it.value.value.name))
        aliases.set(it.name as string, it.value.value.name);
    }
  for (const { instructions } of blocks)
    for (const it of instructions)
      for (const name of otherUses(it)) {
        sizes.delete(name);
        sizes.delete(aliases.get(name) ?? '');
      }
  return { sizes, aliases };
}

/** Names that an instruction uses in any way but those that are counted. */
function otherUses(it: Instruction): string[] {
  if (it.op === 'debug' || isMark(it)) return [];
  if (it.op === 'cast' && it.cast === 'bitcast') return [];
  if (it.op === 'load') return [];
  if (it.op === 'store') return locals(it.value);
  return locals(it);
}

/** A call that says from where on a variable has no value. */
function isMark(it: Instruction): it is Instruction & { readonly op: 'call' } {
  return (
    it.op === 'call' &&
    it.callee.kind === 'global' &&
    /^llvm\.(lifetime|dbg)\./.test(it.callee.name)
  );
}

/**
 * Loads of which nobody looks at the value: it is only asked whether the compiler knows it, as the
 * kernel's `test_bit()` does. No processor makes them.
 */
export function unreadLoads({ blocks }: FunctionBody): ReadonlySet<string> {
  const asked = new Set<string>();
  for (const { instructions } of blocks)
    for (const it of instructions)
      if (isQuestion(it)) for (const name of locals(it.operands)) asked.add(name);
  if (asked.size === 0) return asked;
  for (const { instructions } of blocks)
    for (const it of instructions)
      if (!isQuestion(it)) for (const name of locals(it)) asked.delete(name);
  return asked;
}

function isQuestion(it: Instruction): it is Instruction & { readonly op: 'call' } {
  return (
    it.op === 'call' &&
    it.callee.kind === 'global' &&
    it.callee.name.startsWith('llvm.is.constant.')
  );
}

function locals(part: unknown): string[] {
  if (typeof part !== 'object' || part === null) return [];
  if (Array.isArray(part)) return part.flatMap(locals);
  const { kind, name } = part as { readonly kind?: unknown; readonly name?: unknown };
  if (kind === 'local') return [name as string];
  return Object.values(part).flatMap(locals);
}

/** What a block reads before it writes it, and what it writes, of the variables. */
function effects({ instructions }: Block, { sizes, aliases }: Own, layout: Layout): Effects {
  const reads = new Set<string>();
  const writes = new Set<string>();
  for (const it of instructions) {
    if (it.op === 'load') {
      const name = nameOf(it.pointer);
      if (sizes.has(name) && !writes.has(name)) reads.add(name);
    } else if (it.op === 'store') {
      const name = nameOf(it.pointer);
      if (sizes.get(name) === layout.extent(it.value.type).size) writes.add(name);
    } else if (isMark(it)) {
      for (const operand of it.operands) {
        const name = nameOf(operand);
        writes.add(aliases.get(name) ?? name);
      }
    }
  }
  return { reads, writes };
}

interface Effects {
  readonly reads: ReadonlySet<string>;
  readonly writes: ReadonlySet<string>;
}

function nameOf({ value }: Typed<Value>): string {
  return value.kind === 'local' ? value.name : '';
}

function liveAtBegin(
  { blocks }: FunctionBody,
  index: ReadonlyMap<string, number>,
  effectsOf: (block: Block) => Effects,
): ReadonlySet<string>[] {
  const known = blocks.map(effectsOf);
  const live = known.map(({ reads }) => new Set(reads));
  for (let isDone = false; !isDone; ) {
    isDone = true;
    for (let i = blocks.length - 1; i >= 0; i--)
      for (const next of successors(blocks[i] as Block))
        for (const name of live[index.get(next) ?? -1] ?? []) {
          if (known[i]?.writes.has(name) === true || live[i]?.has(name) === true) continue;
          live[i]?.add(name);
          isDone = false;
        }
  }
  return live;
}

function successors({ instructions }: Block): readonly string[] {
  const last = instructions.at(-1);
  switch (last?.op) {
    case 'br':
      return [last.to];
    case 'condbr':
      return [last.yes, last.no];
    case 'switch':
      return [last.otherwise, ...last.cases.map(({ to }) => to)];
    case 'indirectbr':
      return last.to;
    case 'callbr':
    case 'invoke':
      return [last.next, ...last.others];
    default:
      return [];
  }
}
