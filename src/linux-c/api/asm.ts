import type { External, InlineAsm } from '../../llvm/index.ts';

// Assembler text that is left when atomics, locks and the like are functions by name: what an optimiser
// would have put everywhere. It is known by what is in it, for arm64.

const idle = /^\s*(?:$|dmb|dsb|isb|yield|nop|wfe|hint|# *$)/;

/** What a piece of assembler text does; null where it is not known. */
export function arm64(asm: InlineAsm): External | null {
  if (asm.text.includes('__bug_table')) return warn(asm.text);
  if (idle.test(asm.text)) return nothing;
  return null;
}

/** The flag that tells a warning from a bug, in the entry of the table. */
function warn(text: string): External {
  const flags = /\.short\s+(\d+)\s*\n?\s*(?:\.align|;|\\0A)/.exec(text)?.[1];
  const isWarning = flags === undefined || (Number(flags) & 1) === 1;
  return function* (thread) {
    const { memory } = thread;
    if (!isWarning) memory.crash('warn', memory.functionName, 'BUG()');
    memory.report('warn', memory.functionName, 'WARN()');
    return 0n;
  };
}

const nothing: External = function* () {
  return 0n;
};
