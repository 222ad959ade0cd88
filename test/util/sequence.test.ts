import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Sequence } from '../../src/util/index.ts';

interface Item {
  readonly name: number;
}

const items: readonly Item[] = Array.from({ length: 6 }, (_, i) => ({ name: i % 4 }));
const item = fc.constantFrom(...items);

/** What is done to one of the lists that are there by then. */
const change = fc.record({
  to: fc.nat(),
  how: fc.constantFrom('with', 'without', 'rest', 'joined'),
  item,
  more: fc.array(item, { maxLength: 12 }),
});

test('a sequence is the list that it stands for, whatever became of others that share its items', () => {
  fc.assert(
    fc.property(fc.array(item, { maxLength: 12 }), fc.array(change), (start, changes) => {
      const made = [{ list: start, sequence: Sequence.of(start) }];
      for (const { to, how, item, more } of changes) {
        const { list, sequence } = made[to % made.length] ?? {
          list: start,
          sequence: Sequence.of(start),
        };
        if (how === 'with') made.push({ list: [...list, ...more], sequence: sequence.with(more) });
        if (how === 'joined')
          made.push({ list: [...list, ...list], sequence: sequence.with(sequence) });
        if (how === 'rest') made.push({ list: list.slice(1), sequence: sequence.rest() });
        if (how === 'without') {
          const left = list.filter((other) => other !== item);
          made.push({ list: left, sequence: sequence.without(item) });
        }
        // Asked on the way, so that what was found out about a list is there when it grows.
        for (const { list, sequence } of made) {
          expect([...sequence]).toEqual(list);
          expect(sequence.length).toBe(list.length);
          expect(sequence.at(1)).toBe(list[1]);
          for (const of of items) {
            expect(sequence.includes(of)).toBe(list.includes(of));
            const found = list.find(({ name }) => name === of.name);
            expect(sequence.findBy('name', of.name)).toBe(found);
          }
        }
      }
    }),
    { numRuns: 50 },
  );
});
