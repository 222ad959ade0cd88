// The command line that a boot loader leaves in the devicetree.
import { expect, test } from 'vitest';
import { parseFdt } from '../../src/firmware/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { kconfigFor, machineFromDevicetree } from '../../src/machine/index.ts';
import { blob, node, prop, text } from '../firmware/fdt-builder.ts';

function passthrough(bootargs: string, cmdline: string | null): boolean | null {
  const chosen = node('chosen', [prop('bootargs', text(bootargs))]);
  const tree = blob(node('', [], [chosen]));
  const machine = machineFromDevicetree(parseFdt(tree), new Map());
  return kconfigFor(machine, { kconfig: {}, cmdline }).iommu_passthrough;
}

test('/chosen/bootargs is the command line of the kernel', () => {
  expect(passthrough('quiet iommu.passthrough=1', null)).toBe(true);
  expect(passthrough('quiet', null)).toBe(defaultKconfig.iommu_passthrough);
});

test('a command line that somebody types replaces it', () => {
  expect(passthrough('iommu.passthrough=1', 'iommu.passthrough=0')).toBe(false);
  expect(passthrough('iommu.passthrough=1', '')).toBeNull();
});

test('what Linux would not understand in it changes nothing', () => {
  expect(passthrough('iommu.passthrough=perhaps \x1b[31m', null)).toBeNull();
});
