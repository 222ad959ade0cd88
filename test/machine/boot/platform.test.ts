import { describe, expect, test } from 'vitest';
import { be32, node, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, machineOf, namesOf, reg64 } from '../trees.ts';

const oneCell = [prop('#address-cells', be32(1)), prop('#size-cells', be32(1))];

function ranges(from: number, to: number, size: number) {
  return prop('ranges', be32(from, 0, to, size));
}

describe('names of platform devices', () => {
  test('have the physical address, also below a bus that moves it', () => {
    const machine = machineOf([
      node('uart@9000000', [compatible('a,uart'), reg64(0x9000000)]),
      node('far@4010000000', [compatible('a,far'), reg64(0x40_1000_0000)]),
      node(
        'soc',
        [compatible('simple-bus'), ...oneCell, ranges(0x1000, 0xf0000000, 0x1000)],
        [node('dma@1800', [compatible('a,dma'), prop('reg', be32(0x1800, 0x100))])],
      ),
    ]);
    expect(machine.devices.map(({ path }) => path)).toEqual([
      'devices/platform/9000000.uart',
      'devices/platform/4010000000.far',
      'devices/platform/soc',
      'devices/platform/soc/f0000800.dma',
    ]);
  });

  test('without an address go up to the first parent that has one', () => {
    const leaf = node('phy', [compatible('a,phy')]);
    const machine = machineOf([
      node('soc', [compatible('simple-bus')], [leaf]),
      node('syscon@a0000', [compatible('a,syscon', 'simple-mfd'), reg64(0xa0000)], [leaf]),
    ]);
    expect(namesOf(machine)).toEqual(['soc', 'soc:phy', 'a0000.syscon', 'a0000.syscon:phy']);
  });

  test('use no address outside the ranges of a bus, or below a bus without sizes', () => {
    const child = node('dma@1800', [compatible('a,dma'), prop('reg', be32(0x1800, 0x100))]);
    const sizeless = [prop('#address-cells', be32(1)), prop('#size-cells', be32(0))];
    const machine = machineOf([
      node('one', [compatible('simple-bus'), ...oneCell, ranges(0, 0, 0x1800)], [child]),
      node('two', [compatible('simple-bus'), ...oneCell], [child]),
      node(
        'three',
        [compatible('simple-bus'), ...sizeless, prop('ranges')],
        [node('leaf@1', [compatible('a,leaf'), prop('reg', be32(1))])],
      ),
    ]);
    expect(namesOf(machine)).toEqual([
      'one',
      'one:dma@1800',
      'two',
      'two:dma@1800',
      'three',
      'three:leaf@1',
    ]);
  });

  test('inherit the cell counts of the ancestors when the bus has none', () => {
    const machine = machineOf([
      node(
        'soc',
        [compatible('simple-bus'), prop('ranges')],
        [node('uart@9000000', [compatible('a,uart'), reg64(0x9000000)])],
      ),
    ]);
    expect(namesOf(machine)).toEqual(['soc', '9000000.uart']);
  });

  test('tell devices with one register apart by the lowest bit of their mask', () => {
    const machine = machineOf([
      node('reset@100', [compatible('a,reset'), reg64(0x100), prop('mask', be32(0x30))]),
    ]);
    expect(namesOf(machine)).toEqual(['100.4.reset']);
  });
});

describe('platform devices', () => {
  test('are made of available nodes with a compatible string', () => {
    const machine = machineOf([
      node('memory@0', [prop('device_type', text('memory')), reg64(0)]),
      node('off', [compatible('a,off'), prop('status', text('disabled'))]),
      node('reserved', [compatible('a,reserved'), prop('status', text('reserved'))]),
      node('on', [compatible('a,on'), prop('status', text('okay'))]),
    ]);
    expect(namesOf(machine)).toEqual(['on']);
  });

  test('do not include the children of a node that is no bus, or is disabled', () => {
    const child = node('child', [compatible('a,child')]);
    const machine = machineOf([
      node('i2c', [compatible('a,i2c')], [child]),
      node('soc', [compatible('simple-bus'), prop('status', text('disabled'))], [child]),
    ]);
    expect(namesOf(machine)).toEqual(['i2c']);
  });

  test('do not include what the kernel set up early, or tables of operating points', () => {
    const machine = machineOf([
      node('intc@1000', [compatible('arm,gic-v3'), prop('interrupt-controller'), reg64(0x1000)]),
      node('gic-without-property', [compatible('arm,gic-v3')]),
      node('gpio', [compatible('a,gpio'), prop('interrupt-controller')]),
      node('clk', [compatible('fixed-clock')]),
      node('opp-table', [compatible('operating-points-v2')]),
    ]);
    expect(namesOf(machine)).toEqual(['gic-without-property', 'gpio']);
  });

  test('are AMBA devices when they are primecells with an address', () => {
    const machine = machineOf([
      node('dma@1000', [compatible('arm,pl330', 'arm,primecell'), reg64(0x1000)]),
      node('lost', [compatible('arm,pl330', 'arm,primecell')]),
    ]);
    expect(machine.devices.map(({ name, bus, path }) => [name, bus, path])).toEqual([
      ['1000.dma', 'amba', 'devices/platform/1000.dma'],
    ]);
    expect(machine.notes).toEqual(['/lost: no AMBA device, because it has no usable address']);
  });

  test('come with reserved memory and firmware first, wherever those are in the tree', () => {
    const cells = [prop('#address-cells', be32(2)), prop('#size-cells', be32(2)), prop('ranges')];
    const inner = node('inner', [compatible('a,inner')]);
    const machine = machineOf([
      node('timer', [compatible('a,timer')]),
      node('chosen', cells, [
        node('framebuffer@5000', [compatible('simple-framebuffer'), reg64(0x5000)]),
      ]),
      node(
        'firmware',
        [compatible('simple-bus')],
        [node('scmi', [compatible('arm,scmi', 'simple-bus')], [inner])],
      ),
      node('reserved-memory', cells, [
        node('pool@6000', [compatible('shared-dma-pool'), reg64(0x6000)]),
        node('ramoops@7000', [compatible('ramoops'), reg64(0x7000)]),
      ]),
    ]);
    expect(namesOf(machine)).toEqual([
      '7000.ramoops',
      'firmware:scmi',
      '5000.framebuffer',
      'timer',
    ]);
  });

  test('that would have the name of another one are left out, with a note', () => {
    const machine = machineOf([
      node('uart@1000', [compatible('a,uart'), reg64(0x1000)]),
      node('uart@1001', [compatible('b,uart'), reg64(0x1000)]),
    ]);
    expect(namesOf(machine)).toEqual(['1000.uart']);
    expect(machine.notes).toEqual([
      '/uart@1001: no device, because another one has the name 1000.uart',
    ]);
  });
});
