import { expect, it } from 'vitest';
import { Search } from '../../src/explore/search/search.ts';
import { scenarios } from '../../src/scenarios/index.ts';
import { mainKernels } from '../../src/series/index.ts';
import { fitting, programFor, subject } from './races/explored.ts';

it.each(mainKernels)(
  'keeps nothing that cannot be undone, behind any IOMMU: %s',
  (kernel) => {
    const found: string[] = [];
    for (const { name } of scenarios) {
      for (const driver of fitting(name, kernel)) {
        const search = new Search(programFor(subject(name, kernel, driver)), () => {}, {
          worlds: 'compared',
        });
        try {
          search.explore(40);
        } catch (error) {
          found.push(`${name} ${driver}: ${error}`);
        }
      }
    }
    expect(found.filter((line) => line.includes('StateElsewhere'))).toEqual([]);
  },
  600_000,
);
