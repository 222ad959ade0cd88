import { describe, expect, test } from 'vitest';
import { apply, base } from '../../src/linux/index.ts';
import { designOf, kernels, newestKernel, threadKernel } from '../../src/series/index.ts';
import { UsageError } from '../../src/util/index.ts';

test('every kernel is found by its name, and no two have one name', () => {
  const names = kernels.map(({ design }) => design.name);
  expect(new Set(names).size).toBe(names.length);
  for (const { design } of kernels) expect(designOf(design.name)).toBe(design);
});

test('the thread is about v6.7-rc1', () => {
  expect(threadKernel).toBe('v6.7-rc1');
  expect(designOf(threadKernel)).toBe(base);
});

test('the newest kernel is one of them', () => {
  expect(designOf(newestKernel).name).toBe(newestKernel);
});

test.each(['', 'v6.7-rc2', 'V6.7', 'constructor', '__proto__'])('%j is no kernel', (name) => {
  expect(() => designOf(name)).toThrow(UsageError);
});

describe('a patch', () => {
  const { of_iommu_xlate } = base.functions;

  test('replaces what it names, and leaves the rest and the base alone', () => {
    const design = apply('patched', base, { subject: 's', replaces: { of_iommu_configure } });
    function* of_iommu_configure() {
      return null;
    }
    expect(design.name).toBe('patched');
    expect(design.functions.of_iommu_configure).toBe(of_iommu_configure);
    expect(design.functions.of_iommu_xlate).toBe(of_iommu_xlate);
    expect(base.functions.of_iommu_configure).not.toBe(of_iommu_configure);
    expect(base.name).toBe('v6.7-rc1');
  });

  test('on top of another wins', () => {
    const answering = (answer: null) =>
      function* () {
        return answer;
      };
    const [first, second] = [answering(null), answering(null)];
    const patches = [first, second].map((of_iommu_configure) => ({
      subject: 's',
      replaces: { of_iommu_configure },
    }));
    expect(apply('two', base, ...patches).functions.of_iommu_configure).toBe(second);
  });

  test('changes the operations of a driver', () => {
    const design = apply('patched', base, {
      subject: 's',
      drivers: ({ 'virtio-iommu': ops }) => ({ 'virtio-iommu': { ...ops, text: 'new' } }),
    });
    expect(design.drivers['virtio-iommu'].text).toBe('new');
    expect(design.drivers['arm-smmu']).toBe(base.drivers['arm-smmu']);
    expect(base.drivers['virtio-iommu'].text).toBe('viommu_ops');
  });

  function* nothing() {
    return 0;
  }

  test('moves a function into a header: what it removes, it can add', () => {
    const design = apply('patched', base, {
      subject: 's',
      removes: ['iommu_fwspec_free'],
      addsInline: { iommu_fwspec_free: nothing },
    });
    expect('iommu_fwspec_free' in design.functions).toBe(false);
    expect(design.inlines.iommu_fwspec_free).toBe(nothing);
  });

  test.each<[string, object, RegExp]>([
    ['replace what is not there', { replaces: { no_such_function: nothing } }, /no_such_function/],
    ['change what is not there', { changes: { no_such_function: nothing } }, /no_such_function/],
    ['remove what is not there', { removes: ['no_such_function'] }, /no_such_function/],
    ['add what is there', { adds: { of_iommu_xlate: nothing } }, /of_iommu_xlate/],
    ['add inline what is there', { addsInline: { of_iommu_xlate: nothing } }, /of_iommu_xlate/],
  ])('that would %s does not apply, and says so', (_what, patch, says) => {
    expect(() => apply('patched', base, { subject: 'the patch', ...patch })).toThrow(says);
    expect(() => apply('patched', base, { subject: 'the patch', ...patch })).toThrow(/the patch/);
  });
});
