import type { InlineAsm } from '../ir/value.ts';
import type { External } from '../run/thread/machine.ts';

/** Tells only the compiler something, or the processor to wait or to order what is in order here. */
const idle = /^\s*(?:pause|rep;? *nop|nop|yield|isb|[lms]fence|d[ms]b\s+\w+)?;?\s*$/;

/** Assembler text that programs of threads have; null for what is not known. */
export function assembler({ text, constraints }: InlineAsm): External | null {
  if (!idle.test(text)) return null;
  const all = constraints.split(',').filter((one) => one !== '' && !one.startsWith('~'));
  const outputs = all.filter((one) => /^=[^*]*$/.test(one));
  const inputs = all.filter((one) => !/^=[^*]*$/.test(one));
  // An output is what the input is that is in the same place.
  const ties = outputs.map((_, i) => inputs.indexOf(`${i}`));
  if (ties.includes(-1)) return null;
  return function* (_thread, operands) {
    const values = ties.map((at) => operands[at] ?? 0);
    return values.length > 1 ? values : (values[0] ?? 0);
  };
}
