import { expect, test } from 'vitest';
import { compile } from '../../src/cli/input/compile-devicetree.ts';
import { parseFdt } from '../../src/firmware/fdt/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { type Finding, lint, machineFromDevicetree, rules } from '../../src/machine/index.ts';
import { designOf, newestKernel } from '../../src/series/index.ts';

/** What is found in nodes of a source below a root. */
function foundIn(nodes: string): readonly Finding[] {
  const source = `/dts-v1/;\n/ {\n#address-cells = <2>;\n#size-cells = <2>;\n${nodes}};\n`;
  const { blob } = compile(null, 'example', new TextEncoder().encode(source));
  const machine = machineFromDevicetree(parseFdt(new Uint8Array(blob)), new Map());
  return lint(machine, designOf(newestKernel), defaultKconfig);
}

const examples = rules.flatMap(({ name, example }) =>
  example !== null && 'bad' in example ? [{ name, ...example }] : [],
);

test.each(examples)(
  'the example of $name has it, and mended it has no error',
  ({ name, bad, good }) => {
    expect(foundIn(bad).map(({ rule }) => rule)).toContain(name);
    const mended = foundIn(good);
    expect(mended.filter(({ rule, severity }) => rule === name || severity === 'error')).toEqual(
      [],
    );
  },
);
