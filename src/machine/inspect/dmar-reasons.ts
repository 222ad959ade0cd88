// Why a device is behind no unit of DMAR.

import { type device, unitWith } from '../../linux/index.ts';
import type { Boot } from '../boot/boot.ts';

/** The test that failed. */
export function dmarReason({ k }: Boot, dev: device): string {
  if (k.units === null) return 'the kernel has no driver for the units of DMAR';
  if (k.dmar === null || typeof k.dmar === 'string')
    return `Linux uses no unit of DMAR: ${k.dmar ?? 'it has not been read'}`;
  const found = unitWith(k.dmar, dev);
  if (found === null) {
    const what = dev.pci === null ? 'its object' : 'it or a bridge above it';
    return `no unit of DMAR has ${what} in its scope`;
  }
  return `Linux leaves its unit dmar${found.unit.seq_id} alone: ${whyIgnored(found.unit)}`;
}

/** Translation cannot be had, or nobody wants it. */
export function whyIgnored({ registers, devices }: Ignored): string {
  if (registers !== null && (registers.cap & 0x1f00n) === 0n)
    return 'its registers say that it supports no address width';
  return devices.length === 0
    ? 'none of the devices in its scope exists'
    : 'it is for graphics alone, which are not to be translated';
}

type Ignored = Pick<NonNullable<ReturnType<typeof unitWith>>['unit'], 'registers' | 'devices'>;
