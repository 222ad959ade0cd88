import type { FdtNode } from '../../firmware/fdt/index.ts';

/**
 * The property up to its first zero byte, one character per byte, empty when absent. Linux does
 * not insist on the zero, nor on this being the only string.
 */
export function textOf(node: FdtNode, name: string): string {
  let text = '';
  for (const byte of node.properties.get(name)?.value ?? []) {
    if (byte === 0) break;
    text += String.fromCharCode(byte);
  }
  return text;
}
