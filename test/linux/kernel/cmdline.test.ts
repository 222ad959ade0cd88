// What every kernel understands of a command line; facts of kernel/params.c and lib/kstrtox.c.
import { describe, expect, test } from 'vitest';
import {
  base,
  defaultKconfig,
  malformedOption,
  withCommandLine,
} from '../../../src/linux/index.ts';
import { designOf } from '../../../src/series/index.ts';

function passthrough(cmdline: string): boolean | null {
  return withCommandLine(cmdline, defaultKconfig).iommu_passthrough;
}

describe('a truth value', () => {
  test.each<[cmdline: string, expected: boolean | null]>([
    ['iommu.passthrough=1', true],
    ['iommu.passthrough=Yes', true],
    ['iommu.passthrough=on', true],
    ['iommu.passthrough=0', false],
    ['iommu.passthrough=N', false],
    ['iommu.passthrough=off', false],
    ['iommu.passthrough=1 iommu.passthrough=0', false],
    ['iommu.passthrough=1 -- iommu.passthrough=0', true],
    ['iommu.passthrough', null],
    ['iommu.passthrough=o', null],
    ['iommu.passthrough=1 iommu.passthrough=2', true],
  ])('%s', (cmdline, expected) => {
    expect(passthrough(cmdline)).toBe(expected);
  });
});

test('hyphens and low lines are the same in names', () => {
  const { deferred_probe_timeout } = withCommandLine('deferred-probe-timeout=3', defaultKconfig);
  expect(deferred_probe_timeout).toBe(3);
});

test('who types a command line hears of a value that Linux passes over', () => {
  const malformed = (text: string) => malformedOption(text, base.release);
  expect(malformed('quiet iommu.strict=2 iommu.passthrough=1')).toBe('iommu.strict=2');
  expect(malformed('iommu.strict=1 some.strict=2')).toBeNull();
});

test('only the newest kernels know enabled and disabled', () => {
  const says = (kernel: string, word: string) =>
    withCommandLine(`iommu.strict=${word}`, defaultKconfig, designOf(kernel).release).iommu_strict;
  expect(['v6.1', 'v6.12', 'v7.3'].map((kernel) => says(kernel, 'enabled'))).toEqual([
    null,
    null,
    true,
  ]);
  expect(says('v6.12', 'Disable')).toBeNull();
  expect(says('v7.3', 'Disable')).toBe(false);
});

describe('what an option makes of its value', () => {
  const arm = { ...defaultKconfig, CONFIG_ARM: true };
  const x86 = { ...defaultKconfig, CONFIG_X86: true };
  test.each<[cmdline: string, config: typeof defaultKconfig, expected: object]>([
    ['"iommu.passthrough=1"', defaultKconfig, { iommu_passthrough: true }],
    ['iommu.passthrough="1"', defaultKconfig, { iommu_passthrough: true }],
    ["iommu.passthrough='1'", defaultKconfig, { iommu_passthrough: null }],
    ['iommu.passthrough=\\1', defaultKconfig, { iommu_passthrough: null }],
    ['x="a iommu.passthrough=1 b"', defaultKconfig, { iommu_passthrough: null }],
    ['x=a"b iommu.passthrough=1', defaultKconfig, { iommu_passthrough: null }],
    ['x\u00a0iommu.passthrough=1', defaultKconfig, { iommu_passthrough: true }],
    ['x\u2003iommu.passthrough=1', defaultKconfig, { iommu_passthrough: null }],
    ['"--" iommu.passthrough=1', defaultKconfig, { iommu_passthrough: null }],
    ['--=1 iommu.passthrough=1', defaultKconfig, { iommu_passthrough: true }],
    ['x\0 iommu.passthrough=1', defaultKconfig, { iommu_passthrough: null }],
    [`${'x'.repeat(1010)} iommu.strict=1`, defaultKconfig, { iommu_strict: true }],
    [`${'x'.repeat(1010)} iommu.strict=1`, arm, { iommu_strict: null }],
    ['deferred-probe_timeout=3', defaultKconfig, { deferred_probe_timeout: 3 }],
    ['deferred_probe_timeout=-1', defaultKconfig, { deferred_probe_timeout: -1 }],
    ['deferred_probe_timeout=3s', defaultKconfig, { deferred_probe_timeout: null }],
    ['deferred_probe_timeout=0x3', defaultKconfig, { deferred_probe_timeout: null }],
    ['deferred_probe_timeout=2147483648', defaultKconfig, { deferred_probe_timeout: null }],
    ['fw-devlink=on', defaultKconfig, { fw_devlink: 'on' }],
    ['fw_devlink=ON', defaultKconfig, { fw_devlink: 'rpm' }],
    ['fw_devlink=off fw_devlink=maybe', defaultKconfig, { fw_devlink: 'off' }],
    ['acpi=off', defaultKconfig, { acpi_disabled: true }],
    ['acpi=off,noirq', defaultKconfig, { acpi_disabled: false }],
    ['acpi=off acpi=force', x86, { acpi_disabled: false, acpi_preferred: null }],
    ['acpi=off acpi=force', defaultKconfig, { acpi_disabled: true, acpi_preferred: 'force' }],
    ['acpi=on', defaultKconfig, { acpi_disabled: false, acpi_preferred: 'on' }],
    ['acpi=off', arm, { acpi_disabled: false }],
    ['iommu=usedac,pt', x86, { iommu_passthrough: null }],
    ['iommu=pt,usedac', x86, { iommu_passthrough: true }],
    ['iommu=soft,nopt', x86, { iommu_passthrough: false }],
    ['iommu=pt', defaultKconfig, { iommu_passthrough: null }],
    ['pci=config_acs=1@a=b,nomsi', defaultKconfig, { pci_config_acs: '1@a=b' }],
    ['module-blacklist=a,b module_blacklist=c', defaultKconfig, { module_blacklist: 'c' }],
    ['arm-smmu.disable_bypass=0', defaultKconfig, {}],
  ])('%j', (cmdline, config, expected) => {
    expect(withCommandLine(cmdline, config)).toMatchObject({ ...config, ...expected });
  });
});

test('an initcall that is left out is that of its driver in each kernel', () => {
  const left = (kernel: string, name: string) => {
    const { release } = designOf(kernel);
    const config = withCommandLine(`initcall_blacklist=x,${name}`, defaultKconfig, release);
    return [config.CONFIG_ARM_SMMU, config.CONFIG_ARM_SMMU_V3];
  };
  expect(left('v6.1', 'arm_smmu_driver_init')).toEqual([false, false]);
  expect(left('v6.12', 'arm_smmu_driver_init')).toEqual([true, false]);
  expect(left('v7.3', 'arm_smmu_init')).toEqual([false, true]);
  expect(left('v6.1', 'arm_smmu_init')).toEqual([true, true]);
});
