import { type FdtNode, mapEntries, propertyOf, specifiers } from '../../firmware/index.ts';
import { EBUSY, EEXIST, EPROBE_DEFER, errnoName } from '../../linux/index.ts';
import { newestKernel, oldestKernel } from '../../series/index.ts';
import { few } from '../../util/index.ts';
import type { Boot } from '../boot/boot.ts';
import type { Finding, Kills } from '../inspection.ts';
import { type Judged, offsetOf } from './judged.ts';

/** What the boot showed: IOMMUs that nobody drives or that did not register, warnings, a crash. */
export function bootFindings(judged: Judged, said: readonly Finding[]): Finding[] {
  const { machine, boot, enabled, fdt } = judged;
  const users = usersOf(judged);
  const explained = explainedBy(said, users);
  const findings: Finding[] = [];
  for (const [node, its] of users) {
    if (!enabled.has(node) || judged.driverOf(node) !== null) continue;
    if (propertyOf(node, '#iommu-cells') === undefined) continue;
    findings.push({
      rule: 'iommu-no-driver',
      severity: 'warning',
      node: node.path,
      property: 'compatible',
      offset: offsetOf(node, 'compatible'),
      message: `the model has no driver for it: ${few(its.map(({ path }) => path))} wait${its.length === 1 ? 's' : ''} for it until the deferral time-out`,
      help: 'check that the kernel has a driver for it, and that the driver is enabled',
    });
  }
  for (const of of machine.devices) {
    const dev = boot.devices.get(of);
    const errno = dev === undefined ? 0 : (boot.attempts.get(dev)?.errno ?? 0);
    if (dev === undefined || of.of_node === null || errno === 0) continue;
    if (!boot.k.instances.has(dev) || explained.has(of.of_node.path)) continue;
    if (judged.namedWithoutCells.has(of.of_node)) continue;
    findings.push({
      rule: 'iommu-not-registered',
      severity: 'warning',
      node: of.of_node.path,
      property: 'compatible',
      offset: offsetOf(of.of_node, 'compatible'),
      message: `its driver does not come up: ${errnoName(-Math.abs(errno))}`,
      help: helpAgainst(Math.abs(errno), of.of_node),
    });
  }
  return [...findings, ...kernelFindings(fdt.root.path, boot)];
}

/** What these rules find keeps an IOMMU's driver from coming up. */
const keepDown: readonly string[] = [
  ...['smmu3-cells', 'smmu3-reg-size', 'smmu2-global-irq', 'smmu2-context-irq', 'smmu2-legacy'],
  ...['iommu-supplier', 'iommu-cycle'],
];

/** What these find at a device does, too, in kernels where an IOMMU registers with all its devices or not at all. */
const refusals: readonly string[] = [
  ...['smmu2-sid-range', 'smmu3-sid-range', 'smmu2-smr-conflict', 'smmu3-dup-sid'],
  'iommu-map-sid-collision',
];

/** The paths of IOMMUs of which another finding says why they do not register. */
function explainedBy(
  said: readonly Finding[],
  users: ReadonlyMap<FdtNode, readonly FdtNode[]>,
): ReadonlySet<string> {
  const down = said.filter(({ rule }) => keepDown.includes(rule));
  const refused = new Set(
    said.filter(({ rule }) => refusals.includes(rule)).map(({ node }) => node),
  );
  const refusing = [...users].filter(([, its]) => its.some(({ path }) => refused.has(path)));
  return new Set([
    ...down.flatMap(({ node, devices = [] }) => [node, ...devices]),
    ...refusing.map(([{ path }]) => path),
  ]);
}

/** What there is to do about the error that its driver's probe ends in. */
function helpAgainst(errno: number, node: FdtNode): string {
  if (errno === EBUSY)
    return 'kernels up to v6.7 run one kind of IOMMU driver only: leave the other kind disabled there';
  if (errno === EPROBE_DEFER) return 'mend what it waits for';
  if (errno === EEXIST)
    return 'it is behind an IOMMU itself, and both use the name "iommu" in sysfs: leave its iommus out';
  return propertyOf(node, 'iommus') === undefined
    ? 'compare its node with the binding of its driver: reg, interrupts, clocks, cells'
    : 'it is behind an IOMMU itself: see what becomes of that one';
}

/** What all known releases do. */
export const everyRelease: Kills['kernels'] = [oldestKernel, newestKernel];

/** Warnings, and a crash: of any kind of firmware. */
export function kernelFindings(node: string, boot: Boot, kills?: Kills): Finding[] {
  const { name } = boot.k.design;
  const findings: Finding[] = [];
  const root = { node, property: null, offset: null };
  for (const message of new Set(boot.warnings)) {
    findings.push({
      ...root,
      rule: 'kernel-warning',
      severity: 'warning',
      message,
      help: 'the kernel prints a stack trace here; other findings may say why',
    });
  }
  for (const { table, how, offset, message } of boot.killers) {
    // Of circles in IORT a rule speaks, whether a device goes round in them or not.
    if (table === 'IORT') continue;
    findings.push({
      rule: how === 'hang' ? 'kernel-hang' : 'kernel-crash',
      severity: 'error',
      node: table,
      property: null,
      offset,
      message,
      help: 'mend the table: no known kernel comes up with it',
      kills: { how, kernels: everyRelease },
    });
  }
  if (boot.crash !== null && boot.killers.length === 0) {
    findings.push({
      ...root,
      rule: 'kernel-crash',
      severity: 'error',
      message: `the boot ends here: ${boot.crash}`,
      help: 'no firmware may crash a kernel: this is a bug of the kernel to report',
      kills: kills ?? { how: 'panic', kernels: [name, name] },
    });
  }
  return findings;
}

/** The IOMMUs that are named, and which of some nodes name them. */
export function usersOf(
  { fdt, boot, enabled }: Judged,
  nodes: Iterable<FdtNode> = enabled,
): Map<FdtNode, FdtNode[]> {
  const users = new Map<FdtNode, Set<FdtNode>>();
  const add = (iommu: FdtNode, user: FdtNode): void => {
    const known = users.get(iommu);
    if (known === undefined) users.set(iommu, new Set([user]));
    else known.add(user);
  };
  for (const node of nodes) {
    const list = propertyOf(node, 'iommus');
    for (const entry of list === undefined ? [] : specifiers(fdt, list, '#iommu-cells')) {
      if (entry.ok) add(entry.node, node);
    }
    const map = propertyOf(node, 'iommu-map');
    if (map === undefined) continue;
    const cellsOf = boot.k.design.functions.outputCells(boot.k, map, '#iommu-cells');
    for (const entry of mapEntries(fdt, map, cellsOf).entries)
      if (entry.node !== null) add(entry.node, node);
  }
  return new Map([...users].map(([iommu, nodes]) => [iommu, [...nodes]]));
}
