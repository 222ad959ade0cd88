import { expect, it } from 'vitest';
import { defaultKconfig } from '../../src/linux/index.ts';
import { inspect } from '../../src/machine/index.ts';
import { designOf, newestKernel } from '../../src/series/index.ts';
import { type Node, node, prop } from '../firmware/fdt-builder.ts';
import { compatible, machineOf } from './trees.ts';

/** Buses without addresses, below one another. */
function buses(depth: number): Node {
  const names = Array.from({ length: depth }, (_, i) => `a-bus-with-a-rather-long-name-${i}`);
  const device = node('device-at-the-end', [compatible('x,y')]);
  return names.reduceRight(
    (inner, name) => node(name, [compatible('simple-bus'), prop('ranges')], [inner]),
    device,
  );
}

it('a path in sysfs is told with both its ends where nobody can open it', () => {
  const { devices } = inspect(machineOf([buses(40)]), designOf(newestKernel), defaultKconfig);
  const paths = devices.map(({ path }) => path);
  expect(paths.length).toBeGreaterThanOrEqual(41);
  for (const path of paths) expect(path.length).toBeLessThan(4096);
  expect(paths.at(-1)).toMatch(/^devices\/platform\/.*\.\.\..*device-at-the-end$/);
});
