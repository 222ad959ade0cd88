// What a kernel was built with, as its build wrote it: `.config`, /proc/config.gz, /boot/config-*.

import { defaultKconfig, type Kconfig } from '../../linux/index.ts';

/** Every build writes this; a fragment that somebody made does not have it. */
const generated = /^# Automatically generated file; DO NOT EDIT\.$/m;

const names = Object.keys(defaultKconfig).filter((name) => name.startsWith('CONFIG_'));

export interface Built {
  /** The options that the model knows, without drivers of clients that are modules. Off is what a build does not mention: what it depends on was. */
  readonly kconfig: Partial<Kconfig>;
  /** Which of them are modules. */
  readonly modules: readonly string[];
}

export function parseKconfig(text: string): Built {
  const values = new Map<string, string>();
  if (generated.test(text)) for (const name of names) values.set(name, 'n');
  for (const line of text.split(/\r?\n/)) {
    const [, off] = /^# (CONFIG_\w+) is not set$/.exec(line) ?? [];
    const [, name = off, value = 'n'] = /^(CONFIG_\w+)=([ymn])$/.exec(line) ?? [];
    if (name !== undefined && names.includes(name)) values.set(name, value);
  }
  const options = [...values];
  return {
    kconfig: Object.fromEntries(
      options.flatMap(([name, value]) =>
        value === 'm' && isClient(name) ? [] : [[name, value !== 'n']],
      ),
    ),
    modules: options
      .filter(([name, value]) => value === 'm' && !isClient(name))
      .map(([name]) => moduleOf(name)),
  };
}

/** Such a driver is there when it is needed, unless somebody says otherwise. */
function isClient(name: string): boolean {
  return defaultKconfig[name as keyof Kconfig] === null;
}

/** All drivers of the model are called like their option. */
function moduleOf(option: string): string {
  return option.slice('CONFIG_'.length).toLowerCase();
}
