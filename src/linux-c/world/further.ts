import { ModelError } from '../../explore/index.ts';
import type { Module } from '../../llvm/index.ts';

/** What of Linux looks for properties or children in a `device_node`: the world keeps them beside it. */
const intoNodes: readonly string[] = ['of_find_property', 'of_find_node_opts_by_path'];

/**
 * The functions of a further file that are called as C, where else there may be one by hand.
 *
 * @throws ModelError where they would find a machine that has nothing in it
 */
export function calledAsC(module: Module): readonly string[] {
  const names = module.functions.filter((name) => !module.isInternal(name));
  const blind = names.find((name) => intoNodes.includes(name));
  if (blind === undefined) return names;
  const file = module.file.replace(/\.ll$/, '.c');
  throw new ModelError(
    `${file} cannot take part as C: the devicetree is by hand, and ${blind}() of that file would find its nodes empty`,
  );
}
