import type { Task } from '../explore/index.ts';
import { big, Pointer, type Scalar, type Thread, type Variable } from '../llvm/index.ts';
import { type ByHand, returning } from './by-hand.ts';
import type { Structs } from './structs.ts';

/** One entry of a list of phandles: the node, and the cells behind it. */
export interface Specifier {
  readonly node: Variable;
  readonly args: readonly number[];
}

/** What nodes say, by node and property. */
export type Properties = ReadonlyMap<Variable, Readonly<Record<string, readonly Specifier[]>>>;

const ENOENT = 2;

/** Nodes of a tree that never changes are not counted. */
const same = function* (_thread: Thread, node: Scalar): Task<Scalar> {
  return node;
} as ByHand;

/** Look-ups in a devicetree that never changes. */
export function lookUps(
  structs: Structs,
  properties: Properties,
  textAt: (pointer: Scalar) => string,
): Readonly<Record<string, ByHand>> {
  function* parse(
    thread: Thread,
    np: Scalar,
    list: Scalar,
    _cells: Scalar,
    _count: Scalar,
    index: Scalar,
    out: Scalar,
  ): Task<Scalar> {
    const node = np instanceof Pointer ? np.memory : null;
    const all = properties.get(node as Variable)?.[textAt(list)] ?? [];
    const found = all[Number(big(index))];
    if (found === undefined) return 2 ** 32 - ENOENT;
    const { memory } = thread;
    const at = (path: string, more = 0): Scalar => {
      const { offset } = structs.field('of_phandle_args', path);
      return (out as Pointer).memory.at((out as Pointer).offset + offset + more);
    };
    yield* memory.store(at('np'), 8, found.node.at(0));
    yield* memory.store(at('args_count'), 4, found.args.length);
    for (const [i, arg] of found.args.entries()) yield* memory.store(at('args', 4 * i), 4, arg);
    return 0;
  }

  return {
    __of_parse_phandle_with_args: parse as ByHand,
    of_device_is_available: returning(1),
    of_node_put: returning(0),
    of_node_get: same,
    fwnode_handle_put: returning(0),
    fwnode_handle_get: same,
  };
}
