// The chain from a device to its unit: captured machines, offsets read off their tables.
import { expect, test } from 'vitest';
import { explain, kconfigFor } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { machineOf } from '../capture/packed-captures.ts';

function stepsFor(capture: string, device: string) {
  const machine = machineOf(capture);
  const config = kconfigFor(machine, { kconfig: {}, cmdline: 'intel_iommu=on' });
  return explain(machine, device, designOf('v7.3'), config).steps;
}

test.each<[capture: string, device: string, text: string, offset: number]>([
  [
    'x86-vtd-p2p-k6.12',
    '0000:03:04.0',
    'its scope for the bridge from bus 0x0 by 05.0 is 0000:00:05.0, a bridge above it',
    0x58,
  ],
  [
    'x86-dmar-path2-k6.1',
    '0000:02:00.0',
    'its scope for the endpoint from bus 0x0 by 02.1 and 00.0 is the function itself',
    0x48,
  ],
  [
    'x86-dmar-path2-bus-k6.1',
    '0000:02:00.0',
    'its scope for the endpoint from bus 0x2 by 00.0 is the function itself',
    0x48,
  ],
  [
    'x86-dmar-includeall-k7.3',
    '0000:03:00.0',
    'INCLUDE_PCI_ALL: dmar0 has every function of segment 0 that no other unit names',
    0x34,
  ],
])('%s: what puts %s behind its unit', (capture, device, text, offset) => {
  const steps = stepsFor(capture, device);
  expect(steps.filter(({ what }) => what === 'description')).toMatchObject([
    { text: 'DMAR: dmar0 of segment 0, registers at 0xfed90000', table: 'DMAR', offset: 0x30 },
  ]);
  expect(steps.filter(({ what }) => what === 'map')).toMatchObject([
    { text, table: 'DMAR', offset, failed: false },
  ]);
  expect(steps.some(({ failed }) => failed)).toBe(false);
});

test.each<[capture: string, device: string, text: string]>([
  [
    'x86-vtd-pxb-bypass-k6.12',
    '0000:40:00.0',
    'it is not in the scope of dmar0, nor is a bridge above it, and none has what is left',
  ],
  ['x86-dmar-seg1-k7.3', '0000:00:02.0', 'DMAR has no unit for segment 0'],
  [
    'x86-dmar-explicit-k6.1',
    '0000:03:00.0',
    'Linux uses no unit of DMAR: 0000:00:02.0: the scope at 0x48 has the type of an endpoint, which the function is not',
  ],
  ['x86-dmar-empty-k7.3', '0000:03:00.0', 'Linux uses no unit of DMAR: it lists no unit'],
])('%s: why %s is behind no unit', (capture, device, text) => {
  const failed = stepsFor(capture, device).filter((step) => step.failed);
  expect(failed).toMatchObject([{ what: 'map', text }]);
});
