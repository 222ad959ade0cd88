// How people call a device, in every command that takes one.
import { describe, expect, test } from 'vitest';
import { parseAnnotated } from '../../src/firmware/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { deviceNamed, devicesNamed, explain, inspect } from '../../src/machine/index.ts';
import { designOf } from '../../src/series/index.ts';
import { be32, node, prop } from '../firmware/fdt-builder.ts';
import { machineOf } from './capture/packed-captures.ts';
import { machineOf as built, compatible, reg64 } from './trees.ts';

const x86 = machineOf('x86-vtd-p2p-k7.3');
const path = (text: string) => new TextEncoder().encode(`${text}\0`);

const board = built([
  node(
    'soc',
    [compatible('simple-bus')],
    [
      node('usb@1000', [compatible('vendor,usb'), reg64(0x1000, 0x1000)]),
      node(
        'off@2000',
        [compatible('vendor,usb'), prop('status', path('disabled'))],
        [node('port', [compatible('vendor,port')])],
      ),
      node(
        'i2c@3000',
        [compatible('vendor,i2c'), reg64(0x3000, 0x1000)],
        [node('codec@1a', [compatible('vendor,codec')])],
      ),
      node('plain@4000', [reg64(0x4000, 0x1000)]),
    ],
  ),
  node('__symbols__', [prop('usb_host', path('/soc/usb@1000'))]),
  node('aliases', [prop('usb0', path('/soc/usb@1000'))]),
]);

test.each([
  ['the name of the kernel', '0000:03:03.0'],
  ['an address in domain 0', '03:03.0'],
  ['an address with fewer digits', '3:3.0'],
  ['a path of sysfs', '/sys/bus/pci/devices/0000:03:03.0'],
  ['a path that ends in a slash', '/sys/devices/pci0000:00/0000:00:05.0/0000:03:03.0/'],
])('%s', (_what, name) => {
  expect(deviceNamed(x86, name).name).toBe('0000:03:03.0');
});

describe('vendor and device', () => {
  test('of one function', () => {
    expect(deviceNamed(x86, '8086:2918').name).toBe('0000:00:1f.0');
  });

  test('of several: all of them, and an error that lists them where one is wanted', () => {
    const all = ['0000:01:01.0', '0000:01:02.0', '0000:03:03.0'];
    expect(devicesNamed(x86, '8086:100E').map(({ name }) => name)).toEqual(all);
    expect(() => deviceNamed(x86, '8086:100e')).toThrow(
      expect.objectContaining({
        code: 'cli/ambiguous-device',
        hint: `say which: ${all.join(', ')}`,
      }),
    );
  });

  test('of virtual functions, which have it from their physical one', () => {
    const machine = machineOf('x86-amdvi-sriov-k7.3');
    expect(devicesNamed(machine, '8086:10ca').map(({ name }) => name)).toContain('0000:01:10.0');
  });

  test('an address of none: near functions, and nothing else', () => {
    const functions = /^near names: (?:[\da-f]{4}:[\da-f]{2}:[\da-f]{2}\.\d(?:, |$)){4}$/;
    expect(() => deviceNamed(x86, '99:00.0')).toThrow(
      expect.objectContaining({ hint: expect.stringMatching(functions) }),
    );
  });

  test('of none: near ones', () => {
    expect(() => deviceNamed(x86, '8086:100f')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('8086:100e') }),
    );
  });
});

test.each(['/soc/usb@1000', '/soc//usb@1000/', 'usb_host', '&usb_host', 'usb0', 'soc:usb@1000'])(
  'a device of the devicetree by %s',
  (name) => {
    expect(deviceNamed(board, name).of_node?.path).toBe('/soc/usb@1000');
  },
);

test.each([
  ['/soc/off@2000', 'it has status "disabled"'],
  ['/soc/off@2000/port', '/soc/off@2000 above it has status "disabled"'],
  ['/soc/i2c@3000/codec@1a', '/soc/i2c@3000 above it, vendor,i2c, is no bus that Linux enters'],
  [
    'soc:i2c@3000:codec@1a',
    '/soc/i2c@3000/codec@1a is no device: /soc/i2c@3000 above it, vendor,i2c',
  ],
  ['/soc/plain@4000', 'it has no compatible'],
  ['/aliases', 'it has no compatible'],
])('%s makes no device: the reason', (name, reason) => {
  expect(() => deviceNamed(board, name)).toThrow(
    expect.objectContaining({
      code: 'cli/no-device',
      message: expect.stringContaining(reason),
    }),
  );
});

test('a path that no node has is answered with near paths, a label with labels', () => {
  const hint = (name: string): string => {
    try {
      deviceNamed(board, name);
    } catch (error) {
      return String((error as { hint?: unknown }).hint);
    }
    return '';
  };
  expect(hint('/soc/usb@1001')).toMatch(/near names: \/soc\/usb@1000/);
  expect(hint('&usb_hosts')).toMatch(/near names: &usb_host/);
});

describe('a tree whose source is known', () => {
  const lines = parseAnnotated(
    '/ { /* b.dts:1 */\n\tsoc { /* b.dts:2 */\n\t\thost: usb@1000 { /* b.dts:5 */\n\t\t\tiommus = <9>; /* b.dts:7 */\n\t\t};\n\t};\n};\n',
  );
  const machine = built([
    node(
      'soc',
      [compatible('simple-bus')],
      [node('usb@1000', [compatible('vendor,usb'), prop('iommus', be32(9))])],
    ),
  ]);
  const known = {
    ...machine,
    sources: new Map([['devicetree', { file: 'b.dts', bytes: new Uint8Array(), lines }]]),
  };

  test('has its labels', () => {
    expect(deviceNamed(known, '&host').of_node?.path).toBe('/soc/usb@1000');
  });

  test('has findings and links of explanations with their lines', () => {
    const design = designOf('v7.3');
    const { findings } = inspect(known, design, defaultKconfig);
    expect(findings.length).toBeGreaterThan(0);
    for (const finding of findings) expect(finding).toMatchObject({ file: 'b.dts', line: 7 });
    const { steps } = explain(known, '&host', design, defaultKconfig);
    expect(steps.find(({ what }) => what === 'device')).toMatchObject({ file: 'b.dts', line: 5 });
  });

  test('and none where it is not known', () => {
    for (const finding of inspect(machine, designOf('v7.3'), defaultKconfig).findings)
      expect(finding).not.toHaveProperty('line');
  });
});
