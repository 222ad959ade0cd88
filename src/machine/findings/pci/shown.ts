import type { pci_dev } from '../../../linux/index.ts';
import type { Finding } from '../../inspection.ts';
import type { MachineDevice, PciFunction } from '../../machine.ts';

/** A function whose configuration space is known, and what the kernel made of it. */
export interface Shown {
  readonly name: string;
  readonly of: MachineDevice;
  readonly pci: PciFunction;
  readonly config: NonNullable<PciFunction['config']>;
  readonly pdev: pci_dev;
}

export type Report = (
  rule: string,
  at: Shown,
  offset: number,
  message: string,
  help: string,
  severity?: Finding['severity'],
) => void;
