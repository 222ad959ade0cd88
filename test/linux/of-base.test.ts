// drivers/of/base.c
import { describe, expect, test } from 'vitest';
import { sequentially } from '../../src/explore/index.ts';
import type { FdtNode } from '../../src/firmware/index.ts';
import {
  base,
  type Design,
  defaultKconfig,
  type device,
  EFAULT,
  EINVAL,
  ENODEV,
  type kernel,
  mapIommuId,
  of_parse_phandle_with_args,
} from '../../src/linux/index.ts';
import { buildKernel } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, type Prop, prop } from '../firmware/fdt-builder.ts';
import { compatible, machineOf, phandle, reg64 } from '../machine/trees.ts';
import { missing } from './lab.ts';

/**
 * Read properties of a device, in a tree with targets by phandle: 1 and 2 with so many cells, 3 with
 * none, 4 with 0 and 5 with 17.
 */
function reading<T>(
  props: readonly Prop[],
  read: (k: kernel, dev: device, np: FdtNode) => T,
  design: Design = base,
): T {
  const iommu = (index: number, cells: number | null) =>
    node(`iommu@${index}000`, [
      compatible('arm,smmu-v3'),
      reg64(index * 0x1000),
      phandle(index),
      ...(cells === null ? [] : [prop('#iommu-cells', be32(cells))]),
    ]);
  const machine = machineOf([
    ...[1, 2, null, 0, 17].map((cells, i) => iommu(i + 1, cells)),
    node('dev@9000', [compatible('test,client'), reg64(0x9000), ...props]),
  ]);
  return sequentially((world) => {
    const { k, devices } = buildKernel(world, design, defaultKconfig, machine);
    const dev = [...devices.values()].find(({ name }) => name === '9000.dev') ?? missing();
    return read(k, dev, dev.of_node ?? missing());
  });
}

const targets = ['/iommu@1000', '/iommu@2000', '/iommu@3000', '/iommu@4000'] as const;

/** What `of_map_id()` makes of an ID: an error, or the path of the target and the IDs there. */
function mappedIn(
  design: Design,
  id: number,
  map: readonly number[] | Uint8Array | null,
  mask?: number,
): unknown {
  const bytes = map === null || map instanceof Uint8Array ? map : be32(...map);
  const props = [
    ...(bytes === null ? [] : [prop('iommu-map', bytes)]),
    ...(mask === undefined ? [] : [prop('iommu-map-mask', be32(mask))]),
  ];
  const read = (k: kernel, dev: device, np: FdtNode): unknown => {
    const found = mapIommuId(k, dev, np, id);
    return 'error' in found ? found.error : [found.target?.path ?? null, ...found.args];
  };
  return reading(props, read, design);
}

describe('of_map_id', () => {
  const mapped = (id: number, map: readonly number[] | Uint8Array | null, mask?: number): unknown =>
    mappedIn(base, id, map, mask);

  test('without the property it is -ENODEV', () => {
    expect(mapped(0, null)).toBe(-ENODEV);
  });

  test.each([0, 4, 15, 17, 20])('a map of %i bytes is -EINVAL', (length) => {
    expect(mapped(0, new Uint8Array(length))).toBe(-EINVAL);
  });

  test.each([
    [0x10, targets[0], 0x100],
    [0x11, targets[0], 0x101],
    [0x1f, targets[0], 0x10f],
    // One before and one behind what the entry covers: success, and no target.
    [0x0f, null, 0x0f],
    [0x20, null, 0x20],
  ])('an entry covers its length and no more: ID 0x%x', (id, target, output) => {
    expect(mapped(id, [0x10, 1, 0x100, 0x10])).toEqual([target, output]);
  });

  test('the first entry that covers the ID wins', () => {
    const map = [0, 1, 0x100, 8, 0, 2, 0x200, 16];
    expect(mapped(7, map)).toEqual([targets[0], 0x107]);
    expect(mapped(8, map)).toEqual([targets[1], 0x208]);
  });

  test('an entry of length 0 covers nothing', () => {
    expect(mapped(5, [5, 1, 0, 0])).toEqual([null, 5]);
  });

  test('an entry whose end does not fit 32 bits covers nothing', () => {
    expect(mapped(0xffff_fff5, [0xffff_fff0, 1, 0, 0x20])).toEqual([null, 0xffff_fff5]);
  });

  test('the output ID is a 32-bit number', () => {
    expect(mapped(2, [0, 1, 0xffff_ffff, 4])).toEqual([targets[0], 1]);
  });

  test('the mask is applied before the map', () => {
    expect(mapped(0x1234, [0x34, 1, 0, 1], 0xff)).toEqual([targets[0], 0]);
    expect(mapped(0x1234, [0, 1, 9, 1], 0)).toEqual([targets[0], 9]);
  });

  test('a base outside the mask is -EFAULT, when the search gets there', () => {
    expect(mapped(0, [0x110, 1, 0, 1], 0xff)).toBe(-EFAULT);
    expect(mapped(0, [0x110, 1, 0, 1, 0, 1, 0, 1], 0xff)).toBe(-EFAULT);
    expect(mapped(0, [0, 1, 0, 1, 0x110, 1, 0, 1], 0xff)).toEqual([targets[0], 0]);
  });

  test('an unknown phandle is -ENODEV, in the entry that matches only', () => {
    expect(mapped(0, [0, 99, 0, 1])).toBe(-ENODEV);
    expect(mapped(5, [0, 99, 0, 1, 5, 1, 0, 1])).toEqual([targets[0], 0]);
    expect(mapped(0, [0, 0, 0, 1])).toBe(-ENODEV);
  });
});

describe('of_map_id of v7.3, which respects the cells of each target', () => {
  const mapped = (id: number, map: readonly number[] | Uint8Array | null, mask?: number): unknown =>
    mappedIn(designOf('v7.3'), id, map, mask);

  test('without the property it is -ENODEV', () => {
    expect(mapped(0, null)).toBe(-ENODEV);
  });

  test('an empty map maps nothing', () => {
    expect(mapped(7, [])).toEqual([null, 7]);
  });

  test.each([1, 15, 17])('a map of %i bytes is -EINVAL', (length) => {
    expect(mapped(0, new Uint8Array(length))).toBe(-EINVAL);
  });

  test('an incomplete entry at the end is -EINVAL for an ID that no entry before it covers', () => {
    const map = [0, 1, 0x100, 8];
    expect(mapped(7, [...map, 8])).toEqual([targets[0], 0x107]);
    expect(mapped(8, [...map, 8])).toBe(-EINVAL);
    expect(mapped(8, [...map, 8, 1, 0x200])).toBe(-EINVAL);
    expect(mapped(8, [8, 1, 0x200])).toBe(-EINVAL);
  });

  test('entries for targets with different cells stand in one map', () => {
    const map = [8, 1, 0x11, 1, 9, 2, 0x22, 0x7f80, 1, 10, 4, 1, 11, 1, 0x33, 4];
    expect(mapped(8, map)).toEqual([targets[0], 0x11]);
    expect(mapped(9, map)).toEqual([targets[1], 0x22, 0x7f80]);
    expect(mapped(10, map)).toEqual([targets[3]]);
    expect(mapped(13, map)).toEqual([targets[0], 0x35]);
    expect(mapped(15, map)).toEqual([null, 15]);
  });

  test('a range of several IDs needs one output cell, where an ID in it is asked for', () => {
    const map = [0, 2, 0, 0, 8, 8, 2, 0x22, 0, 1];
    expect(mapped(3, map)).toBe(-EINVAL);
    expect(mapped(8, map)).toEqual([targets[1], 0x22, 0]);
  });

  test('4-cell entries of length 1 for one 2-cell target are read as of old', () => {
    const map = [8, 2, 0x11, 1, 9, 2, 0x22, 1];
    expect(mapped(9, map)).toEqual([targets[1], 0x22]);
    expect(mapped(10, map)).toEqual([null, 10]);
  });

  test.each([
    ['a longer range', [8, 2, 0x11, 1, 9, 2, 0x22, 2]],
    ['another target', [8, 2, 0x11, 1, 9, 1, 0x22, 1]],
    ['a single longer range', [9, 2, 0x22, 0x100]],
  ])('4-cell entries for a 2-cell target with %s are malformed', (_why, map) => {
    expect(mapped(9, map)).toBe(-EINVAL);
  });

  test('a target without #iommu-cells counts as one of one cell', () => {
    expect(mapped(9, [8, 3, 0x20, 2])).toEqual([targets[2], 0x21]);
  });

  test('more cells than an argument list can have are -EINVAL', () => {
    expect(mapped(9, [9, 5, ...new Array(17).fill(0), 1])).toBe(-EINVAL);
  });

  test('an unknown phandle is -ENODEV in any entry up to the one that matches', () => {
    expect(mapped(5, [0, 99, 0, 1, 5, 1, 0, 1])).toBe(-ENODEV);
    expect(mapped(5, [5, 1, 0, 1, 0, 99, 0, 1])).toEqual([targets[0], 0]);
  });

  test('a base outside the mask is -EFAULT, when the search gets there', () => {
    expect(mapped(0, [0x110, 1, 0, 1, 0, 1, 0, 1], 0xff)).toBe(-EFAULT);
    expect(mapped(0, [0, 1, 0, 1, 0x110, 1, 0, 1], 0xff)).toEqual([targets[0], 0]);
  });
});

describe('of_parse_phandle_with_args', () => {
  /** The specifiers that can be read one after the other. */
  function parsed(...words: readonly number[]): unknown[] {
    return reading([prop('iommus', be32(...words))], (k, dev, np) => {
      const found: unknown[] = [];
      for (let index = 0; ; index++) {
        const one = of_parse_phandle_with_args(k, dev, np, 'iommus', '#iommu-cells', index);
        if (one === null) return found;
        found.push([one.np.path, one.args]);
      }
    });
  }

  test('the provider says how many cells a specifier has', () => {
    expect(parsed(1, 7, 2, 8, 9, 1, 10)).toEqual([
      ['/iommu@1000', [7]],
      ['/iommu@2000', [8, 9]],
      ['/iommu@1000', [10]],
    ]);
  });

  test.each([
    ['an unknown phandle', [1, 7, 99, 1, 1, 8]],
    ['a phandle of 0', [1, 7, 0, 1, 8]],
    ['a specifier that is cut short', [1, 7, 2, 8]],
  ])('%s ends the list, and what stands before it counts', (_problem, words) => {
    expect(parsed(...words)).toEqual([['/iommu@1000', [7]]]);
  });

  test('without the property there is none', () => {
    const found = reading([], (k, dev, np) =>
      of_parse_phandle_with_args(k, dev, np, 'iommus', '#iommu-cells', 0),
    );
    expect(found).toBeNull();
  });
});
