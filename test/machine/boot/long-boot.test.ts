import { expect, test } from 'vitest';
import { parseFdt } from '../../../src/firmware/index.ts';
import { explain, inspect, kconfigFor, machineFromDevicetree } from '../../../src/machine/index.ts';
import { designOf, newestKernel } from '../../../src/series/index.ts';
import { times } from '../../growth/growing.ts';
import { client, smmu, tree } from '../../growth/trees.ts';

const nodes = [smmu(0), ...times(20, (i) => client(i, 1, i))];
const machine = machineFromDevicetree(parseFdt(tree(nodes)), new Map());
const design = designOf(newestKernel);
const config = kconfigFor(machine, { cmdline: null, kconfig: {} }, design);

test.each([
  ['inspect', (mostSteps: number) => inspect(machine, design, config, { mostSteps })],
  [
    'explain',
    (mostSteps: number) => explain(machine, '80000000.dma', design, config, { mostSteps }),
  ],
])(
  'a boot that is cut short gives no answer, and is not taken for a crash of the kernel: %s',
  (_, ask) => {
    expect(() => ask(1_000)).toThrow(
      "a boot of this machine's 21 devices is not at its end after 1000 steps of the model",
    );
    expect(() => ask(100_000)).not.toThrow();
  },
);
