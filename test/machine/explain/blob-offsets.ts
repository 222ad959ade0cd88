// Where things are in raw firmware, found by other means than the parsers: a devicetree token by
// token, configuration space capability by capability.

/** The offset of a property's value in a devicetree blob. */
export function propertyOffset(blob: Uint8Array, path: string, name: string): number {
  const view = new DataView(blob.buffer, blob.byteOffset, blob.byteLength);
  const strings = view.getUint32(12);
  const textAt = (at: number) => {
    let text = '';
    for (let i = at; blob[i] !== 0; i++) text += String.fromCharCode(blob[i] ?? 0);
    return text;
  };
  const open: string[] = [];
  for (let at = view.getUint32(8); ; ) {
    const token = view.getUint32(at);
    if (token === 1) {
      const node = textAt(at + 4);
      open.push(node);
      at += 4 + ((node.length + 4) & ~3);
    } else if (token === 3) {
      const length = view.getUint32(at + 4);
      const found = textAt(strings + view.getUint32(at + 8)) === name;
      if (found && open.join('/') === path) return at + 12;
      at += 12 + ((length + 3) & ~3);
    } else if (token === 9) {
      throw new Error(`${path} has no ${name}`);
    } else {
      if (token === 2) open.pop();
      at += 4;
    }
  }
}

/** The offset of a capability, by its ID. */
export function capabilityOffset(space: Uint8Array, id: number): number {
  let at = space[0x34] ?? 0;
  while (space[at] !== id) at = space[at + 1] ?? 0;
  return at;
}

/** The offset of an extended capability, by its ID. */
export function extendedOffset(space: Uint8Array, id: number): number {
  const view = new DataView(space.buffer, space.byteOffset, space.byteLength);
  let at = 0x100;
  while ((view.getUint32(at, true) & 0xffff) !== id) at = view.getUint32(at, true) >>> 20;
  return at;
}
