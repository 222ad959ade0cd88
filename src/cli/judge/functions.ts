import type { Module } from '../../llvm/index.ts';

/**
 * What differs between two modules of the same file where nothing else does: numbers of debug
 * information, of attributes and of names that the compiler makes, and of lines, in the table of warnings and
 * in the names of what is called at boot.
 */
const numbering =
  /(?:, )?!\w* ?!\d+|!\d+| #\d+|(?<=@[\w.]{0,200})\.\d+|(?<=%(?:struct|union)\.\w{1,200})\.\d+|(?<=\.short )\d+|(?<=__initcall__kmod_\w{1,200}__)\d+_\d+(?=_)/g;

function plain(text: string): string {
  return text.replace(numbering, '');
}

/** Whether two modules do the same. */
export function isSame(before: Module, after: Module): boolean {
  return before.text === after.text || whole(before) === whole(after);
}

/** A module without debug information. */
function whole({ text }: Module): string {
  return plain(text.replace(/^(?:!|;|source_filename|attributes ).*\n/gm, ''));
}

/** A function that is not the same on both sides. */
export interface ChangedFunction {
  readonly name: string;
  /** Whether an execution has called it, on any side. */
  readonly isRun: boolean;
}

/**
 * The functions that differ, by name.
 *
 * @param called for each side and module the functions that executions have called
 */
export function changedFunctions(
  before: readonly Module[],
  after: readonly Module[],
  called: readonly (readonly (readonly string[])[])[],
): ChangedFunction[] {
  const found = new Map<string, boolean>();
  after.forEach((module, i) => {
    const other = before[i];
    if (other === undefined) return;
    for (const name of new Set([...other.functions, ...module.functions])) {
      const [one, two] = [other.source(name), module.source(name)];
      if (one === two || (one !== null && two !== null && plain(one) === plain(two))) continue;
      const isRun = called.some((side) => side[i]?.includes(name) === true);
      found.set(name, isRun || found.get(name) === true);
    }
  });
  return [...found].sort().map(([name, isRun]) => ({ name, isRun }));
}
