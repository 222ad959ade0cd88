// Any text in place of what a captured machine said: an answer or one clear error.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseKconfig } from '../../../src/machine/capture/kconfig-file.ts';
import { hardwareInLog } from '../../../src/machine/firmware/kernel-log.ts';
import { parseCapture } from '../../../src/machine/index.ts';
import { FormatError } from '../../../src/util/index.ts';
import { answersOf } from './packed-captures.ts';

function attempt(text: string): void {
  try {
    parseCapture(text);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    expect(error.line).toMatch(/: expected .*, found /);
  }
}

const answers = answersOf('dtb-late-smmu-timeout3-k7.3');

describe('the answers of a kernel', () => {
  test('any text', () => {
    fc.assert(fc.property(fc.string(), attempt));
  });

  test('any JSON', () => {
    fc.assert(fc.property(fc.json(), attempt));
  });

  test('cut off anywhere', () => {
    for (let size = 0; size < answers.length; size += 53) attempt(answers.slice(0, size));
  });

  test.each<[string, object, RegExp]>([
    ['a time that is none', { guest_uptime_at_final: 'soon' }, /at_final: .*number, found "soon"/],
    ['a step without a time', { steps: ['load e1000e'] }, /steps: expected a number, found "load"/],
    ['a kernel that is none', { kernel: '-1.x' }, /kernel: expected a release.*"-1\.x"/],
    [
      'a device twice',
      { devices: [0, 1].map(() => ({ name: 'x', bus: 'pci' })) },
      /devices: expected each device once, found "x" again/,
    ],
    [
      'a group that every object has',
      { devices: [{ name: 'x', bus: 'pci', group: '__proto__' }] },
      /groups\.__proto__: expected an object, found nothing/,
    ],
  ])('%s', (_what, wrong, says) => {
    const text = JSON.stringify({ ...JSON.parse(answers), ...wrong });
    expect(() => parseCapture(text)).toThrow(says);
  });

  test('text that ends too early says where', () => {
    expect(() => parseCapture('{"a": 1')).toThrow(/JSON, found something else from character 7 on/);
    expect(() => parseCapture('')).toThrow(/expected JSON, found nothing/);
  });

  test('a time of a call that is an object is taken for none', () => {
    const call = { fn: 'of_iommu_configure', dev: 'x', t: { toString: null } };
    attempt(JSON.stringify({ ...JSON.parse(answers), configure_calls: [call] }));
  });

  test('any value in place of any', () => {
    const keys = Object.keys(JSON.parse(answers));
    fc.assert(
      fc.property(fc.constantFrom(...keys), fc.jsonValue(), (key, value) => {
        attempt(JSON.stringify({ ...JSON.parse(answers), [key]: value }));
      }),
    );
  });

  test('any value in place of any deep inside', () => {
    const lists = ['devices', 'deferred', 'configure_calls', 'steps', 'modules_loaded'];
    const places = fc.tuple(fc.constantFrom(...lists), fc.nat(5), fc.option(fc.string()));
    fc.assert(
      fc.property(places, fc.jsonValue(), ([list, index, key], value) => {
        const root = JSON.parse(answers);
        const inner = root[list]?.[index];
        const isObject = typeof inner === 'object' && inner !== null;
        if (isObject) inner[key ?? Object.keys(inner)[0] ?? 'name'] = value;
        else root[list] = [value];
        attempt(JSON.stringify(root));
      }),
    );
  });
});

describe('any text is', () => {
  const lines = fc.array(
    fc.oneof(
      fc.string(),
      fc.stringMatching(/^CONFIG_[A-Z]{1,4}=[ymn]$/),
      fc.stringMatching(/^\[ {0,3}[0-9]\.[0-9]{1,6}\] arm-smmu(-v3)? 9050000\.smmuv3: .{0,40}$/),
    ),
    { maxLength: 12 },
  );

  test('a configuration', () => {
    fc.assert(fc.property(lines, (all) => void parseKconfig(all.join('\n'))));
  });

  test('a kernel log', () => {
    fc.assert(fc.property(lines, (all) => void hardwareInLog(all)));
  });
});
