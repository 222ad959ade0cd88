// docs/reference/known-bugs.md: bugs that others have found. That they are gone where they are repaired: known-bugs.slow.test.ts.
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { knownBugsPage } from '../../../src/scenarios/index.ts';
import { foundOn, shownBugs } from './known-bugs.ts';

test('the page is what the rows say', () => {
  const page = readFileSync(
    new URL('../../../docs/reference/known-bugs.md', import.meta.url),
    'utf8',
  );
  expect(page).toBe(knownBugsPage());
});

test.each(shownBugs)('$fix: on $kernel $scenario finds the bug', (by) => {
  expect(foundOn(by.kernel, by, 400)).toContain(by.bug);
});
