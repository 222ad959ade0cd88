import { amdIommuOptions, intelIommuOptions, iommuOptions } from './cmdline-x86.ts';
import type { Kconfig } from './kconfig.ts';

/** An option as it is written, its name with low lines, and what stands behind its equals sign. */
interface Word {
  readonly word: string;
  readonly name: string;
  readonly value: string;
}

/** Options whose value is yes or no. */
const truths = ['iommu.passthrough', 'iommu.strict', 'fw_devlink.strict'];

/**
 * What a kernel command line changes. Words that are not about IOMMUs are as good as absent, and so
 * are those whose value Linux would not understand.
 */
export function withCommandLine(text: string, config: Kconfig): Kconfig {
  let changed = config;
  for (const { name, value } of wordsOf(text))
    changed = { ...changed, ...changeOf(name, value, config) };
  return changed;
}

/** The first word that is about IOMMUs and has a value that Linux would not understand. */
export function malformedOption(text: string): string | null {
  const bad = wordsOf(text).find(
    ({ name, value }) => truths.includes(name) && truth(value) === null,
  );
  return bad?.word ?? null;
}

/** Options of patches that no release of Linux has, as they are written. */
export function foreignOptions(text: string): string[] {
  return wordsOf(text).flatMap(({ word, name }) => (name === 'pcie_acs_override' ? [word] : []));
}

/** Hyphens and low lines are the same in names. What is behind `--` is for init. */
function wordsOf(text: string): Word[] {
  const words = text.split(/\s+/).filter(Boolean);
  const end = words.indexOf('--');
  return (end === -1 ? words : words.slice(0, end)).map((word) => {
    const [written = '', ...values] = word.split('=');
    return { word, name: written.replaceAll('-', '_'), value: values.join('=') };
  });
}

function changeOf(name: string, value: string, { CONFIG_X86 }: Kconfig): Partial<Kconfig> {
  switch (name) {
    case 'iommu.passthrough':
      return changeOfTruth('iommu_passthrough', value);
    case 'iommu.strict':
      return changeOfTruth('iommu_strict', value);
    case 'fw_devlink.strict':
      return changeOfTruth('fw_devlink_strict', value);
    case 'iommu':
      return CONFIG_X86 ? iommuOptions(value) : {};
    case 'intel_iommu':
      return intelIommuOptions(value);
    case 'amd_iommu':
      return amdIommuOptions(value);
    case 'pci':
      return acsOptions(value);
    case 'deferred_probe_timeout':
      return seconds(value);
    case 'fw_devlink':
      return devlinks(value);
    case 'initcall_blacklist':
      return withoutInitcalls(value);
    default:
      return {};
  }
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

function changeOfTruth(
  option: 'iommu_passthrough' | 'iommu_strict' | 'fw_devlink_strict',
  value: string,
): Partial<Kconfig> {
  const known = truth(value);
  return known === null ? {} : { [option]: known };
}

/** @linux lib/kstrtox.c kstrtobool */
function truth(value: string): boolean | null {
  if (/^(?:[1yt]|on)/i.test(value)) return true;
  return /^(?:[0nf]|of)/i.test(value) ? false : null;
}
