// What drivers make of devices that firmware puts behind their IOMMUs: not translated, or not served.

import { type FdtNode, propertyOf, u32Of } from '../../../firmware/index.ts';
import { IOMMU_DOMAIN_IDENTITY, isOneOf, qcomV7_3 } from '../../../linux/index.ts';
import { few } from '../../../util/index.ts';
import type { Finding } from '../../inspection.ts';
import { usersOf } from '../boot.ts';
import { type Judged, offsetOf } from '../judged.ts';

/** Rules about what single drivers expect. */
export function vendorFindings(judged: Judged): Finding[] {
  return [
    ...[...judged.enabled].flatMap((node) => cellsOf(judged, node)),
    ...leftToFirmware(judged),
    ...leftOut(judged),
    ...mainIpmmus(judged),
  ];
}

/** Where it is not one count: a mask is written or not, or an ID that nobody reads. */
const severalCounts: Readonly<Record<string, readonly number[]>> = {
  'arm-smmu': [1, 2],
  'omap-iommu': [0, 1],
};

function cellsOf({ driverOf }: Judged, node: FdtNode): Finding[] {
  const driver = driverOf(node);
  const cells = u32Of(node, '#iommu-cells');
  // An SMMUv3 has a rule of its own, as its driver asks by itself.
  if (driver === null || cells === null || driver.name === 'arm-smmu-v3') return [];
  const counts = severalCounts[driver.name] ?? [driver.cells];
  if (counts.includes(cells)) return [];
  const wanted = counts.join(' or ');
  return [
    {
      rule: 'cells-driver',
      severity: 'error',
      node: node.path,
      property: '#iommu-cells',
      offset: offsetOf(node, '#iommu-cells'),
      message: `${driver.name} wants ${wanted} cell${wanted === '1' ? '' : 's'} behind the phandle, #iommu-cells is ${cells}`,
      help: `write #iommu-cells = <${driver.cells}>, and as many cells at each of its users`,
    },
  ];
}

/** Clients of Qualcomm's SMMUs for which the driver wants no translation by default. */
function leftToFirmware({ machine, boot }: Judged): Finding[] {
  return machine.devices.flatMap((of): Finding[] => {
    const dev = boot.devices.get(of);
    const smmu = dev?.iommu.value?.iommu_dev.value?.dev.of_node ?? null;
    const domain = dev?.iommu_group.value?.default_domain.value;
    if (of.of_node === null || domain?.type !== IOMMU_DOMAIN_IDENTITY) return [];
    if (!isOneOf(of.of_node, qcomV7_3.clients) || !isOneOf(smmu, qcomV7_3.smmus)) return [];
    return [
      {
        rule: 'qcom-identity',
        severity: 'note',
        node: of.of_node.path,
        property: 'compatible',
        offset: offsetOf(of.of_node, 'compatible'),
        message: 'arm-smmu gives it an identity domain: its DMA is not translated by default',
        help: 'nothing is to be done: its driver sets up the translation that it wants',
      },
    ];
  });
}

/** One finding for each list that leaves devices out. */
function leftOut(judged: Judged): Finding[] {
  const { machine, boot, driverOf } = judged;
  const devices = new Map(
    machine.devices.flatMap((of) => (of.of_node === null ? [] : [[of.of_node, of] as const])),
  );
  const byReason = new Map<string, { iommu: FdtNode; users: Set<string> }>();
  for (const [iommu, users] of usersOf(judged)) {
    const leavesOut = judged.enabled.has(iommu) ? driverOf(iommu)?.leavesOut : undefined;
    if (leavesOut === undefined) continue;
    for (const user of users) {
      const of = devices.get(user);
      const dev = of === undefined ? undefined : boot.devices.get(of);
      // What is below a host bridge is asked for by itself.
      if (dev === undefined || propertyOf(user, 'iommus') === undefined) continue;
      const why = leavesOut(dev, iommu);
      if (why === null) continue;
      const known = byReason.get(why);
      if (known === undefined) byReason.set(why, { iommu, users: new Set([user.path]) });
      else known.users.add(user.path);
    }
  }
  return [...byReason].map(([why, { iommu, users }]) => ({
    rule: 'ipmmu-allowlist',
    severity: 'warning',
    node: iommu.path,
    property: 'compatible',
    offset: offsetOf(iommu, 'compatible'),
    message: `${why}: ${few([...users])} work${users.size === 1 ? 's' : ''} without translation`,
    help: 'do not count on the IOMMU for them, or have them added to the driver’s list',
    devices: [...users],
  }));
}

/** Main units of IPMMUs: others hand on to them, and no device names them. */
function mainIpmmus(judged: Judged): Finding[] {
  const users = usersOf(judged);
  return [...judged.enabled].flatMap((node): Finding[] => {
    if (judged.driverOf(node)?.name !== 'ipmmu-vmsa') return [];
    if (users.has(node) || propertyOf(node, 'renesas,ipmmu-main') !== undefined) return [];
    return [
      {
        rule: 'ipmmu-main',
        severity: 'note',
        node: node.path,
        property: null,
        offset: node.offset,
        message: 'nobody names it, nor does it name another: it counts as the main unit',
        help: 'leave the main unit so; give any other renesas,ipmmu-main',
      },
    ];
  });
}
