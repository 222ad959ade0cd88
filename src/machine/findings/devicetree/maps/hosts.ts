// What a host bridge says of the functions below it, where it has no map.

import { type FdtNode, propertyOf, specifiers } from '../../../../firmware/index.ts';
import { describedFunctions } from '../../../firmware/pci.ts';
import type { Finding } from '../../../inspection.ts';
import { type Judged, offsetOf } from '../../judged.ts';

const byMapAlone =
  'describe the requester IDs in iommu-map of the host bridge, as <0 &iommu base length>';

/** Its functions have no IOMMU, and perhaps somebody meant that they have. */
export function withoutMap(judged: Judged, host: FdtNode): Finding[] {
  const { enabled } = judged;
  const named = namedBy(judged, host);
  const below = [...functionNodes(host)].flatMap((node) => {
    const iommus = namedBy(judged, node);
    const message = `${host.path} has no iommu-map, by which alone its functions go: nobody reads iommus of one of them`;
    return iommus.length === 0 ? [] : [ignored(judged, node, iommus, message)];
  });
  if (named.length > 0) {
    const message =
      'functions below a host bridge go by iommu-map alone: with iommus the bridge itself is behind an IOMMU, and they are in no group';
    return [ignored(judged, host, named, message), ...below];
  }
  if (below.length > 0) return below;
  const isThere = [...enabled].some((of) => propertyOf(of, '#iommu-cells') !== undefined);
  if (!isThere) return [];
  return [
    {
      rule: 'pci-no-map',
      severity: 'note',
      node: host.path,
      property: null,
      offset: host.offset,
      message:
        'this host bridge has no iommu-map, and there are IOMMUs: what is below it is translated by none',
      help: byMapAlone,
    },
  ];
}

function ignored(
  { enabled }: Judged,
  node: FdtNode,
  iommus: readonly FdtNode[],
  message: string,
): Finding {
  return {
    rule: 'pcie-iommus-without-map',
    // Where the IOMMU is switched off, nothing is lost yet.
    severity: iommus.some((iommu) => enabled.has(iommu)) ? 'warning' : 'note',
    node: node.path,
    property: 'iommus',
    offset: offsetOf(node, 'iommus'),
    message,
    help: byMapAlone,
  };
}

/** The IOMMUs in `iommus`. */
function namedBy({ fdt }: Judged, node: FdtNode): FdtNode[] {
  const iommus = propertyOf(node, 'iommus');
  const entries = iommus === undefined ? [] : specifiers(fdt, iommus, '#iommu-cells');
  return entries.flatMap((entry) => (entry.ok ? [entry.node] : []));
}

function* functionNodes(bus: FdtNode): Generator<FdtNode> {
  for (const [, node] of describedFunctions(bus)) {
    yield node;
    yield* functionNodes(node);
  }
}
