// How people call a device, in every command that takes one.
import { describe, expect, test } from 'vitest';
import { deviceNamed, devicesNamed } from '../../src/machine/index.ts';
import { node, prop } from '../firmware/fdt-builder.ts';
import { machineOf } from './packed-captures.ts';
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
