// The shape of the device that a scenario is about: its bus, its IOMMUs, and which specifier goes to which.
import { type ClientBus, clientBuses } from '../world/index.ts';

/** What describes a machine. */
export const linuxFirmwares = ['devicetree', 'iort', 'viot'] as const;

export interface LinuxShape {
  readonly bus: ClientBus;
  readonly firmware: (typeof linuxFirmwares)[number];
  /** `#iommu-cells` of each IOMMU. */
  readonly cells: readonly number[];
  /** In firmware's order; on PCI there is one for each requester ID. */
  readonly specifiers: readonly {
    /** Which of the IOMMUs. */
    readonly iommu: number;
    readonly args: readonly number[];
  }[];
}

/** No shape has more of anything. */
const most = 16;

/** `pci.devicetree.1+1.0=1+1=2`: the bus, what describes it, the cells of its IOMMUs, and its specifiers. */
export function shapeToken({ bus, firmware, cells, specifiers }: LinuxShape): string {
  const list = specifiers.map(({ iommu, args }) => [iommu, ...args].join('='));
  return [bus, firmware, cells.join('+'), list.join('+')].join('.');
}

/** The shape that a part of a token says; null where that is none. */
export function readShape(text: string): LinuxShape | null {
  const [word, table, cells, list, ...more] = text.split('.');
  const bus = clientBuses.find((known) => known === word);
  const firmware = linuxFirmwares.find((known) => known === table);
  if (bus === undefined || firmware === undefined || more.length > 0) return null;
  const read = {
    cells: (cells ?? '').split('+').map((of) => numberOf(of, most)),
    specifiers: (list ?? '')
      .split('+')
      .map((of) => of.split('=').map((arg) => numberOf(arg, 0xffff_ffff))),
  };
  if ([...read.cells, ...read.specifiers.flat()].some(Number.isNaN)) return null;
  const shape = {
    bus,
    firmware,
    cells: read.cells,
    specifiers: read.specifiers.map(([iommu = 0, ...args]) => ({ iommu, args })),
  };
  return lacks(shape) === null ? shape : null;
}

function numberOf(text: string, largest: number): number {
  const value = /^\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
  return value <= largest ? value : Number.NaN;
}

/** What there is not under a kernel's own C; null where all is there. */
export function lacks({ bus, firmware, cells, specifiers }: LinuxShape): string | null {
  if (Math.max(cells.length, specifiers.length) > most) return `more than ${most} of anything`;
  if (specifiers.some(({ iommu }) => iommu >= cells.length)) return 'a specifier of no IOMMU';
  if (firmware !== 'devicetree' && bus !== 'platform') return `${bus} in ${firmware}`;
  if (firmware === 'viot' && specifiers.length > 1) return 'two endpoints of one device in viot';
  if (
    specifiers.some(
      ({ iommu, args }) => args.length !== (firmware === 'devicetree' ? cells[iommu] : 1),
    )
  )
    return 'specifiers of another length than #iommu-cells says';
  if (bus === 'pci' && cells.some((count) => count !== 1))
    return 'an iommu-map to IOMMUs whose #iommu-cells is not 1';
  return null;
}
