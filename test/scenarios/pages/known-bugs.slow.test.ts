// docs/reference/known-bugs.md: what is repaired is not found any more, in the whole of the search or most of it.
import { expect, test } from 'vitest';
import { foundOn, shownBugs } from './known-bugs.ts';

const repaired = shownBugs.flatMap((by) => (by.gone === null ? [] : [{ ...by, gone: by.gone }]));

test.each(repaired)(
  '$fix: on $gone $scenario does not find the bug',
  { timeout: 120_000 },
  (by) => {
    expect(foundOn(by.gone, by, 3000)).not.toContain(by.bug);
  },
);
