import { expect, it } from 'vitest';
import { Search } from '../../src/explore/search/search.ts';
import { scenarios } from '../../src/scenarios/index.ts';
import { newestKernel } from '../../src/series/index.ts';
import { fitting, programFor, subject } from './explored.ts';

// What the model keeps outside of cells, and changes past `assign()` and its like, ends the search
// that is asked here; the real one would begin anew, and take twice as long.
it.each(scenarios.map(({ name }) => name))('keeps nothing that cannot be undone: %s', (name) => {
  const [driver] = fitting(name, newestKernel);
  if (driver === undefined) return;
  const search = new Search(programFor(subject(name, newestKernel, driver)), () => {}, {
    worlds: 'compared',
  });
  expect(() => search.explore(25)).not.toThrow();
});
