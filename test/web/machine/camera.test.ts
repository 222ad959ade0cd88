import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  type Area,
  type Camera,
  fitted,
  moved,
  overlap,
  type Size,
  seen,
  showing,
  zoomed,
} from '../../../web/machine/picture/camera.ts';

const length = fc.integer({ min: 1, max: 20_000 });
const size: fc.Arbitrary<Size> = fc.record({ width: length, height: length });
const window: fc.Arbitrary<Size> = fc.record({
  width: fc.integer({ min: 200, max: 2000 }),
  height: fc.integer({ min: 200, max: 2000 }),
});
const camera: fc.Arbitrary<Camera> = fc.record({
  x: fc.integer({ min: -5000, max: 5000 }),
  y: fc.integer({ min: -5000, max: 5000 }),
  scale: fc.double({ min: 0.05, max: 3, noNaN: true }),
});
const near = (a: number, b: number): boolean => Math.abs(a - b) < 0.01;

test('all of a picture is seen at first', () => {
  fc.assert(
    fc.property(size, window, (picture, room) => {
      const area = seen(fitted(picture, room), room);
      expect(area.x).toBeLessThanOrEqual(0.01);
      expect(area.y).toBeLessThanOrEqual(0.01);
      expect(area.x + area.width).toBeGreaterThanOrEqual(picture.width - 0.01);
      expect(area.y + area.height).toBeGreaterThanOrEqual(picture.height - 0.01);
    }),
  );
});

test('what is under the pointer stays there when it is zoomed', () => {
  const at = { x: 120, y: 70 };
  fc.assert(
    fc.property(
      camera,
      size,
      window,
      fc.constantFrom(0.5, 1.2, 3),
      (now, picture, room, factor) => {
        const next = zoomed(now, factor, at, picture, room);
        const point = ({ x, y, scale }: Camera): [number, number] => [
          (at.x - x) / scale,
          (at.y - y) / scale,
        ];
        const [before, after] = [point(now), point(next)];
        expect(near(before[0], after[0]) && near(before[1], after[1])).toBe(true);
      },
    ),
  );
});

test('however far it is dragged, some of the picture stays in the window', () => {
  fc.assert(
    fc.property(camera, size, window, fc.integer(), fc.integer(), (now, picture, room, dx, dy) => {
      const { x, y, scale } = moved(now, dx, dy, picture, room);
      const shown = { x, y, width: picture.width * scale, height: picture.height * scale };
      expect(overlap(shown, { x: 0, y: 0, ...room })).toBe(true);
    }),
  );
});

test('a box that is shown is in the window, and what can be read does not move for it', () => {
  const picture = { width: 9500, height: 9500 };
  const box = fc.record({
    x: fc.nat(9000),
    y: fc.nat(9000),
    width: fc.integer({ min: 20, max: 172 }),
    height: fc.integer({ min: 20, max: 56 }),
  });
  fc.assert(
    fc.property(camera, box, window, (now, area, room) => {
      const next = showing(now, area, picture, room, 0.8);
      const { x, y, width, height } = seen(next, room);
      if (area.width * next.scale > room.width - 50) return;
      expect(x).toBeLessThanOrEqual(area.x + 0.01);
      expect(y).toBeLessThanOrEqual(area.y + 0.01);
      expect(x + width).toBeGreaterThanOrEqual(area.x + area.width - 0.01);
      expect(y + height).toBeGreaterThanOrEqual(area.y + area.height - 0.01);
      const inside = shrunk(seen(next, room), 30 / next.scale);
      if (next.scale < 0.72 || !contains(inside, area)) return;
      const again = showing(next, area, picture, room, 0.8);
      expect(near(again.x, next.x) && near(again.y, next.y)).toBe(true);
      expect(again.scale).toBe(next.scale);
    }),
  );
});

test('what is brought closer leaves nothing of the window empty that the picture could fill', () => {
  const picture = { width: 9500, height: 9500 };
  const corner = { x: 10, y: 9400, width: 100, height: 40 };
  const room = { width: 800, height: 600 };
  const { x, y, width, height } = seen(
    showing({ x: 0, y: 0, scale: 0.05 }, corner, picture, room, 0.8),
    room,
  );
  expect([x >= 0, y >= 0, x + width <= 9500, y + height <= 9500.01]).toEqual([
    true,
    true,
    true,
    true,
  ]);
});

function shrunk({ x, y, width, height }: Area, by: number): Area {
  return { x: x + by, y: y + by, width: width - 2 * by, height: height - 2 * by };
}

function contains(outer: Area, inner: Area): boolean {
  return (
    outer.x <= inner.x &&
    outer.y <= inner.y &&
    outer.x + outer.width >= inner.x + inner.width &&
    outer.y + outer.height >= inner.y + inner.height
  );
}
