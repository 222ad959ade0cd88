// What every kernel understands of a command line; facts of kernel/params.c and lib/kstrtox.c.
import { describe, expect, test } from 'vitest';
import { defaultKconfig, malformedOption, withCommandLine } from '../../src/linux/index.ts';

function passthrough(cmdline: string): boolean | null {
  return withCommandLine(cmdline, defaultKconfig).iommu_passthrough;
}

describe('a truth value', () => {
  test.each<[cmdline: string, expected: boolean | null]>([
    ['iommu.passthrough=1', true],
    ['iommu.passthrough=Yes', true],
    ['iommu.passthrough=on', true],
    ['iommu.passthrough=0', false],
    ['iommu.passthrough=N', false],
    ['iommu.passthrough=off', false],
    ['iommu.passthrough=1 iommu.passthrough=0', false],
    ['iommu.passthrough=1 -- iommu.passthrough=0', true],
    ['iommu.passthrough', null],
    ['iommu.passthrough=o', null],
    ['iommu.passthrough=1 iommu.passthrough=2', true],
  ])('%s', (cmdline, expected) => {
    expect(passthrough(cmdline)).toBe(expected);
  });
});

test('hyphens and low lines are the same in names', () => {
  const { deferred_probe_timeout } = withCommandLine('deferred-probe-timeout=3', defaultKconfig);
  expect(deferred_probe_timeout).toBe(3);
});

test('who types a command line hears of a value that Linux passes over', () => {
  expect(malformedOption('quiet iommu.strict=2 iommu.passthrough=1')).toBe('iommu.strict=2');
  expect(malformedOption('iommu.strict=1 some.strict=2')).toBeNull();
});
