import type { FdtNode } from '../../../../firmware/index.ts';
import type { device } from '../../../../linux/index.ts';
import { dmaAliases, type kernel, mapIommuId } from '../../../../linux/index.ts';
import { hex } from '../../../../util/index.ts';
import { isHostBridgeFunction } from '../../../boot/plan/client-drivers.ts';
import type { Finding } from '../../../inspection.ts';
import { type Judged, offsetOf } from '../../judged.ts';
import { functionsBelow, isIommu } from './functions-below.ts';

/** How many functions a finding names. */
const named = 4;

/** Functions that are there and that the map leaves out, or that it should leave out. */
export function holeFindings({ machine, boot }: Judged, host: FdtNode): Finding[] {
  const own: string[] = [];
  const aliased: string[] = [];
  const self: string[] = [];
  for (const of of functionsBelow(machine, host)) {
    if ((of.assumed && !isIommu(of)) || isHostBridgeFunction(of)) continue;
    const dev = boot.devices.get(of);
    if (dev === undefined || dev.pci === null) continue;
    const targets = dmaAliases(dev.pci).map(({ alias }) => ({
      text: `${hex(alias)} (${of.name})`,
      node: targetOf(boot.k, dev, host, alias),
    }));
    const [first] = targets;
    const hole = targets.find(({ node }) => node === null);
    if (isIommu(of)) {
      if (of.of_node !== null && first?.node === of.of_node) self.push(first.text);
    } else if (hole !== undefined) {
      (hole === first ? own : aliased).push(hole.text);
    }
  }
  const at = { node: host.path, property: 'iommu-map', offset: offsetOf(host, 'iommu-map') };
  const findings: Finding[] = [];
  if (own.length > 0) {
    findings.push({
      ...at,
      rule: 'iommu-map-partial',
      severity: 'warning',
      message: `no entry has the requester ID of ${list(own)}: no IOMMU for ${pronoun(own)}`,
      help: 'map every requester ID that can appear, unless the hardware bypasses the IOMMU there',
    });
  }
  if (aliased.length > 0) {
    findings.push({
      ...at,
      rule: 'iommu-map-alias-hole',
      severity: 'error',
      message: `no entry has an ID that a bridge sends in the place of ${list(aliased)}: no IOMMU for ${pronoun(aliased)}`,
      help: 'map the IDs of bridges as well as those of functions',
    });
  }
  if (self.length > 0) {
    findings.push({
      ...at,
      rule: 'viommu-hole',
      severity: 'error',
      message: `the IOMMU ${list(self)} is mapped to itself and waits for itself`,
      help: 'leave its requester ID out of the map',
    });
  }
  return findings;
}

/** Null where no entry covers the ID, undefined where the map cannot be used for it. */
function targetOf(
  k: kernel,
  dev: device,
  host: FdtNode,
  alias: number,
): FdtNode | null | undefined {
  const mapped = mapIommuId(k, dev, host, alias);
  return 'error' in mapped ? undefined : mapped.target;
}

function list(texts: readonly string[]): string {
  const more = texts.length - named;
  return [...texts.slice(0, named), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function pronoun(things: readonly unknown[]): string {
  return things.length === 1 ? 'it' : 'them';
}
