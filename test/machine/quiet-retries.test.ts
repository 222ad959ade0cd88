import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { apply, type Design, type device, type kernel } from '../../src/linux/index.ts';
import { inspect, kconfigFor, type Machine } from '../../src/machine/index.ts';
import { inspectJson } from '../../src/report/index.ts';
import { designOf } from '../../src/series/index.ts';
import { drivers, waiting } from '../growth/drivers.ts';
import { filesOf } from '../growth/growing.ts';
import { trees } from '../growth/trees.ts';
import { machineOfFiles } from '../input/node-tools.ts';

/** IOMMUs come last, and their clients wait. */
const kconfig = { tristates: 'CONFIG_ARM_SMMU,CONFIG_ARM_SMMU_V3,CONFIG_APPLE_DART' };

function inspected(machine: Machine, design: Design) {
  const options = { cmdline: null, kconfig };
  return inspectJson(inspect(machine, design, kconfigFor(machine, options, design)), design.name);
}

/** How often a driver is offered a device, or it is set aside, while a machine of this size boots. */
async function tries(given: Design, n: number): Promise<number> {
  let count = 0;
  const { driver_probe_device, driver_deferred_probe_add } = given.functions;
  const design = apply(given.name, given, {
    subject: 'count tries',
    replaces: {
      *driver_probe_device(k, drv, dev) {
        count++;
        return yield* driver_probe_device(k, drv, dev);
      },
      *driver_deferred_probe_add(k, dev) {
        count++;
        yield* driver_deferred_probe_add(k, dev);
      },
    },
  });
  inspected(await machineOfFiles(filesOf(waiting(n))), design);
  return count;
}

/** The kernel, with everybody who waits being tried again for each device that binds. */
function restless(kernel: string): Design {
  const given = designOf(kernel);
  const { driver_bound } = given.functions;
  return apply(kernel, given, {
    subject: 'let go of a device without a driver, which changes nothing and wakes all',
    replaces: {
      *driver_bound(k: kernel, dev: device) {
        const free = k.devices().find((other) => other !== dev && other.driver.value === null);
        if (free !== undefined) yield* k.__device_release_driver(free);
        yield* driver_bound(k, dev);
      },
    },
  });
}

const folder = new URL('../fixtures/dtb/', import.meta.url);
const shipped = readdirSync(folder).filter((name) => name.endsWith('.dtb'));

/** Machines of several hundred functions are left out: they take long, and none of them waits. */
const machines: readonly (readonly [string, () => ReadonlyMap<string, Uint8Array>])[] = [
  ...[...trees, ...drivers].flatMap(({ name, make, ask }) => {
    const input = make(8);
    const isSmall = ask === undefined && (input.pci?.size ?? 0) < 100;
    return isSmall ? [[name, () => filesOf(input)] as const] : [];
  }),
  ...shipped.map(
    (name) => [name, () => new Map([[name, readFileSync(new URL(name, folder))]])] as const,
  ),
];

// Only since then the clients of an SMMU that cannot register wait for it.
test('four times the devices that wait and those that bind are about four times the tries', async () => {
  const few = await tries(designOf('v7.3'), 40);
  expect(await tries(restless('v7.3'), 40)).toBeGreaterThan(few * 6);
  expect(await tries(designOf('v7.3'), 160)).toBeLessThan(few * 6);
});

test.each(['v6.1', 'v6.12', 'v7.3'])(
  '%s: a machine boots as it does when all who wait are tried again each time',
  async (kernel) => {
    const quiet = designOf(kernel);
    const loud = restless(kernel);
    for (const [name, files] of machines) {
      const machine = await machineOfFiles(files());
      expect(inspected(machine, quiet), name).toEqual(inspected(machine, loud));
    }
  },
);
