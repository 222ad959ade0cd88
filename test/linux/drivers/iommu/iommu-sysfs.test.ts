// The name "iommu" in sysfs, wanted twice by one device: drivers/iommu/iommu-sysfs.c
import { describe, expect, test } from 'vitest';
import { designOf } from '../../../../src/series/index.ts';
import { inLab, type Lab, type Plan } from '../../lab.ts';

const plan: Plan = { iommus: ['arm-smmu'], clients: [[[0, 1]], [[0, 2]]] };
const kernels = ['v6.1', 'v6.7-rc1', 'v6.7', 'v6.8', 'v6.12', 'v6.15', 'v6.16', 'v7.3'] as const;

/** The first client is an IOMMU itself, and has registered. */
function withDirectory(kernel: string, body: (lab: Lab) => void): void {
  inLab(
    plan,
    (lab) => {
      lab.client(0).sysfs_iommu = 'directory';
      body(lab);
    },
    { design: designOf(kernel) },
  );
}

const grouped = ({ client }: Lab): boolean[] =>
  [client(0), client(1)].map((dev) => dev.iommu_group.value !== null);

describe('a device that is an IOMMU, and comes to be behind another one later', () => {
  test.each(kernels)('%s: does so without a link in v6.1, and fails alone since', (kernel) => {
    withDirectory(kernel, (lab) => {
      const { addAll, bind, client, iommu } = lab;
      addAll();
      // Since v6.15 one that is there already fails the registration.
      const whole = ['v6.15', 'v6.16', 'v7.3'].includes(kernel);
      expect(bind(iommu())).toBe(!whole);
      bind(client(0));
      bind(client(1));
      expect(grouped(lab)).toEqual(whole ? [false, false] : [kernel === 'v6.1', true]);
      expect(client(0).sysfs_iommu).toBe('directory');
    });
  });

  test.each(kernels)(
    '%s: one that is added once its IOMMU is there takes nobody along',
    (kernel) => {
      withDirectory(kernel, (lab) => {
        const { k, run, bind, client, iommu } = lab;
        run(() => k.device_add(iommu()));
        expect(bind(iommu())).toBe(true);
        for (const dev of [client(0), client(1)]) {
          run(() => k.device_add(dev));
          bind(dev);
        }
        expect(grouped(lab)).toEqual([kernel === 'v6.1', true]);
      });
    },
  );
});
