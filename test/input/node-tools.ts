import { inflate } from '../../src/cli/input/inflate.ts';
import { type Files, machineIn, opened, type Tools } from '../../src/input/index.ts';
import type { Machine } from '../../src/machine/index.ts';

/** Node.js can unpack; no compiler is asked. */
export const tools: Tools = { inflate, compile: null };

/** The machine that files describe. */
export async function machineOfFiles(files: Files, tree: number | null = null): Promise<Machine> {
  return await machineIn(await opened(files, inflate), tools, { tree });
}
