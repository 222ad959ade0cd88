// Devicetree sources as they lie in a tree of Linux: through the C preprocessor and dtc.
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { loadMachine, sourceAt } from '../../src/cli/input/load.ts';
import { UsageError } from '../../src/util/index.ts';

const top = mkdtempSync(join(tmpdir(), 'fwspec-test-'));
function write(name: string, ...lines: readonly string[]): string {
  const path = join(top, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, `${lines.join('\n')}\n`);
  return path;
}

write('include/dt-bindings/board.h', '#define BOARD "A board"');
write('arch/arm/boot/dts/old/core.dtsi', '/ { compatible = "old,core"; };');
write('arch/arm64/boot/dts/maker/soc.dtsi', '/ { soc: soc { }; };');
write('arch/arm64/boot/dts/maker/more.dtsi', '&soc { label = "more"; };');
const board = write(
  'arch/arm64/boot/dts/maker/board.dts',
  '/dts-v1/;',
  '#include <dt-bindings/board.h>',
  '#include <old/core.dtsi>',
  '#include "soc.dtsi"',
  '/include/ "more.dtsi"',
  '/ { model = BOARD; #address-cells = <1>; iommus = <9>; };',
);

test('a source finds what it includes beside it, and in the tree it is in', async () => {
  const machine = await loadMachine(await sourceAt(board));
  expect(machine.model).toBe('A board');
  expect(machine.compatible).toEqual(['old,core']);
  expect(machine.fdt?.root.children.map(({ name }) => name)).toEqual(['soc']);
  expect([...(machine.fdt?.root.children[0]?.properties.keys() ?? [])]).toContain('label');
});

test('a source that includes what is not there is refused on one line, by its name', async () => {
  const lost = join(mkdtempSync(join(tmpdir(), 'fwspec-test-')), 'board.dts');
  writeFileSync(lost, '/dts-v1/;\n#include <dt-bindings/board.h>\n/ { };\n');
  const error = await sourceAt(lost)
    .then(loadMachine)
    .catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(UsageError);
  expect((error as UsageError).message).toMatch(
    /^cpp cannot compile .*board\.dts: .*board\.dts:2:10: .*dt-bindings\/board\.h/,
  );
});
