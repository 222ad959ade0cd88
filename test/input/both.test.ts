// Tables of ACPI and a devicetree beside each other: Linux takes one of them.
import { expect, test } from 'vitest';
import { be32, blob, type Node, node, prop, text } from '../firmware/fdt-builder.ts';
import { filesOf } from '../machine/capture/packed-captures.ts';
import { machineOfFiles } from './node-tools.ts';

const chosen = node('chosen', [prop('bootargs', text('iommu.strict=0'))]);

test.each<[what: string, besides: Node[], told: boolean]>([
  ['a boot loader leaves beside tables', [], false],
  ['describes devices', [node('serial@0', [prop('reg', be32(0))])], true],
])('a tree that %s', async (_what, children, told) => {
  const files = new Map(filesOf('iort-named-k6.12'));
  files.set('machine.dtb', blob(node('', [], [chosen, ...children])));
  files.delete('expected.json');
  const machine = await machineOfFiles(files);
  expect([machine.firmware, machine.bootargs]).toEqual(['acpi', 'iommu.strict=0']);
  const said = machine.notes.filter((note) => note.startsWith('machine.dtb describes devices'));
  expect(said).toHaveLength(told ? 1 : 0);
});
