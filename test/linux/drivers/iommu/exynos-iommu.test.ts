// drivers/iommu/exynos-iommu.c
import { expect, test } from 'vitest';
import { ENODEV } from '../../../../src/linux/index.ts';
import { endStateOf } from '../../../../src/machine/index.ts';
import { inLab, type Lab, missing, type Specifier } from '../../lab.ts';

function behind(specifiers: readonly Specifier[], body: (lab: Lab) => void): void {
  const plan = {
    iommus: ['exynos-sysmmu', 'exynos-sysmmu'],
    cells: 0,
    clients: [specifiers],
  } as const;
  inLab(plan, (lab) => {
    lab.addAll();
    body(lab);
  });
}

function sysmmus({ client }: Lab): string[] {
  return endStateOf(client()).attachments.map(({ instance }) => instance.dev.name);
}

test.each<[string, Specifier[], number[]]>([
  ['a master may have one SYSMMU', [[1]], [1]],
  ['or two', [[1], [0]], [1, 0]],
  ['naming one twice counts once', [[0], [1], [0]], [0, 1]],
])('%s', (_guarantee, specifiers, expected) => {
  behind(specifiers, (lab) => {
    for (const i of [0, 1]) lab.bind(lab.iommu(i));
    lab.bind(lab.client());
    expect(sysmmus(lab)).toEqual(expected.map((i) => lab.iommu(i).name));
    expect(lab.client().iommu_group.value).not.toBeNull();
    expect(lab.client().dma_ops.value).toBe('iommu_dma_ops');
  });
});

test('a SYSMMU that is on the list and not set up is -ENODEV', () => {
  behind([[0]], ({ k, run, iommu, client }) => {
    run(() => k.iommu_device_register(k.instanceOf(iommu()), k.opsOf('exynos-sysmmu')));
    expect(run(() => k.parseIommus(client(), client().dma_node ?? missing(), null))).toBe(-ENODEV);
  });
});

test('without an owner probing is -ENODEV', () => {
  behind([[0]], ({ k, run, bind, iommu, client }) => {
    bind(iommu());
    expect(run(() => k.iommu_probe_device(client()))).toBe(-ENODEV);
  });
});

test('of two SYSMMUs of which the second has not registered, the next walk takes the first alone', () => {
  behind([[0], [1]], (lab) => {
    lab.bind(lab.iommu(0));
    expect(lab.bind(lab.client())).toBe(true);
    expect(lab.client().iommu_group.value).toBeNull();
    lab.bind(lab.iommu(1));
    expect(sysmmus(lab)).toEqual([lab.iommu(0).name]);
    expect(lab.client().dma_ops.value).toBeNull();
  });
});
