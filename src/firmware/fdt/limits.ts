/** arm64 maps at most 2 MiB for the blob; anything near this is not a machine description. */
export const MAX_SIZE: number = 16 << 20;

/** Real trees are about 10 deep. Bounds whatever walks the tree by recursion. */
export const MAX_DEPTH: number = 64;

/** The largest boards have a few thousand nodes. */
export const MAX_NODES: number = 1 << 17;

/** The specification's 31 characters are often exceeded; a file name in /proc/device-tree ends here. */
export const MAX_NAME: number = 255;

/** The longest path Linux accepts; keeps the memory for all paths within reason. */
export const MAX_PATH: number = 4095;

/** PCI has 3, and nothing known more: what `#address-cells` and `#size-cells` may say. */
export const MAX_ADDRESS_CELLS: number = 4;
