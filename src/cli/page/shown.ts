// What `fwspec page` was given, as files that the page can read.
import { recognise } from '../../input/index.ts';
import { type Given, givenBy } from '../input/given.ts';
import { collectedHere } from '../input/live.ts';
import { loadMachine, sourceAt } from '../input/load.ts';

/** Names in the machine, with the bytes of each. */
export type Shown = ReadonlyMap<string, Uint8Array>;

export interface ShownMachine {
  readonly files: Shown;
  /** The number of a devicetree in it, where one was asked for. */
  readonly tree: number | null;
}

/** The files that an operand names; those of this machine for `live`. */
export async function shownFor(operand: string): Promise<ShownMachine> {
  if (operand === 'live') {
    const files = await collectedHere((directory) => filesOf(givenBy(directory)));
    return { files, tree: null };
  }
  const source = await sourceAt(operand);
  // What the page could not read either ends here, with what is wrong.
  await loadMachine(source);
  const { given } = source;
  const [sole, ...others] = [...given.files.keys()];
  if (sole !== undefined && others.length === 0) {
    const bytes = given.files.get(sole) ?? new Uint8Array();
    // A page has no compiler.
    if (recognise(sole, bytes).is === 'source')
      return { files: await compiled(given, sole, bytes), tree: given.tree };
  }
  return { files: filesOf(given), tree: given.tree };
}

function filesOf({ files }: Given): Shown {
  return new Map([...files.keys()].map((name) => [name, files.get(name) ?? new Uint8Array()]));
}

async function compiled({ pathOf }: Given, name: string, source: Uint8Array): Promise<Shown> {
  const { compile } = await import('../input/compile-devicetree.ts');
  const { blob } = compile(pathOf(name), name, source);
  return new Map([[`${name.replace(/\.dts$/i, '')}.dtb`, blob]]);
}
