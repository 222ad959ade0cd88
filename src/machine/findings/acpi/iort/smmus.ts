// Rules about IORT: SMMUs, their registers, interrupts and messages, and where they are in the machine.

import {
  type Acpi,
  type IortNode,
  type IortSmmuV3,
  sratDomains,
} from '../../../../firmware/index.ts';
import { deviceIdIndexOf } from '../../../../linux/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { JudgedTables } from '../tables.ts';
import { isSingle } from './mappings.ts';
import { type Report, reported } from './report.ts';

type Smmu = Extract<IortNode, { readonly type: 'smmu' | 'smmu-v3' }>;

export function iortSmmuFindings({ acpi, boot }: JudgedTables): Finding[] {
  const smmus = (acpi.iort?.nodes ?? []).filter(
    (node) => node.type === 'smmu' || node.type === 'smmu-v3',
  );
  return reported((report) => {
    registers(smmus, report);
    const domains = domainsOf(acpi);
    for (const node of smmus) {
      const most = node.type === 'smmu' ? 5 : 2;
      if (node.model > most)
        report('iort-smmu-model', node, `model ${node.model} is not known`, `use 0 to ${most}`);
      if (node.type === 'smmu') interrupts(node, report);
      else {
        deviceId(node, deviceIdIndexOf(node, boot.k.design.release), report);
        proximity(node, domains, report);
      }
    }
  });
}

const alignment = 0x1_0000n;

/** Two pages of 64 KiB, but for Cavium's. */
function sizeOf(node: Smmu): bigint {
  if (node.type === 'smmu') return node.span;
  return node.model === 2 ? alignment : 2n * alignment;
}

function registers(smmus: readonly Smmu[], report: Report): void {
  const placed = smmus.filter(({ base_address }) => base_address !== 0n);
  const inOrder = placed.toSorted((a, b) =>
    a.base_address === b.base_address
      ? a.offset - b.offset
      : a.base_address < b.base_address
        ? -1
        : 1,
  );
  const wrong = new Map<Smmu, string>();
  let before: Smmu | null = null;
  for (const node of inOrder) {
    const base = node.base_address;
    if (before !== null && base < before.base_address + sizeOf(before)) {
      const [other, later] = before.offset < node.offset ? [before, node] : [node, before];
      const what = `the SMMU at ${hex(other.offset)} has registers at ${hex(other.base_address)}`;
      wrong.set(later, base === before.base_address ? 'another SMMU is there' : what);
    }
    if (before === null || base + sizeOf(node) > before.base_address + sizeOf(before))
      before = node;
  }
  for (const node of smmus) {
    const base = node.base_address;
    const isOdd = base === 0n || base % alignment !== 0n;
    const what = wrong.get(node) ?? (isOdd ? 'no SMMU can be there' : null);
    if (what !== null) {
      const message = `registers at ${hex(base)}: ${what}, and Linux may lose all SMMUs that follow`;
      report('iort-smmu-dup-base', node, message, 'give each SMMU the address of its registers');
    } else if (sizeOf(node) === 0n) {
      const message = `registers of 0 bytes at ${hex(base)}: the driver of Linux cannot map them`;
      const help = 'write the size of the registers';
      report('iort-smmu-dup-base', { offset: node.offset + 24 }, message, help);
    }
  }
}

function interrupts(node: Extract<Smmu, { readonly type: 'smmu' }>, report: Report): void {
  if (node.context_interrupts.length === 0) {
    const message = 'there is no context interrupt: the driver of Linux refuses the SMMU';
    report('iort-smmu-no-context-irq', node, message, 'list the interrupts of its contexts');
  }
  if (node.global_interrupts.length === 0) {
    const message =
      'there is no place for the global interrupts: Linux takes the header of the node';
    const help = 'list the interrupts for faults and for the configuration';
    report('iort-smmu-no-context-irq', { offset: node.offset + 40 }, message, help);
  }
}

/** How it sends its own messages: by one of its mappings. */
function deviceId(node: IortSmmuV3, index: number | null, report: Report): void {
  const { mappings } = node;
  if (mappings.length === 0) return;
  if (index === null) {
    const single = mappings.find(isSingle);
    if (single === undefined) return;
    const message = 'a single mapping, and none of the SMMU gives its DeviceID: Linux ignores it';
    const help =
      node.revision >= 5
        ? 'set the flag that says that the DeviceID index is valid'
        : 'leave the mapping out, or let the SMMU send messages in place of wired interrupts';
    report('iort-index-valid', single, message, help);
    return;
  }
  const map = mappings[index];
  if (map === undefined) {
    const message = `mapping ${index} is to give the DeviceID, and there are ${mappings.length}`;
    report('iort-index-range', node, message, 'let the index mean a mapping');
    return;
  }
  if (!isSingle(map)) {
    const message = `mapping ${index} is taken for the one that gives the DeviceID, and is a range`;
    report('iort-index-valid', map, message, 'let the index mean a single mapping');
  }
  for (const other of mappings) {
    if (other === map || !isSingle(other)) continue;
    const message = `a single mapping beside mapping ${index}, which gives the DeviceID: Linux ignores this one`;
    report('iort-single-not-allowed', other, message, 'write a range of one ID');
  }
}

/** As many nodes as Linux can be built for. */
const mostDomains = 1024;

/** The proximity domains that something of the machine is in; null where no SRAT is there. */
function domainsOf({ tables }: Acpi): ReadonlySet<number> | null {
  const srat = tables.find(({ header }) => header.signature === 'SRAT');
  return srat === undefined ? null : sratDomains(srat);
}

const hasDomain = 8;

function proximity(node: IortSmmuV3, domains: ReadonlySet<number> | null, report: Report): void {
  const { proximity_domain: domain, node_flags } = node;
  if ((node_flags & hasDomain) === 0) return;
  const isKnown = domains === null ? domain < mostDomains : domains.has(domain);
  if (isKnown) return;
  const message =
    domains === null
      ? `no NUMA node of Linux is proximity domain ${domain}`
      : `SRAT has no processor and no memory in proximity domain ${domain}`;
  const at = { offset: node.offset + 60 };
  report('iort-smmu-pxm', at, message, 'name a proximity domain of SRAT, or clear the flag');
}
