import type { Instruction } from '../../ir/instruction.ts';
import type { MetadataOperand } from '../../ir/value.ts';

// What an instruction is, for whoever compiles it.

/** Instructions that a block may end with. */
const ends: ReadonlySet<Instruction['op']> = new Set([
  'ret',
  'br',
  'condbr',
  'switch',
  'indirectbr',
  'unreachable',
  'invoke',
  'callbr',
  'unknown',
]);

/** Whether a block may end with an instruction. */
export function endsBlock({ op }: Instruction): boolean {
  return ends.has(op);
}

/** The operands of `llvm.dbg.declare`, or of a record that says the same. */
export function debugOperands(it: Instruction, what: string): readonly MetadataOperand[] | null {
  if (it.op === 'debug') return it.record === what ? it.operands : null;
  if (it.op !== 'call' || it.callee.kind !== 'global' || it.callee.name !== `llvm.dbg.${what}`)
    return null;
  return it.operands.flatMap(({ value }) => (value.kind === 'metadata' ? [value.metadata] : []));
}
