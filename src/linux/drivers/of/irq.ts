import { type FdtNode, propertyOf } from '../../../firmware/fdt/index.ts';
import type { kernel } from '../../kernel.ts';
import { firstCell } from './base.ts';

/** How many interrupts a node has: the specifiers that can be read. `of_irq_count()`. */
export function interruptsOf(k: kernel, np: FdtNode): number {
  const extended = propertyOf(np, 'interrupts-extended');
  if (extended !== undefined) {
    const entries = k.specifiersOf(extended, '#interrupt-cells');
    const bad = entries.findIndex(({ ok }) => !ok);
    return bad < 0 ? entries.length : bad;
  }
  const bytes = propertyOf(np, 'interrupts')?.value.length ?? 0;
  const parent = interruptParent(k, np);
  const cells = parent === null ? 0 : (firstCell(parent, '#interrupt-cells') ?? 0);
  return cells === 0 ? 0 : Math.floor(bytes / 4 / cells);
}

/** The first node on the way up that interrupts are numbered by. `of_irq_find_parent()`. */
function interruptParent(k: kernel, np: FdtNode): FdtNode | null {
  const seen = new Set<FdtNode>();
  for (let at: FdtNode | null = np; at !== null && !seen.has(at); ) {
    seen.add(at);
    const phandle = firstCell(at, 'interrupt-parent');
    at = phandle === null ? at.parent : (k.fdt?.phandles.get(phandle) ?? null);
    if (at !== null && propertyOf(at, '#interrupt-cells') !== undefined) return at;
  }
  return null;
}
