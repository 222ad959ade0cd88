// A count of references as refcount_t has it.
import { expect, test } from 'vitest';
import { Cell, explore } from '../../../src/explore/index.ts';
import {
  REFCOUNT_SATURATED,
  refcount_dec_and_test,
  refcount_inc,
} from '../../../src/linux/include/linux/refcount.ts';

/** What is left of one reference after these, and of which of them somebody was warned. */
function counted(steps: readonly (1 | -1)[]) {
  let freed = 0;
  let left = 0;
  const warned: number[] = [];
  const { bugs } = explore({
    name: 'one reference',
    setup: (world) => {
      const refs = new Cell(world, 'refs', 1);
      return {
        tasks: [
          {
            name: 'CPU0',
            *body() {
              let own = 0;
              for (const [i, by] of steps.entries()) {
                if (by === 1) yield* refcount_inc(refs, `of step ${i}`);
                else if (yield* refcount_dec_and_test(refs, `of step ${i}`)) own++;
              }
              // The task may be made anew, and not come so far.
              [freed, left] = [own, refs.value];
            },
          },
        ],
      };
    },
  });
  for (const { kind, object } of bugs)
    if (kind === 'refcount') warned.push(Number(object.slice('of step '.length)));
  return { freed, left, warned };
}

test.each([
  ['the last one frees', [1, -1, -1], { freed: 1, left: 0, warned: [] }],
  [
    'what has none is not freed again when somebody gets and puts it',
    [-1, 1, -1],
    { freed: 1, left: REFCOUNT_SATURATED, warned: [1, 2] },
  ],
  ['one too many is warned of', [-1, -1], { freed: 1, left: REFCOUNT_SATURATED, warned: [1] }],
  [
    'a count that is wrong stays wrong',
    [-1, 1, 1, 1, -1],
    { freed: 1, left: REFCOUNT_SATURATED, warned: [1, 2, 3, 4] },
  ],
] as const)('%s', (_what, steps, expected) => {
  expect(counted(steps)).toEqual(expected);
});
