// What became of an IOMMU that a device is described to be behind.

import { compatibleOf, type FdtNode, isAvailable, propertyOf } from '../../firmware/index.ts';
import { type fwnode_handle, iommuDriverOf, to_of_node } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';
import type { Recorder } from '../boot/record/recorder.ts';
import type { InspectedIommu } from '../inspection.ts';
import { atNode, atProperty, atTable, type Chain, type Place } from './explanation.ts';
import { whyUnregistered } from './registration.ts';

/** A boot, and what was written down of it. */
export interface Booted {
  readonly boot: Boot;
  readonly recorder: Recorder;
}

/** The node, what binds to it and what came of that; false when the device cannot use it. */
export function addIommu(
  chain: Chain,
  { boot, recorder }: Booted,
  node: fwnode_handle,
  iommu: InspectedIommu | undefined,
): boolean {
  const np = to_of_node(node);
  if (np !== null && !addNode(chain, np)) return false;
  if (iommu === undefined) {
    chain.fail('iommu', `${node.path} is no IOMMU: nothing registers for it`, np && atNode(np));
    return false;
  }
  const { name, driver, state } = iommu;
  if (np === null) chain.add('iommu', `${name}, ${iommu.path}`, atTableNode(boot, node));
  if (driver === null) {
    const compatible = np === null ? undefined : propertyOf(np, 'compatible');
    const place = np === null || compatible === undefined ? null : atProperty(np, compatible);
    chain.fail('driver', `no driver binds to ${name}, which is ${kindText(iommu)}`, place);
    return false;
  }
  if (state === 'registered') {
    addDriver(chain, boot, np, iommu);
    return true;
  }
  chain.fail(
    'driver',
    `${name} has not registered: ${whyUnregistered(boot, recorder, node, driver)}`,
  );
  return false;
}

/** The node of IORT or VIOT that the name stands for. */
function atTableNode({ k }: Boot, fwnode: fwnode_handle): Place | null {
  for (const [node, found] of k.acpi?.fwnodes ?? []) {
    if (found !== fwnode) continue;
    const table = node.type.startsWith('virtio') ? 'VIOT' : 'IORT';
    return atTable(table, 'node', node.offset, 16);
  }
  return null;
}

function kindText({ compatible }: InspectedIommu): string {
  return compatible.length === 0 ? 'of no known kind' : compatible.join(', ');
}

/** What the node says of itself. */
function addNode(chain: Chain, np: FdtNode): boolean {
  const cells = propertyOf(np, '#iommu-cells');
  const place = cells === undefined ? atNode(np) : atProperty(np, cells);
  const text = cells === undefined ? 'no #iommu-cells' : `#iommu-cells ${cellsText(cells.value)}`;
  chain.add('iommu', `${np.path}: ${text}`, place);
  // A parent that is disabled has no children that are devices.
  for (let at: FdtNode | null = np; at !== null; at = at.parent) {
    const status = propertyOf(at, 'status');
    if (status === undefined || isAvailable(at)) continue;
    const value = String.fromCharCode(...status.value.subarray(0, 64)).replace(/\0.*$/s, '');
    const own = at === np;
    const what = own
      ? `${np.path} has status "${value}"`
      : `${at.path} above it has status "${value}"`;
    const place = atProperty(at, status);
    if (own) {
      chain.fail('iommu', `${what}: nobody waits for it`, place);
      return false;
    }
    chain.add('iommu', `${what}: it is no device`, place);
  }
  return true;
}

function cellsText(value: Uint8Array): string {
  if (value.length !== 4) return `of ${value.length} bytes`;
  return String(new DataView(value.buffer, value.byteOffset, 4).getUint32(0));
}

function addDriver(
  chain: Chain,
  { k }: Boot,
  np: FdtNode | null,
  { name, driver }: InspectedIommu,
): void {
  if (np === null) {
    chain.add('driver', `${driver} drives ${name}, which has registered`);
    return;
  }
  const known = iommuDriverOf(np, k)?.compatible ?? [];
  const by = compatibleOf(np).find((compatible) => known.includes(compatible));
  const property = propertyOf(np, 'compatible');
  const place = property === undefined ? null : atProperty(np, property);
  chain.add(
    'driver',
    `${driver} binds to ${name} by ${by ?? 'its kind'}; it has registered`,
    place,
  );
}
