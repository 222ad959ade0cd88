// From a device to the unit of DMAR that has it in its scope.

import type { DmarDrhd, DmarScope } from '../../firmware/index.ts';
import { type device, type dmar_drhd_unit, type pci_dev, unitWith } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import { whyIgnored } from '../inspect/dmar-reasons.ts';
import type { Described } from './devicetree.ts';
import { atTable, type Chain, type Place } from './explanation.ts';

/** A unit up to its scopes, and a scope up to its path. */
const drhdSize = 16;
const scopeSize = 6;
const stepSize = 2;

/** The unit, the scope that names the device, and whether Linux uses it. */
export function addDmar(chain: Chain, { k, dev }: Described): void {
  if (k.dmar === null || typeof k.dmar === 'string') {
    const why = k.dmar ?? 'the kernel has no driver for them';
    chain.fail('map', `Linux uses no unit of DMAR: ${why}`);
    return;
  }
  const found = unitWith(k.dmar, dev);
  if (found === null) {
    chain.fail('map', nowhere(k.dmar, dev), atFirst(k.dmar));
    return;
  }
  const { unit, by } = found;
  const name = `dmar${unit.seq_id}`;
  const { segment, base_address } = unit.hdr;
  const registers = `${name} of segment ${segment}, registers at ${hex(base_address)}`;
  chain.add('description', `DMAR: ${registers}`, atDrhd(unit.hdr));
  if (by === null) {
    const all = `INCLUDE_PCI_ALL: ${name} has every function of segment ${segment} that no other unit names`;
    chain.add('map', all, atTable('DMAR', 'flags of the unit', unit.hdr.offset + 4, 1));
  } else chain.add('map', `${pathText(by.scope)} ${whose(dev, by.dev)}`, atScope(by.scope));
  if (unit.ignored) chain.fail('iommu', `Linux leaves ${name} alone: ${whyIgnored(unit)}`);
}

function nowhere(units: readonly dmar_drhd_unit[], { pci }: device): string {
  if (pci === null) return 'no unit has its object in its scope';
  const { segment } = pci;
  const here = units.filter(({ hdr }) => hdr.segment === segment);
  if (here.length === 0) return `DMAR has no unit for segment ${segment}`;
  const names = here.map(({ seq_id }) => `dmar${seq_id}`).join(', ');
  return `it is not in the scope of ${names}, nor is a bridge above it, and none has what is left`;
}

/** `from bus 0x0 by 03.0 and 00.0`, the steps that a scope has. */
function pathText({ start_bus, path, type }: DmarScope): string {
  const steps = path.map((step) => `${twoDigits(step.device)}.${step.function}`);
  const kind = type === 'namespace' ? 'object' : type === 'pci-bridge' ? 'bridge' : 'endpoint';
  return `its scope for the ${kind} from bus ${hex(start_bus)} by ${steps.join(' and ')}`;
}

function twoDigits(value: number): string {
  return value.toString(16).padStart(2, '0');
}

function whose({ pci }: device, named: pci_dev | { readonly path: string }): string {
  if ('path' in named) return `is ${named.path}`;
  if (named === pci) return 'is the function itself';
  const name = named.dev?.name ?? '';
  if (named === pci?.real_dma_dev) return `is ${name}, which does its DMA`;
  return named === pci?.physfn
    ? `is ${name}, which a virtual function goes by`
    : `is ${name}, a bridge above it`;
}

function atDrhd({ offset }: DmarDrhd): Place {
  return atTable('DMAR', 'unit', offset, drhdSize);
}

function atFirst(units: readonly dmar_drhd_unit[]): Place | null {
  const [first] = units.toSorted((a, b) => a.hdr.offset - b.hdr.offset);
  return first === undefined ? null : atDrhd(first.hdr);
}

function atScope({ offset, path }: DmarScope): Place {
  return atTable('DMAR', 'device scope', offset, scopeSize + stepSize * path.length);
}
