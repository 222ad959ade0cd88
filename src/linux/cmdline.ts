import { base } from './base.ts';
import { amdIommuOptions, intelIommuOptions, iommuOptions } from './cmdline-x86.ts';
import type { Kconfig } from './kconfig.ts';
import { type Argument, argumentsOf, parameq } from './next-arg.ts';
import type { Release } from './release.ts';

/** Options whose value is yes or no. */
const truths = ['iommu.passthrough', 'iommu.strict', 'fw_devlink.strict'];

/**
 * What a kernel command line changes, one character a byte. Words that are not about IOMMUs are as good
 * as absent, and so are those whose value Linux would not understand.
 */
export function withCommandLine(
  text: string,
  config: Kconfig,
  release: Release = base.release,
): Kconfig {
  let changed = config;
  for (const argument of argumentsOf(text.slice(0, commandLineSize(config) - 1)))
    changed = { ...changed, ...changeOf(argument, changed, release) };
  return changed;
}

/** Bytes, with the zero at the end. */
function commandLineSize({ CONFIG_ARM }: Kconfig): number {
  return CONFIG_ARM ? 1024 : 2048;
}

/** The first word that is about IOMMUs and has a value that no kernel would understand. */
export function malformedOption(text: string, { kstrtobool }: Release): string | null {
  const bad = argumentsOf(text).find(
    ({ param, val }) =>
      truths.some((name) => parameq(param, name)) && truth(val ?? '', kstrtobool) === null,
  );
  return bad === undefined ? null : written(bad);
}

/** Options of patches that no release of Linux has, as they are written. */
export function foreignOptions(text: string): string[] {
  return argumentsOf(text)
    .filter(({ param }) => parameq(param, 'pcie_acs_override'))
    .map(written);
}

/** Words that x86 goes by when it looks for PCI functions, and nobody here does. */
const aboutPci: Readonly<Record<string, readonly string[]>> = {
  acpi: ['noirq'],
  pci: ['off', 'noacpi', 'nodomains'],
};

/** Those that the model leaves out, as they are written. */
export function leftOutOptions(
  text: string,
  { CONFIG_X86 }: Pick<Kconfig, 'CONFIG_X86'>,
): string[] {
  if (!CONFIG_X86) return [];
  return argumentsOf(text).flatMap(({ param, val }) => {
    const known = Object.hasOwn(aboutPci, param) ? aboutPci[param] : undefined;
    const words = val?.split(',').filter((word) => known?.includes(word)) ?? [];
    return words.map((word) => `${param}=${word}`);
  });
}

/** What firmware is to be told, in the order of the options. */
export function osiOptions(text: string): string[] {
  return argumentsOf(text).flatMap(({ param, val }) => (param === 'acpi_osi' ? (val ?? []) : []));
}

function written({ param, val }: Argument): string {
  return val === null ? param : `${param}=${val}`;
}

/** An option without a value is not the same as one with an empty value, but neither changes anything. */
function changeOf(
  { param, val }: Argument,
  config: Kconfig,
  { kstrtobool, initcalls }: Release,
): Partial<Kconfig> {
  if (val === null) return {};
  const yes = (option: keyof Kconfig): Partial<Kconfig> => {
    const known = truth(val, kstrtobool);
    return known === null ? {} : { [option]: known };
  };
  switch (param.replaceAll('-', '_')) {
    case 'iommu.passthrough':
      return yes('iommu_passthrough');
    case 'iommu.strict':
      return yes('iommu_strict');
    case 'fw_devlink.strict':
      return yes('fw_devlink_strict');
    case 'iommu':
      return config.CONFIG_X86 ? iommuOptions(val) : {};
    case 'intel_iommu':
      return intelIommuOptions(val);
    case 'amd_iommu':
      return amdIommuOptions(val);
    case 'acpi':
      return acpiOption(val, config);
    case 'pci':
      return acsOptions(val);
    case 'deferred_probe_timeout':
      return seconds(val);
    case 'fw_devlink':
      return devlinks(val);
    case 'initcall_blacklist':
      return withoutInitcalls(val, initcalls);
    case 'module_blacklist':
      return { module_blacklist: val };
    case 'modprobe.blacklist':
      // Each is read by what loads modules, for which hyphens are low lines, too.
      return { modprobe_blacklist: `${config.modprobe_blacklist},${val.replaceAll('-', '_')}` };
    default:
      return {};
  }
}

/**
 * On x86 the last word counts; elsewhere tables are there to be preferred over a tree, and `off` is never
 * taken back.
 *
 * @linux arch/arm64/kernel/acpi.c parse_acpi
 */
function acpiOption(value: string, { CONFIG_X86, CONFIG_ARM }: Kconfig): Partial<Kconfig> {
  if (CONFIG_ARM) return {};
  if (value === 'off') return { acpi_disabled: true };
  if (CONFIG_X86) return value === 'force' ? { acpi_disabled: false } : {};
  return value === 'on' || value === 'force' ? { acpi_preferred: value } : {};
}

/** Of the options that `pci=` separates by commas, those about ACS; the last of each kind counts. */
function acsOptions(text: string): Partial<Kconfig> {
  let options: Partial<Kconfig> = {};
  for (const option of text.split(',')) {
    const [, name, value = ''] = /^(disable_acs_redir|config_acs)=(.*)$/s.exec(option) ?? [];
    if (name === 'disable_acs_redir') options = { ...options, pci_disable_acs_redir: value };
    if (name === 'config_acs') options = { ...options, pci_config_acs: value };
  }
  return options;
}

/** Linux keeps its default when it cannot read the number. @linux lib/kstrtox.c kstrtoint */
function seconds(value: string): Partial<Kconfig> {
  const number = /^[-+]?\d+\n?$/.test(value) ? Number(value) : Number.NaN;
  return number === (number | 0) ? { deferred_probe_timeout: number } : {};
}

/** Another word changes nothing. */
function devlinks(value: string): Partial<Kconfig> {
  const known = (['off', 'permissive', 'on', 'rpm'] as const).find((word) => word === value);
  return known === undefined ? {} : { fw_devlink: known };
}

/** A built-in driver that never registers is as good as not there. */
function withoutInitcalls(list: string, initcalls: Release['initcalls']): Partial<Kconfig> {
  const known = new Map(Object.entries(initcalls));
  const options = list.split(',').flatMap((name) => known.get(name) ?? []);
  return Object.fromEntries(options.map((option) => [option, false]));
}

/** @linux lib/kstrtox.c kstrtobool */
function truth(value: string, { yes, no }: Release['kstrtobool']): boolean | null {
  if (yes.test(value)) return true;
  return no.test(value) ? false : null;
}
