// What Linux answers to firmware that asks for names of systems and features.

import { osiFeatures, osiSystems } from '../../../firmware/acpi/index.ts';
import type { Release } from '../../release.ts';

/** Names that `_OSI` knows, null where there is no such method. */
export type OsiNames = readonly string[] | null;

/** Features that Linux installs itself, and can be told not to. @linux drivers/acpi/osi.c osi_setup_entries */
const installed = osiFeatures.filter((name) => name !== 'Extended Address Space Descriptor');

/**
 * What `_OSI` knows.
 *
 * @param told the values of `acpi_osi=`, in their order
 * @param apple whether the machine is Apple's, which is told that it runs Darwin
 * @linux drivers/acpi/osi.c acpi_osi_setup_late
 */
export function osiNames(
  { newestWindows }: Pick<Release, 'newestWindows'>,
  told: readonly string[] = [],
  apple = false,
): OsiNames {
  const setup = new OsiSetup();
  if (apple) setup.system('Darwin', true);
  for (const value of told) if (!setup.take(value)) return null;
  const known = osiSystems.slice(0, osiSystems.indexOf(newestWindows) + 1);
  return setup.names(known);
}

class OsiSetup {
  #systems = true;
  #features = true;
  /** In the order in which they were first named. */
  readonly #entries = new Map(installed.map((name) => [name, true]));

  /** One value of `acpi_osi=`; false when there is to be no method. */
  take(value: string): boolean {
    if (value === '') return false;
    if (value === '!*') {
      this.#systems = false;
      this.#features = false;
      for (const name of this.#entries.keys()) this.#entries.set(name, false);
    } else if (value === '!!') {
      this.#systems = true;
      this.#features = true;
    } else if (value === '!') this.#systems = false;
    else if (value === 'Darwin' || value === '!Darwin') this.system('Darwin', value === 'Darwin');
    else this.#entries.set(value.replace(/^!/, ''), !value.startsWith('!'));
    return true;
  }

  /** Whoever says that it runs another system runs no Windows. */
  system(name: string, enable: boolean): void {
    this.take(enable ? '!' : '!!');
    this.#entries.set(name, enable);
  }

  names(systems: readonly string[]): string[] {
    const names = new Set(this.#systems ? systems : []);
    if (this.#features) names.add('Extended Address Space Descriptor');
    for (const [name, enable] of this.#entries) {
      if (enable) names.add(name);
      else names.delete(name);
    }
    return [...names];
  }
}
