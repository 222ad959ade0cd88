// What Linux tells firmware of itself (ACPI 6.5, 5.7).

import { AmlNode } from './tree/node.ts';
import { AmlText, Unknown, type Value } from './tree/value.ts';

/**
 * The systems that Linux says it is, the oldest first.
 *
 * @linux drivers/acpi/acpica/utosi.c acpi_default_supported_interfaces
 */
export const osiSystems: readonly string[] = [
  ...['2000', '2001', '2001 SP1', '2001.1', '2001 SP2', '2001.1 SP1'],
  ...['2006', '2006.1', '2006 SP1', '2006 SP2', '2009', '2012', '2013', '2015', '2016'],
  ...['2017', '2017.2', '2018', '2018.2', '2019', '2020', '2021', '2022'],
].map((version) => `Windows ${version}`);

/** @linux drivers/acpi/osi.c osi_setup_entries */
export const osiFeatures: readonly string[] = [
  'Extended Address Space Descriptor',
  'Module Device',
  'Processor Device',
  'Processor Aggregator Device',
];

function osi(names: readonly string[]): (args: readonly Value[]) => Value {
  return ([name]) => {
    if (name instanceof Unknown) return name;
    return name instanceof AmlText && names.includes(name.text) ? 0xffff_ffff_ffff_ffffn : 0n;
  };
}

/** The namespace before any table is read (5.3.1); without names there is no `_OSI`. */
export function predefined(names: readonly string[] | null): AmlNode {
  const root = new AmlNode('', null, { kind: 'scope' });
  const add = (name: string, content: AmlNode['content']): void => {
    root.children.set(name, new AmlNode(name, root, content));
  };
  for (const name of ['_GPE', '_PR_', '_SB_', '_SI_', '_TZ_']) add(name, { kind: 'scope' });
  add('_REV', { kind: 'data', value: 2n });
  add('_OS_', { kind: 'data', value: new AmlText('Microsoft Windows NT') });
  add('_GL_', { kind: 'mutex' });
  if (names !== null) add('_OSI', { kind: 'method', arity: 1, body: osi(names) });
  return root;
}
