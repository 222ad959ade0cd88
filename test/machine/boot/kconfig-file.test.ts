import { expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { parseCapture } from '../../../src/machine/index.ts';

const answers = {
  kernel: '6.12.1',
  arch: 'arm64',
  cmdline: '',
  guest_uptime_at_final: '5.00',
  modules_loaded: [],
  groups: {},
  devices: [],
  iommus: {},
};

function kconfigIn(text: string) {
  return parseCapture(JSON.stringify(answers), text).kconfig;
}

const built =
  '#\n# Automatically generated file; DO NOT EDIT.\n# Linux/arm64 6.12 Configuration\n#\n';

test('what is built in, a module, and left out', () => {
  const text = `${built}CONFIG_ARM_SMMU=y\nCONFIG_ARM_SMMU_V3=m\n# CONFIG_APPLE_DART is not set\n`;
  const { CONFIG_ARM_SMMU, CONFIG_ARM_SMMU_V3, CONFIG_APPLE_DART } = kconfigIn(text);
  expect([CONFIG_ARM_SMMU, CONFIG_ARM_SMMU_V3, CONFIG_APPLE_DART]).toEqual([true, true, false]);
});

test('what a build does not mention is off, and a fragment says nothing about it', () => {
  const options = Object.keys(defaultKconfig).filter((name) => name.startsWith('CONFIG_'));
  expect(kconfigIn(built)).toEqual(Object.fromEntries(options.map((name) => [name, false])));
  expect(kconfigIn('CONFIG_MMU=y')).toEqual({ CONFIG_MMU: true, CONFIG_VIRTIO_IOMMU: true });
});

test('other options, numbers and prose are skipped', () => {
  const text =
    'CONFIG_NR_CPUS=8\nCONFIG_MMU="y"\nCONFIG_TOSTRING=y\n CONFIG_ARM=y\nCONFIG_ARM64=yes';
  expect(kconfigIn(text)).toEqual({ CONFIG_VIRTIO_IOMMU: true });
});
