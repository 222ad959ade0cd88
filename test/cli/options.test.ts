// What the command line says, without running anything. cli.test.ts has the same as a child process.
import { describe, expect, test } from 'vitest';
import { readOptions } from '../../src/cli/arguments/checked.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { kconfigWords } from '../../src/machine/index.ts';
import { UsageError } from '../../src/util/index.ts';

function refusal(argv: readonly string[]): UsageError {
  try {
    readOptions(argv);
  } catch (error) {
    if (error instanceof UsageError) return error;
    throw error;
  }
  throw new Error('accepted');
}

test.each<[string, string[], RegExp]>([
  ['an unknown option', ['list', '--frobnicate'], /--frobnicate/],
  ['an unknown short option', ['list', '-x'], /-x/],
  ['an option without its value', ['check', 'x', '--kernel'], /--kernel/],
  ['an option for a value', ['check', 'x', '--kernel', '--json'], /--kernel/],
  ['a value for a switch', ['check', 'x', '--json=yes'], /--json/],
  ['an unknown kind of bug', ['check', 'x', '--ignore', 'x'], /--ignore.*"x"/],
  ['an unknown colour', ['check', 'x', '--color', 'x'], /--color.*"x"/],
  ['an unknown kernel option', ['check', 'x', '--kconfig', 'X=y'], /no option CONFIG_X/],
  ['a kernel option of all objects', ['check', 'x', '--kconfig', 'toString=y'], /CONFIG_toString/],
  [
    'a kernel option that is none of Kconfig',
    ['check', 'x', '--kconfig', 'iommu_strict=y'],
    /no option/,
  ],
  [
    'what is no module',
    ['check', 'x', '--kconfig', 'MODULES=m'],
    /=y or MODULES=n, not "MODULES=m"/,
  ],
  ['what is neither', ['check', 'x', '--kconfig', 'ARM_SMMU=x'], /=y or ARM_SMMU=m or ARM_SMMU=n/],
  ['a kernel option without a value', ['check', 'x', '--kconfig', 'MODULES'], /"MODULES"/],
  [
    'no truth on the command line',
    ['check', 'x', '--cmdline', 'quiet iommu.strict=2'],
    /iommu\.strict=2/,
  ],
  [
    'half a word on the command line',
    ['check', 'x', '--cmdline', 'iommu.passthrough'],
    /passthrough/,
  ],
  ['a limit of 0', ['check', 'x', '--max-executions', '0'], /--max-executions.*"0"/],
  ['a limit below 0', ['check', 'x', '--max-executions=-1'], /"-1"/],
  ['a limit of 1.5', ['check', 'x', '--max-executions', '1.5'], /"1\.5"/],
  ['a limit of 1e3', ['check', 'x', '--max-executions', '1e3'], /"1e3"/],
  ['a limit that is empty', ['check', 'x', '--max-executions', ''], /""/],
  ['a limit beyond exact numbers', ['check', 'x', '--max-executions', '9'.repeat(16)], /999/],
  ['a time that is none', ['check', 'x', '--max-seconds', 'x'], /--max-seconds/],
])('%s is a usage error of one line', (_what, argv, says) => {
  const { message, code } = refusal(argv);
  expect(message).toMatch(says);
  expect(message).not.toContain('\n');
  expect(code).toMatch(/^cli\/[a-z-]+$/);
});

test('an unknown bus is answered with the buses, once', () => {
  const { message, hint } = refusal(['explore', 'x', '--bus', 'usb']);
  expect(message).toBe('--bus takes platform, amba, pci, fsl-mc, cdx, not "usb"');
  expect(hint).toBeNull();
});

test('what a command is missing is answered with where there are examples', () => {
  expect(refusal(['explain', 'm.dtb']).hint).toMatch(
    /^usage: fwspec explain <machine> <device>.*fwspec help explain/,
  );
});

describe('--kconfig', () => {
  test.each([
    [['--kconfig', 'MODULES=n'], { CONFIG_MODULES: false }],
    [['--kconfig', 'CONFIG_MODULES=n'], { CONFIG_MODULES: false }],
    [['--kconfig', 'MODULES=n,ARM_SMMU=n'], { CONFIG_MODULES: false, CONFIG_ARM_SMMU: false }],
    [
      ['--kconfig', 'MODULES=n', '--kconfig', 'ARM_SMMU=n'],
      { CONFIG_MODULES: false, CONFIG_ARM_SMMU: false },
    ],
    [['--kconfig', 'MODULES=n', '--kconfig', 'MODULES=y'], {}],
  ])('%j', (argv, changes) => {
    expect(readOptions(['check', 'x', ...argv]).config).toEqual({ ...defaultKconfig, ...changes });
  });
});

test.each([['MODULES=n'], ['ARM_SMMU=m'], ['ARM_SMMU=y', 'MODULES=n', 'ARM_SMMU_V3=m']])(
  'what was asked of a kernel is what is told: %j',
  (...words) => {
    const { asked } = readOptions(['check', 'x', '--kconfig', words.join(',')]);
    expect(kconfigWords(asked)).toEqual(words);
  },
);

describe('--cmdline', () => {
  test.each<[string, Partial<typeof defaultKconfig>]>([
    ['', {}],
    ['console=ttyS0 quiet', {}],
    ['iommu.passthrough=1', { iommu_passthrough: true }],
    ['iommu.passthrough=0', { iommu_passthrough: false }],
    ['iommu.strict=off', { iommu_strict: false }],
    ['quiet  iommu.passthrough=Y iommu.strict=1', { iommu_passthrough: true, iommu_strict: true }],
    [
      'pci=noaer,disable_acs_redir=00:02.0;pci:8086:0 pci=config_acs=10x@pci:0:0',
      { pci_disable_acs_redir: '00:02.0;pci:8086:0', pci_config_acs: '10x@pci:0:0' },
    ],
    [
      'initcall_blacklist=foo,arm_smmu_driver_init',
      { CONFIG_ARM_SMMU: false, CONFIG_ARM_SMMU_V3: false },
    ],
    ['iommu.strict=1 iommu.strict=0', { iommu_strict: false }],
  ])('%j', (text, changes) => {
    const { config } = readOptions(['check', 'x', '--cmdline', text]);
    expect(config).toEqual({ ...defaultKconfig, ...changes });
  });
});

test('the first word is the command, the others are its operands, wherever they stand', () => {
  const { command, operands, json } = readOptions(['--json', 'explore', '--quiet', '--', '-y']);
  expect([command, operands, json]).toEqual(['explore', ['-y'], true]);
});

test('standard input is an operand', () => {
  expect(readOptions(['inspect', '-']).operands).toEqual(['-']);
});

test.each([
  [['--kernels', 'v6.12,v7.3']],
  [['--kernels', 'v6.12', '--kernels', 'v7.3']],
  [['--kernels=v6.12', '--kernels=v7.3']],
])('a list may come in parts: %j', (argv) => {
  expect(readOptions(['compare', ...argv]).kernels).toEqual(['v6.12', 'v7.3']);
});

test('where a list ends too early it is said what a list is', () => {
  const { message, hint } = refusal(['compare', '--kernels', 'v6.12', 'v7.3']);
  expect(message).toBe('compare does not take "v7.3"');
  expect(hint).toBe('--kernels takes names with commas between: A,B');
});
