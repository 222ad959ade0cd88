// lint() boots less than inspect() and finds the same.
import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseFdt } from '../../../src/firmware/index.ts';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { inspect, lint, machineFromDevicetree } from '../../../src/machine/index.ts';
import { designOf } from '../../../src/series/index.ts';

const folder = new URL('../../fixtures/dtb/', import.meta.url);
const trees = readdirSync(folder).filter((name) => name.endsWith('.dtb'));

test.each(trees)('%s', (name) => {
  const fdt = parseFdt(readFileSync(new URL(name, folder)));
  const machine = machineFromDevicetree(fdt, new Map());
  for (const kernel of ['v6.1', 'v7.3']) {
    const design = designOf(kernel);
    const { findings } = inspect(machine, design, defaultKconfig);
    expect(lint(machine, design, defaultKconfig)).toEqual(findings);
  }
});
