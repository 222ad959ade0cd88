// What patch 12 removes are a declaration and a stub.
import { expect, test } from 'vitest';
import { designOf } from '../../../src/series/index.ts';

test('patch 12 changes no function', () => {
  const [before, after] = [11, 12].map((n) => designOf(`fwspec-v2/${n}`));
  expect(after?.functions).toEqual(before?.functions);
  expect(after?.inlines).toEqual(before?.inlines);
});
