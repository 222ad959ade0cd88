// Rules about IORT: whether what it says of coherency goes together.

import type { IortNamedComponent, IortNode, IortRootComplex } from '../../../../firmware/index.ts';
import { hex } from '../../../../util/index.ts';
import type { Finding } from '../../../inspection.ts';
import type { JudgedTables } from '../tables.ts';
import { isNamedInFull } from './mappings.ts';
import { type Place, type Report, reported } from './report.ts';

type Client = IortNamedComponent | IortRootComplex;

/** Bits of the memory access flags. */
const coherentPath = 1;
const coherentAttributes = 2;
const coherentAlways = 4;

export function iortCoherencyFindings({ acpi, machine }: JudgedTables): Finding[] {
  const { iort } = acpi;
  if (iort === null) return [];
  const nodes = new Map(iort.nodes.map((node) => [node.offset, node]));
  const isWhole = acpi.tables.some(({ header }) => header.signature === 'DSDT');
  const attributes = attributesOf(isWhole ? machine.devices : []);
  return reported((report) => {
    const walked = new Set<IortNode>();
    for (const node of iort.nodes) {
      if (node.type !== 'root-complex' && !(node.type === 'named-component' && isNamedInFull(node)))
        continue;
      const isSound = memory(node, report);
      if (isSound) namespace(node, attributes, report);
      if (node.memory_properties.cache_coherency !== 1) continue;
      for (const { output_reference } of node.mappings) {
        const smmu = nodes.get(output_reference);
        if (smmu?.type !== 'smmu-v3' || (smmu.node_flags & 1) !== 0 || walked.has(smmu)) continue;
        walked.add(smmu);
        const message =
          'coherent devices are behind an SMMUv3 without COHACC: Linux goes by the registers of the SMMU, and where these say the same VFIO refuses the devices';
        const help = 'set COHACC where page table walks of the SMMU are coherent';
        report('iort-cca', { offset: smmu.offset + 24 }, message, help, 'note');
      }
    }
  });
}

/** The memory access properties, which stand at another place in each type of node. */
function memory(node: Client, report: Report): boolean {
  const { cache_coherency: cca, memory_flags: flags } = node.memory_properties;
  const start = node.offset + (node.type === 'root-complex' ? 16 : 20);
  const say = (at: Place, message: string, help: string): boolean => {
    report('iort-cca', at, message, help);
    return false;
  };
  const atFlags = { offset: start + 7 };
  if (cca > 1)
    return say({ offset: start }, `cache coherency ${cca} is neither 0 nor 1`, 'write 0 or 1');
  const together = `cache coherency ${cca} does not go with memory flags ${hex(flags)}`;
  if (cca === 1 && (flags & coherentPath) === 0) {
    return say(
      atFlags,
      `${together}: a coherent device has a coherent path to memory`,
      'set CPM, or clear CCA',
    );
  }
  if (cca === 0 && (flags & coherentPath) !== 0 && (flags & coherentAttributes) !== 0) {
    return say(
      { offset: start },
      `${together}: with CPM and DACS the device is coherent`,
      'set CCA, or clear DACS',
    );
  }
  if (cca === 0 && (flags & coherentAlways) !== 0) {
    return say(
      atFlags,
      `${together}: with CANWBS all that the device does is coherent`,
      'set CCA, or clear CANWBS',
    );
  }
  return true;
}

/** What `_CCA` says, by the path of the object, or by the segment of the host bridge. */
interface Attributes {
  readonly objects: ReadonlyMap<string, boolean>;
  readonly segments: ReadonlyMap<number, boolean>;
}

function attributesOf(devices: JudgedTables['machine']['devices']): Attributes {
  const objects = new Map<string, boolean>();
  const segments = new Map<number, boolean>();
  for (const { acpi, pci } of devices) {
    const of = acpi?.dma_companion ?? null;
    if (of?.cca === undefined || of.cca === null) continue;
    if (pci === null) objects.set(of.path, of.cca);
    else if (!segments.has(pci.segment)) segments.set(pci.segment, of.cca);
  }
  return { objects, segments };
}

/** Linux believes the namespace. */
function namespace(node: Client, { objects, segments }: Attributes, report: Report): void {
  const says =
    node.type === 'root-complex'
      ? segments.get(node.pci_segment_number)
      : objects.get(node.device_name);
  const { cache_coherency } = node.memory_properties;
  if (says === undefined || says === (cache_coherency === 1)) return;
  const message = `cache coherency is ${cache_coherency}, and _CCA of the object is ${says ? 1 : 0}: Linux goes by _CCA`;
  const at = { offset: node.offset + (node.type === 'root-complex' ? 16 : 20) };
  report('iort-cca', at, message, 'say the same in both places');
}
