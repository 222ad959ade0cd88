import { describe, expect, test } from 'vitest';
import { parseFdt } from '../../src/firmware/index.ts';
import { apply, type device, type GroupList, type kernel } from '../../src/linux/index.ts';
import { inspect, kconfigFor, machineFromDevicetree } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { times } from '../growth/growing.ts';
import { client, smmu, tree } from '../growth/trees.ts';

/** SMMUs, and clients each of which names one of them: how often walks try a device, and find its group. */
function boot(kernel: string, n: number): { visits: number; joined: number } {
  const nodes = [...times(n, smmu), ...times(n, (i) => client(i, i + 1, 1))];
  const machine = machineFromDevicetree(parseFdt(tree(nodes)), new Map());
  const given = designOf(kernel);
  const { probe_iommu_group } = given.functions;
  let visits = 0;
  let joined = 0;
  const design = apply(kernel, given, {
    subject: 'count the visits of walks',
    replaces: {
      *probe_iommu_group(k: kernel, dev: device, list: GroupList) {
        visits++;
        const before = dev.iommu_group.value;
        const ret = yield* probe_iommu_group(k, dev, list);
        if (before === null && dev.iommu_group.value !== null) joined++;
        return ret;
      },
    },
  });
  inspect(machine, design, kconfigFor(machine, { cmdline: null, kconfig: {} }, design));
  return { visits, joined };
}

describe.each(['v6.12', 'v6.15', 'v7.3'])('%s', (kernel) => {
  test('four times the IOMMUs with four times the clients are about four times the visits', () => {
    const few = boot(kernel, 20);
    const many = boot(kernel, 80);
    expect(many.visits).toBeLessThan(few.visits * 6);
  });
});

// Before, a walk does not read firmware.
test.each(['v6.15', 'v7.3'])(
  '%s: the walk for the IOMMU that a client waits for finds its group',
  (kernel) => {
    expect(boot(kernel, 20).joined).toBe(20);
  },
);
