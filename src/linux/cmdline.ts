import { UsageError } from '../util/index.ts';
import { amdIommuOptions, intelIommuOptions, iommuOptions } from './cmdline-x86.ts';
import type { Kconfig } from './kconfig.ts';

/**
 * What a kernel command line changes. Words that are not about IOMMUs are as good as absent.
 *
 * @throws UsageError for a value that Linux would not understand
 */
export function withCommandLine(text: string, config: Kconfig): Kconfig {
  let changed = config;
  for (const word of text.split(/\s+/).filter(Boolean)) {
    const [name = '', value = ''] = word.split('=');
    if (name === 'iommu.passthrough')
      changed = { ...changed, iommu_passthrough: truth(word, value) };
    if (name === 'pci') changed = { ...changed, ...acsOptions(word.slice('pci='.length)) };
    if (name === 'iommu.strict') changed = { ...changed, iommu_strict: truth(word, value) };
    if (name === 'iommu' && config.CONFIG_X86) changed = { ...changed, ...iommuOptions(value) };
    if (name === 'intel_iommu') changed = { ...changed, ...intelIommuOptions(value) };
    if (name === 'amd_iommu') changed = { ...changed, ...amdIommuOptions(value) };
    if (name === 'deferred_probe_timeout') changed = { ...changed, ...seconds(value) };
    if (name === 'fw_devlink') changed = { ...changed, ...devlinks(value) };
    if (name === 'fw_devlink.strict')
      changed = { ...changed, fw_devlink_strict: truth(word, value) };
    if (name === 'initcall_blacklist') changed = { ...changed, ...withoutInitcalls(value) };
  }
  return changed;
}

/** Of the options that `pci=` separates by commas, those about ACS; the last of each kind counts. */
function acsOptions(text: string): Partial<Kconfig> {
  let options: Partial<Kconfig> = {};
  for (const option of text.split(',')) {
    const [name, value = ''] = option.split('=');
    if (name === 'disable_acs_redir') options = { ...options, pci_disable_acs_redir: value };
    if (name === 'config_acs') options = { ...options, pci_config_acs: value };
  }
  return options;
}

/** Linux keeps its default when it cannot read the number. */
function seconds(value: string): Partial<Kconfig> {
  return /^[-+]?\d+$/.test(value) ? { deferred_probe_timeout: Number(value) } : {};
}

/** Another word changes nothing. */
function devlinks(value: string): Partial<Kconfig> {
  const known = (['off', 'permissive', 'on', 'rpm'] as const).find((word) => word === value);
  return known === undefined ? {} : { fw_devlink: known };
}

/** A built-in driver that never registers is as good as not there. Both SMMU drivers use one name. */
function withoutInitcalls(list: string): Partial<Kconfig> {
  const smmus = list.split(',').includes('arm_smmu_driver_init');
  return smmus ? { CONFIG_ARM_SMMU: false, CONFIG_ARM_SMMU_V3: false } : {};
}

function truth(word: string, value: string): boolean {
  if (/^(?:1|y|yes|on|true)$/i.test(value)) return true;
  if (/^(?:0|n|no|off|false)$/i.test(value)) return false;
  throw new UsageError('cli/bad-option', `--cmdline: "${word}" needs 0 or 1`);
}
