import { describe, expect, test } from 'vitest';
import {
  apply,
  type Design,
  EINVAL,
  ENODEV,
  EPROBE_DEFER,
  ERR_PTR,
  type errno,
} from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { inLab, type Lab, missing } from '../../linux/lab.ts';
import { one } from './lab.ts';

/** The first `n` patches, with tables that end in an error, or in what the devicetree says. */
function withTables(n: number, answer: errno | null): Design {
  return apply('with tables', designOf(`fwspec-v2/${n}`), {
    subject: 'made-up tables',
    replaces: {
      *parseAcpiTables(k, dev) {
        return answer ?? (yield* k.parseIommus(dev, dev.dma_node ?? missing(), null));
      },
    },
  });
}

function inTables<T>(n: number, answer: errno | null, body: (lab: Lab) => T): T {
  return inLab(
    one,
    (lab) => {
      lab.addAll();
      lab.bind(lab.iommu());
      return body(lab);
    },
    { design: withTables(n, answer) },
  );
}

function configured(n: number, answer: errno | null): unknown {
  return inTables(n, answer, ({ k, run, client }) =>
    run<unknown>(() => k.acpi_iommu_configure_id(client(), null)),
  );
}

describe('acpi_iommu_configure_id()', () => {
  test.each([
    ['nothing found', -ENODEV, null, -ENODEV],
    ['not registered yet', -EPROBE_DEFER, ERR_PTR(-EPROBE_DEFER), -EPROBE_DEFER],
    ['any other error, unlike what the devicetree path answers', -EINVAL, null, -ENODEV],
  ])('%s', (_name, answer, before, after) => {
    expect(configured(3, answer)).toEqual(before);
    expect(configured(4, answer)).toBe(after);
  });

  test('a device that gets its IOMMU gets 0, also when it asks again', () => {
    const twice = (n: number): unknown[] =>
      inTables(n, null, ({ k, run, client }) => {
        const ask = (): unknown => run<unknown>(() => k.acpi_iommu_configure_id(client(), null));
        return [ask(), ask()];
      });
    expect(twice(3)).toMatchObject([{ driver: 'virtio-iommu' }, { driver: 'virtio-iommu' }]);
    expect(twice(4)).toEqual([0, 0]);
  });
});

test.each([0, 1, 3, 4])('after %i, only deferral reaches the driver core', (n) => {
  const dma = (answer: errno | null): readonly [errno, string | null] =>
    inTables(n, answer, ({ k, run, client }) => [
      run(() => k.acpi_dma_configure_id(client(), 'coherent', null)),
      client().dma_ops.value,
    ]);
  expect(dma(null)).toEqual([0, 'iommu_dma_ops']);
  expect(dma(-EPROBE_DEFER)).toEqual([-EPROBE_DEFER, null]);
  expect(dma(-EINVAL)).toEqual([0, null]);
});

test.each([
  [0, null],
  [1, 'iommu_dma_ops'],
  [4, 'iommu_dma_ops'],
])('a device in a group whose configure fails: after %i, %s', (n, ops) => {
  inTables(n, -EINVAL, ({ k, run, client }) => {
    run(() => k.parseIommus(client(), client().dma_node ?? missing(), null));
    run(() => k.iommu_probe_device(client()));
    run(() => k.iommu_fwspec_free(client()));
    run(() => k.acpi_dma_configure_id(client(), 'coherent', null));
    expect(client().dma_ops.value).toBe(ops);
  });
});
