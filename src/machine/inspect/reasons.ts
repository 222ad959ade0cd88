import { isAvailable, propertyOf, specifiers } from '../../firmware/index.ts';
import {
  type device,
  errnoName,
  type fwnode_handle,
  type LogLine,
  mapIommuId,
  to_of_node,
} from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { Boot } from '../boot/boot.ts';
import {
  forgotten,
  isForgotten,
  isWaiting,
  waitsAfterDma,
  waitsBeforeDma,
} from '../boot/end-state.ts';
import { mappedIdsOf } from '../boot/mapped-ids.ts';
import { isKeptBack } from '../boot/offers.ts';
import { isHostBridgeFunction } from '../boot/plan/client-drivers.ts';
import { acpiTargets } from '../firmware/acpi/targets.ts';
import type { DeviceOutcome, InspectedIommu } from '../inspection.ts';
import type { Machine, MachineDevice } from '../machine.ts';
import { mayComeLater, whyAbsent } from './absent.ts';
import type { Deferral } from './deferral-reasons.ts';
import { dmarReason } from './dmar-reasons.ts';
import { ivrsReason } from './ivrs-reasons.ts';

/** What reasons are drawn from. */
export interface Reasoning {
  readonly machine: Machine;
  readonly boot: Boot;
  readonly iommus: ReadonlyMap<fwnode_handle, InspectedIommu>;
  readonly deferral: Deferral;
  readonly log: LogByDevice;
}

/** Lines of the kernel log about one device, each with where it stands there. */
type Lines = readonly { readonly at: number; readonly line: LogLine }[];

/** The lines about each device, by its name. */
type LogByDevice = ReadonlyMap<string, Lines>;

export function logByDevice(log: readonly LogLine[]): LogByDevice {
  const lines = new Map<string, { at: number; line: LogLine }[]>();
  log.forEach((line, at) => {
    if (line.device === null) return;
    const known = lines.get(line.device);
    if (known === undefined) lines.set(line.device, [{ at, line }]);
    else known.push({ at, line });
  });
  return lines;
}

/** Why the device has the outcome that it has. */
export function reasonsFor(
  reasoning: Reasoning,
  of: MachineDevice,
  dev: device,
  outcome: DeviceOutcome,
  errno: number | null,
): string[] {
  const reasons: string[] = [];
  if (of.assumed) {
    reasons.push(
      of.of_node === null
        ? 'assumed: the input does not show which PCI functions there are'
        : 'assumed: a node describes it, and the input shows no PCI functions',
    );
  }
  if (outcome === 'absent') {
    reasons.push(whyAbsent(reasoning.machine, reasoning.boot, of));
    if (mayComeLater(reasoning.machine, reasoning.boot, of))
      reasons.push(reasoning.deferral.endOf(of));
    return reasons;
  }
  if (reasoning.machine.units?.table === 'ivrs' && dev.iommu_group.value === null)
    return [ivrsReason(reasoning.boot, dev)];
  if (reasoning.machine.units?.table === 'dmar' && dev.iommu_group.value === null)
    return [dmarReason(reasoning.boot, dev)];
  if (
    isHostBridgeFunction(of) &&
    dev.iommu_group.value === null &&
    !reasoning.boot.calls.has(dev)
  ) {
    reasons.push('a PCI host bridge function has no driver, and nothing else configures its DMA');
    return reasons;
  }
  if (isKeptBack(of, reasoning.boot.k) && !reasoning.boot.calls.has(dev))
    return ['no driver is offered it: its node is disabled'];
  const waiting = isWaiting(reasoning.boot.k, dev);
  const suppliers = waiting ? waitsBeforeDma(dev) : [];
  reasons.push(...suppliers);
  if (outcome !== 'translated' && outcome !== 'identity' && suppliers.length === 0) {
    reasons.push(...described(reasoning, of, dev, outcome));
  }
  if (waiting && suppliers.length === 0) reasons.push(...waitsAfterDma(dev));
  if (outcome === 'direct' && dev.iommu_group.value !== null)
    reasons.push('its group has no default domain: the driver of its IOMMU makes none');
  if (outcome === 'deferred') reasons.push(reasoning.deferral.endOf(of));
  const from = reasoning.boot.attempts.get(dev)?.logFrom ?? 0;
  for (const { at, line } of reasoning.log.get(dev.name) ?? []) {
    const matters = line.level === 'warn' || line.level === 'err';
    if (at >= from && matters && !reasons.includes(line.text)) reasons.push(line.text);
  }
  const has = outcome === 'translated' || outcome === 'identity';
  if (!has && reasons.length === (of.assumed ? 1 : 0))
    reasons.push(lastWord(reasoning.log.get(dev.name)));
  if (outcome === 'direct' && errno !== null) {
    reasons.push(`the IOMMU path ended in ${errnoName(errno)}; the driver binds without an IOMMU`);
  }
  if (outcome === 'failed' && errno !== null) {
    reasons.push(`no driver is bound: ${errnoName(errno)}`);
  }
  return reasons;
}

/** Whether a line says why the device was refused. */
export function tells({ level }: LogLine): boolean {
  return level === 'err' || level === 'warn' || level === 'unsaid';
}

/** What was the matter when the device was last tried, before a driver came. */
function lastWord(lines: Lines = []): string {
  const last = lines.findLast(({ line }) => tells(line));
  return last?.line.text ?? 'the driver of its IOMMU refuses it, without a word';
}

/** What firmware says about the device's IOMMUs, as far as it explains that it has none. */
function described(
  reasoning: Reasoning,
  of: MachineDevice,
  dev: device,
  outcome: DeviceOutcome,
): string[] {
  const waits = outcome === 'deferred';
  const np = of.dma_node;
  const { k } = reasoning.boot;
  if (reasoning.machine.firmware === 'none' && dev.pci === null)
    return ['it is the IOMMU that is assumed'];
  if (np === null) {
    return reasoning.machine.acpi === undefined
      ? ['no firmware node describes its DMA']
      : acpiReasons(reasoning, of, dev, waits);
  }
  const ids = mappedIdsOf(of, dev);
  if (ids === null) {
    const property = propertyOf(np, 'iommus');
    if (property === undefined || k.fdt === null)
      return [
        outcome === 'failed' ? 'the probe of its driver fails' : 'no IOMMU is described for it',
      ];
    const entries = specifiers(k.fdt, property, '#iommu-cells');
    const nodes = entries.flatMap((entry) => (entry.ok ? [entry.node] : []));
    return [...new Set(nodes)].flatMap((node) => about(reasoning, of, node, waits));
  }
  if (propertyOf(np, 'iommu-map') === undefined) {
    return [`${mapOwner(dev)} ${np.path} has no iommu-map`];
  }
  const reasons: string[] = [];
  for (const { pdev, id: alias } of ids) {
    const whose = pdev === dev.pci ? '' : ', which a bridge above it sends in its place';
    const mapped = mapIommuId(k, dev, np, alias);
    if ('error' in mapped) {
      reasons.push(`iommu-map of ${np.path} cannot be used for ID ${hex(alias)}${whose}`);
    } else if (mapped.target === null) {
      reasons.push(`iommu-map of ${np.path} has no entry for ID ${hex(alias)}${whose}`);
    } else {
      const found = about(reasoning, of, mapped.target, waits);
      reasons.push(...found.filter((reason) => !reasons.includes(reason)));
      continue;
    }
    break;
  }
  return reasons;
}

/** Whose map tells of a device. */
function mapOwner({ pci }: device): string {
  return pci === null ? 'its maker' : 'its host bridge';
}

function acpiReasons(
  reasoning: Reasoning,
  of: MachineDevice,
  dev: device,
  waits: boolean,
): string[] {
  const { k } = reasoning.boot;
  if (dev.dma_companion === null) return ['no object of ACPI describes its DMA'];
  if (dev.dma_companion.cca === null && k.config.CONFIG_ACPI_CCA_REQUIRED)
    return ['its object has no _CCA, nor has one above it: its DMA is not configured'];
  const targets = acpiTargets(k, dev);
  if (typeof targets === 'string') return [targets];
  if (isForgotten(dev)) return [forgotten];
  const fwnodes = new Set(targets.map(({ fwnode }) => fwnode));
  return [...fwnodes].flatMap((fwnode) => about(reasoning, of, fwnode, waits));
}

function about(
  { iommus }: Reasoning,
  of: MachineDevice,
  node: fwnode_handle,
  waits: boolean,
): string[] {
  const iommu = iommus.get(node);
  const name = iommu?.name ?? node.path;
  const np = to_of_node(node);
  if (iommu?.state === 'disabled' || (np !== null && !isAvailable(np))) {
    return [`its IOMMU ${name} is disabled`];
  }
  if (iommu?.state === 'registered') return [];
  const verb = waits ? 'waits for' : 'is described to be behind';
  if (node === (of.of_node ?? of.acpi?.fwnode)) return [`${verb} itself`];
  if (iommu === undefined) return [`${verb} ${name}, which is no IOMMU`];
  if (iommu.state === 'no-driver') return [`${verb} ${name}, for which the model has no driver`];
  return [`${verb} ${name}, which has not registered`];
}
