// The calls, reads and writes of the boot that were about one device.

import { describeValue } from '../../explore/index.ts';
import { device, errnoName, iommu_group, pci_dev } from '../../linux/index.ts';
import { hex } from '../../util/index.ts';
import type { RecordedAccess, RecordedCall } from '../boot/record/recorder.ts';
import type { TraceLine } from './explanation.ts';

/** What happened to the device, call by call; of calls about another device, only their results. */
export function traceOf(root: RecordedCall, dev: device): TraceLine[] {
  const lines: TraceLine[] = [];
  addInside(lines, root, dev, null);
  return lines;
}

/** @param depth null as long as no call around is about the device */
function addInside(
  lines: TraceLine[],
  { steps }: RecordedCall,
  dev: device,
  depth: number | null,
): void {
  for (const step of steps) {
    if (step.kind === 'access') {
      if (depth !== null) lines.push(accessLine(step, depth));
    } else addCall(lines, step, dev, depth);
  }
}

function addCall(lines: TraceLine[], call: RecordedCall, dev: device, depth: number | null): void {
  if (call.device !== dev) {
    if (depth === null) addInside(lines, call, dev, null);
    else if (isOfLinux(call)) lines.push(callLine(call, depth));
    return;
  }
  if (!isOfLinux(call)) {
    addInside(lines, call, dev, depth);
    return;
  }
  const level = depth ?? 0;
  lines.push(callLine(call, level));
  addInside(lines, call, dev, level + 1);
}

function isOfLinux({ name }: RecordedCall): boolean {
  return name.includes('_');
}

function callLine({ name, args, result }: RecordedCall, depth: number): TraceLine {
  const shown = (args ?? []).map(argumentText).filter((text) => text !== null);
  const value = result === undefined ? '' : resultText(result);
  return { depth, op: 'call', target: `${name}(${shown.join(', ')})`, value };
}

function accessLine({ op, target, value }: RecordedAccess, depth: number): TraceLine {
  return { depth, op: op as TraceLine['op'], target, value: shortened(value) };
}

/** Lists of all devices say no more than that they are long. */
function shortened(value: string): string {
  return value.length > longest ? `${value.slice(0, longest)}...` : value;
}

const longest = 60;

/** Callbacks and lists say nothing to a reader. */
function argumentText(value: unknown): string | null {
  if (typeof value === 'function' || Array.isArray(value) || value instanceof Set) return null;
  if (typeof value === 'number') return hex(value);
  if (value instanceof device) return value.name;
  if (value instanceof pci_dev) return value.dev?.name ?? 'a bridge';
  if (typeof value !== 'object' || value === null) return describeValue(value);
  if ('np' in value && 'args' in value && Array.isArray(value.args))
    return [describeValue(value.np), ...value.args.map(hex)].join(' ');
  const text = describeValue(value);
  return text === '{...}' ? null : text;
}

function resultText(value: unknown): string {
  if (typeof value === 'number') return value < 0 ? errnoName(value) : String(value);
  if (value instanceof iommu_group) return `group ${value.id}`;
  if (typeof value === 'object' && value !== null && 'error' in value)
    return errnoName(Number(value.error));
  if (isMapped(value)) return [describeValue(value.target), ...value.args.map(hex)].join(' ');
  return shortened(describeValue(value));
}

function isMapped(value: unknown): value is { target: unknown; args: readonly number[] } {
  return typeof value === 'object' && value !== null && 'target' in value && 'args' in value;
}
