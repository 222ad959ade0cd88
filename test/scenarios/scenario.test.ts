import { expect, test } from 'vitest';
import { explore, field, read } from '../../src/explore/index.ts';
import { apply, base, defaultKconfig } from '../../src/linux/index.ts';
import { builtinShape, programOf, scenarioOf } from '../../src/scenarios/index.ts';

test('a kernel that crashes while it boots, with nothing beside it, has that bug', () => {
  const broken = apply('broken', base, {
    subject: 'follow dev->iommu of the IOMMU itself',
    replaces: {
      *iommu_device_register(k, { dev }) {
        yield* read(field(k.world, yield* read(dev.iommu), 'fwspec'));
        return 0;
      },
    },
  });
  const scenario = scenarioOf('rebind');
  const program = programOf(scenario, broken, defaultKconfig, builtinShape(scenario, null));
  const { verdict, bugs } = explore(program);
  expect(verdict).toBe('bug');
  expect(bugs.map(({ id }) => id)).toEqual(['null-deref:iommu_device_register:iommu->iommu']);
});
