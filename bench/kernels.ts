// How searches of the model grow with the machine: one scenario, with more IOMMUs or more clients.
import type { Program } from '../src/explore/index.ts';
import { defaultKconfig } from '../src/linux/index.ts';
import { builtinShape, programOf, type Scenario, scenarioOf } from '../src/scenarios/index.ts';
import { bind } from '../src/scenarios/setup.ts';
import { designOf, threadKernel } from '../src/series/index.ts';

/** A scenario of one size. */
export interface Size {
  readonly name: string;
  readonly program: () => Program;
}

const twoIommus = scenarioOf('two-iommus');

/** As many functions of one slot as are asked for, each bound by itself: their IOMMU has long been there. */
const clients: Scenario = {
  ...scenarioOf('two-clients'),
  besides: {},
  // Else the others in the group would have been bound with it.
  offered: () => [],
  tasks({ k, client, mates, iommus }) {
    k.world.runAlone('boot', function* () {
      for (const iommu of iommus) yield* bind(k, iommu);
    });
    return [client, ...mates].map((dev, i) => ({
      name: `CPU${i}  driver bind: really_probe()`,
      body: () => bind(k, dev),
    }));
  },
};

export const sizes: readonly Size[] = [
  ...counted(6, 'IOMMU').map(({ n, name }) => ({
    name: `two-iommus with ${name}`,
    program: () => of(twoIommus, { iommus: n }),
  })),
  ...counted(4, 'client').map(({ n, name }) => ({
    name: `two-clients with ${name}`,
    program: () => of(clients, { bus: 'pci', functions: n }),
  })),
];

function counted(most: number, what: string): { readonly n: number; readonly name: string }[] {
  return Array.from({ length: most }, (_, i) => ({
    n: i + 1,
    name: `${i + 1} ${what}${i === 0 ? '' : 's'}`,
  }));
}

function of(scenario: Scenario, asked: Parameters<typeof builtinShape>[3]): Program {
  const shape = builtinShape(scenario, null, null, asked);
  return programOf(scenario, designOf(threadKernel), defaultKconfig, shape);
}
