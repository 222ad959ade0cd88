import { expect, test } from 'vitest';
import { verifyJson } from '../../../src/report/index.ts';

test('a comparison that was cut short says so in its document, and a whole one does not', () => {
  expect(verifyJson([], false)).toMatchObject({ complete: false });
  expect(verifyJson([])).toMatchObject({ complete: true });
});
