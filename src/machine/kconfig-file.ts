// What a kernel was built with, as its build wrote it: `.config`, /proc/config.gz, /boot/config-*.

import { defaultKconfig, type Kconfig } from '../linux/index.ts';

/** Every build writes this; a fragment that somebody made does not have it. */
const generated = /^# Automatically generated file; DO NOT EDIT\.$/m;

const names = Object.keys(defaultKconfig).filter((name) => name.startsWith('CONFIG_'));

/**
 * The options that the model knows. What a build does not mention is off: what it depends on was.
 * A driver that is a module is there when the module was loaded.
 */
export function parseKconfig(text: string, modules: readonly string[]): Partial<Kconfig> {
  const loaded = new Set(modules.map((name) => name.replaceAll('-', '_')));
  const values = new Map<string, boolean>();
  if (generated.test(text)) for (const name of names) values.set(name, false);
  for (const line of text.split(/\r?\n/)) {
    const [, off] = /^# (CONFIG_\w+) is not set$/.exec(line) ?? [];
    const [, name = off, value = 'n'] = /^(CONFIG_\w+)=([ymn])$/.exec(line) ?? [];
    if (name === undefined || !names.includes(name)) continue;
    values.set(name, value === 'y' || (value === 'm' && loaded.has(moduleOf(name))));
  }
  return Object.fromEntries(values);
}

/** All drivers of the model are called like their option. */
function moduleOf(option: string): string {
  return option.slice('CONFIG_'.length).toLowerCase();
}
