import type { External, InlineAsm, Scalar } from '../../../llvm/index.ts';
import { kept, reported } from './outputs.ts';

// Assembler text that is left when atomics, locks and the like are functions by name: what an optimiser
// would have put everywhere. It is known by what is in it, for arm64.

const idle = /^\s*(?:$|dmb|dsb|isb|yield|nop|wfe|hint|# *$)/;

/** Loads that acquire and stores that release. */
const ordered = /^\s*(stlr|ldar|ldapr)([bh]?)\s+\$\{?[01](?::([wx]))?/;

function sizeOf(suffix: string | undefined, register: string | undefined): number {
  if (suffix === 'b') return 1;
  if (suffix === 'h') return 2;
  return register === 'w' ? 4 : 8;
}

function accessing(operation: string, size: number): External {
  return function* (thread, [pointer, value]) {
    const at = pointer as Scalar;
    if (operation !== 'stlr') return yield* thread.memory.load(at, size, 'ordered');
    yield* thread.memory.store(at, size, value as Scalar, 'ordered');
    return 0;
  };
}

/** What a piece of assembler text does; null where it is not known. */
export function arm64(asm: InlineAsm): External | null {
  if (asm.text.includes('__bug_table')) return warn(asm.text);
  if (idle.test(asm.text)) return kept(asm.constraints);
  const access = ordered.exec(asm.text);
  if (access !== null) return accessing(access[1] as string, sizeOf(access[2], access[3]));
  return null;
}

/** The flag that tells a warning from a bug, in the last field of the entry of the table. */
function warn(text: string): External {
  const flags = text.split('.short').at(-1)?.split('.align')[0] ?? '';
  const isWarning = /\(1 << 0\)|^\s*\d*[13579]\b/.test(flags);
  return function* (thread) {
    return reported(thread, isWarning);
  };
}
