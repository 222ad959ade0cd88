import type { Fdt, FdtNode, FdtProperty } from '../../firmware/fdt/index.ts';
import { Pointer, type Scalar, type Variable } from '../../llvm/index.ts';
import type { Structs } from '../structs.ts';
import { nodesOf } from './tree.ts';

/** The nodes of a devicetree as the kernel has them, and back. */
export class Nodes {
  readonly tree: Fdt;
  readonly #variables = new Map<FdtNode, Variable>();
  readonly #nodes = new Map<Variable, FdtNode>();
  readonly #properties = new Map<FdtProperty, Variable>();

  /** @param ops what tells a node from other firmware */
  constructor(structs: Structs, tree: Fdt, ops: Scalar) {
    this.tree = tree;
    for (const node of nodesOf(tree.root)) {
      const name = node.name === '' ? '/' : node.name;
      const variable = structs.make(`node ${name}`, 'device_node', {
        'fwnode.ops': ops,
        phandle: node.phandle ?? 0,
      });
      for (const list of ['suppliers', 'consumers'])
        structs.emptyList(variable, 'device_node', `fwnode.${list}`);
      const parent = node.parent === null ? undefined : this.#variables.get(node.parent);
      if (parent !== undefined) structs.fill(variable, 'device_node', { parent: parent.at(0) });
      for (const property of node.properties.values())
        this.#properties.set(property, propertyOf(structs, property));
      this.#variables.set(node, variable);
      this.#nodes.set(variable, node);
    }
  }

  /** The structure of a node. */
  variable(node: FdtNode): Variable {
    return this.#variables.get(node) as Variable;
  }

  /** The `struct property` of a property. */
  property(property: FdtProperty): Variable {
    return this.#properties.get(property) as Variable;
  }

  /** The node that a pointer leads to; null for NULL, and for whatever is none. */
  node(pointer: Scalar): FdtNode | null {
    return pointer instanceof Pointer
      ? (this.#nodes.get(pointer.memory as Variable) ?? null)
      : null;
  }
}

function propertyOf(structs: Structs, { name, value }: FdtProperty): Variable {
  const bytes = structs.linked.place(`"${name}"`, value.length, null, true);
  for (const [i, byte] of value.entries()) bytes.image?.write(i, 1, byte);
  return structs.constant(`property ${name}`, 'property', {
    name: structs.text(name),
    length: value.length,
    value: bytes.at(0),
  });
}
