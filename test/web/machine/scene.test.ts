import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Area, overlap } from '../../../web/machine/picture/camera.ts';
import { boxAfter, siblings } from '../../../web/machine/picture/keys.ts';
import { layoutOf } from '../../../web/machine/picture/layout.ts';
import { sceneOf } from '../../../web/machine/picture/scene.ts';
import { anyFacts } from './any-facts.ts';

const area: fc.Arbitrary<Area> = fc.record({
  x: fc.integer({ min: -500, max: 2000 }),
  y: fc.integer({ min: -500, max: 2000 }),
  width: fc.integer({ min: 1, max: 2000 }),
  height: fc.integer({ min: 1, max: 2000 }),
});
const scale = fc.constantFrom(0.02, 0.1, 0.3, 0.5, 1, 3);

describe('what is drawn', () => {
  test('is each box in the window, by itself or as one of the small, and no other', () => {
    fc.assert(
      fc.property(anyFacts, area, scale, (facts, window, k) => {
        const picture = layoutOf(facts);
        const { boxes, small } = sceneOf(picture, facts, window, k, new Set());
        const drawn = new Set(boxes);
        const paths = [...small.values()].join('');
        picture.boxes.forEach((box, i) => {
          const isSmall = paths.includes(`M${box.x} ${box.y}h${box.width}v${box.height}h`);
          expect(drawn.has(i) || isSmall, box.key).toBe(overlap(box, window));
        });
      }),
    );
  });

  test('is what has the focus or is chosen, wherever the window is', () => {
    fc.assert(
      fc.property(anyFacts, area, scale, fc.nat(), (facts, window, k, some) => {
        const picture = layoutOf(facts);
        const kept = some % picture.boxes.length;
        const { boxes } = sceneOf(picture, facts, window, k, new Set([kept]));
        expect(boxes.filter((box) => box === kept)).toEqual([kept]);
      }),
    );
  });

  test('has titles that can be read, none longer than its field', () => {
    fc.assert(
      fc.property(anyFacts, scale, (facts, k) => {
        const picture = layoutOf(facts);
        const all = { x: 0, y: 0, width: picture.width, height: picture.height };
        const { titles } = sceneOf(picture, facts, all, k, new Set());
        for (const [i, { text, size, x }] of titles) {
          const box = picture.boxes[i];
          expect(size * k).toBeGreaterThanOrEqual(10.9);
          expect(x + [...text].length * size * 0.6).toBeLessThanOrEqual(
            (box?.x ?? 0) + (box?.width ?? 0),
          );
        }
      }),
    );
  });
});

describe('arrows', () => {
  test('lead from any box to every other', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        const { boxes } = layoutOf(facts);
        if (boxes.length < 2) return;
        const reached = new Set([1]);
        for (const at of reached)
          for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
            const next = boxAfter(boxes, at, key);
            if (next !== null) reached.add(next);
          }
        expect(reached.size).toBe(boxes.length - 1);
      }),
    );
  });

  test('lead back the way they came', () => {
    fc.assert(
      fc.property(anyFacts, fc.nat(), (facts, some) => {
        const { boxes } = layoutOf(facts);
        const at = some % boxes.length;
        const right = boxAfter(boxes, at, 'ArrowRight');
        if (right !== null) expect(boxAfter(boxes, right, 'ArrowLeft')).toBe(at);
        const down = boxAfter(boxes, at, 'ArrowDown');
        if (down !== null && at > 0) expect(boxAfter(boxes, down, 'ArrowUp')).toBe(at);
        expect(siblings(boxes, at)).toContain(at);
      }),
    );
  });
});
