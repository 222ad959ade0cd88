import { expect, test } from 'vitest';
import { explore, type Task } from '../../../src/explore/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { labIn } from '../../linux/lab.ts';
import { one } from './lab.ts';

test.each([
  [15, []],
  [16, ['lockdep']],
])('after %i, making dev->iommu with no lock held is told as %j', (n, kinds) => {
  const { bugs } = explore({
    name: 'get',
    setup(world) {
      const { k, addAll, client } = labIn(world, one, { design: designOf(`fwspec-v2/${n}`) });
      addAll();
      function* body(): Task {
        yield* k.dev_iommu_get(client());
      }
      return { tasks: [{ name: 'get', body }] };
    },
  });
  expect(bugs.map(({ kind }) => kind)).toEqual(kinds);
});
