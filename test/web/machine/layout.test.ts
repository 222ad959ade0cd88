import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { MachineFacts } from '../../../web/machine/facts.ts';
import { type Box, layoutOf, type Picture } from '../../../web/machine/picture/layout.ts';
import { idsText } from '../../../web/machine/picture/reach.ts';
import { anyFacts } from './any-facts.ts';

const holds = (property: (facts: MachineFacts, picture: Picture) => void): void => {
  fc.assert(
    fc.property(anyFacts, (facts) => {
      property(facts, layoutOf(facts));
    }),
  );
};

describe('the picture of any machine', () => {
  test('has each device in it exactly once, where boxOf says', () => {
    holds(({ devices }, { boxes, boxOf }) => {
      const shown = boxes.flatMap(({ device }) => (device === null ? [] : [device]));
      expect(shown.sort((a, b) => a - b)).toEqual(devices.map((_device, i) => i));
      expect(boxOf.map((box) => boxes[box]?.device)).toEqual(devices.map((_device, i) => i));
    });
  });

  test('has no two boxes that overlap, unless one is in the other', () => {
    holds((_facts, { boxes }) => {
      boxes.forEach((a, i) => {
        boxes.slice(a.end).forEach((b) => {
          expect(apart(a, b), `${i} ${a.key} and ${b.key}`).toBe(true);
        });
      });
    });
  });

  test('has what is in a box inside of it, below what is written there', () => {
    holds((_facts, { boxes }) => {
      for (const box of boxes) {
        const above = box.parent === null ? undefined : boxes[box.parent];
        if (above === undefined) continue;
        expect(box.x).toBeGreaterThan(above.x);
        expect(box.y).toBeGreaterThanOrEqual(above.y + above.head);
        expect(box.x + box.width).toBeLessThan(above.x + above.width);
        expect(box.y + box.height).toBeLessThan(above.y + above.height);
        expect(box.depth).toBe(above.depth + 1);
      }
    });
  });

  test('is the same each time', () => {
    holds((facts, picture) => expect(layoutOf(structuredClone(facts))).toEqual(picture));
  });

  test('has keys of which no two are the same', () => {
    holds((_facts, { boxes }) => {
      expect(new Set(boxes.map(({ key }) => key)).size).toBe(boxes.length);
    });
  });

  test('has a device that an IOMMU has in the field of that IOMMU, and no other device', () => {
    holds(({ devices }, { boxes, boxOf }) => {
      devices.forEach(({ iommus, outcome }, i) => {
        const field = fieldOf(boxes, boxOf[i] ?? 0);
        const first = iommus[0]?.iommu;
        if (first !== undefined) expect([field?.kind, field?.name]).toEqual(['iommu', first]);
        // An IOMMU and a host bridge are the heads of what they lead to.
        else if (boxes[boxOf[i] ?? 0]?.kind === 'device')
          expect([field?.kind, field?.name]).toEqual(['outcome', outcome]);
      });
    });
  });

  test('has members of a shared group on its colour, and nobody else', () => {
    holds(({ devices, document }, { boxes, boxOf }) => {
      const shared = new Set(
        document.groups.flatMap((of) => (of.devices.length > 1 ? [of.id] : [])),
      );
      devices.forEach(({ group }, i) => {
        const expected = group !== null && shared.has(group) ? group : null;
        expect(boxes[boxOf[i] ?? 0]?.group ?? null).toBe(expected);
        // The ground that it stands on: the nearest box around it that has a colour, up to one without.
        const around = boxes[boxes[boxOf[i] ?? 0]?.parent ?? 0];
        if (expected !== null) expect(around?.group).toBe(expected);
        else if (boxes[boxOf[i] ?? 0]?.kind === 'device') expect(around?.kind).not.toBe('group');
      });
    });
  });

  test('has a wire into every box of an IOMMU that is not inside of another', () => {
    holds((_facts, { boxes, wires }) => {
      const wired = new Set(wires.map(({ box }) => box));
      boxes.forEach((box, i) => {
        const above = boxes[box.parent ?? 0];
        if (above?.kind === 'iommu') expect(wired.has(box.parent ?? -1)).toBe(true);
        if (box.kind !== 'iommu' && box.kind !== 'group') expect(wired.has(i)).toBe(false);
      });
    });
  });

  test('has an edge for each IOMMU of a device after the first, with its IDs', () => {
    holds(({ devices, document }, { far, boxes }) => {
      const named = new Set(boxes.flatMap((box) => (box.kind === 'iommu' ? [box.name] : [])));
      for (const { name } of document.iommus) expect(named).toContain(name);
      const wanted = devices.flatMap(({ iommus }, device) =>
        iommus
          .slice(1)
          .filter(({ iommu }) => named.has(iommu))
          .map(({ iommu, ids }) => ({ device, iommu, text: idsText(ids) })),
      );
      expect(far.map(({ device, to, text }) => ({ device, iommu: boxes[to]?.name, text }))).toEqual(
        wanted,
      );
    });
  });
});

test('a chain of bridges as long as buses allow is laid out', () => {
  const [one] = fc.sample(
    anyFacts.filter(({ devices }) => devices.some(({ root }) => root === 0)),
    { numRuns: 1, seed: 1 },
  );
  const bridge = one?.devices.find(({ root }) => root === 0);
  if (one === undefined || bridge === undefined) throw new Error('no such machine is drawn');
  const devices = Array.from({ length: 256 }, (_, i) => ({
    ...bridge,
    name: `${i}`,
    parent: i === 0 ? null : i - 1,
  }));
  const { boxes, boxOf } = layoutOf({ ...one, devices });
  const depths = boxOf.map((box) => boxes[box]?.depth ?? 0);
  expect((depths[255] ?? 0) - (depths[0] ?? 0)).toBe(255);
});

test('twice as many devices are twice as much work', () => {
  for (const facts of fc.sample(anyFacts, { numRuns: 20, seed: 1 })) {
    if (facts.devices.length === 0) continue;
    const [once, twice] = [repeated(facts, 8), repeated(facts, 16)];
    expect(looks(twice) / looks(once)).toBeLessThan(2.2);
  }
});

/** The machine so many times, with groups and root buses of its own each time. */
function repeated({ document, devices, roots }: MachineFacts, times: number): MachineFacts {
  const all = Array.from({ length: times }, (_, i) => i);
  return {
    document: {
      ...document,
      groups: all.flatMap((i) => document.groups.map((of) => ({ ...of, id: of.id + 100 * i }))),
    },
    devices: all.flatMap((i) =>
      devices.map((of) => ({
        ...of,
        name: `${of.name} ${i}`,
        parent: of.parent === null ? null : of.parent + i * devices.length,
        root: of.root === null ? null : of.root + i * roots.length,
        group: of.group === null ? null : of.group + 100 * i,
      })),
    ),
    roots: all.flatMap((i) => roots.map((of) => ({ name: `${of.name} ${i}`, host: null }))),
  };
}

/** How often a layout looks at something of a device. */
function looks(facts: MachineFacts): number {
  let count = 0;
  const watched = facts.devices.map(
    (device) =>
      new Proxy(device, {
        get(of, key) {
          count++;
          return Reflect.get(of, key);
        },
      }),
  );
  layoutOf({ ...facts, devices: watched });
  return count;
}

test.each([
  ['one', [8], '0x8'],
  ['two that follow one another', [8, 9], '0x8 0x9'],
  ['a run', [9, 8, 10, 11], '0x8\u20130xb'],
  ['the same twice', [8, 8], '0x8'],
  ['apart', [1, 0x100, 3], '0x1 0x3 0x100'],
])('IDs of an edge: %s', (_what, ids, text) => {
  expect(idsText(ids.map((id) => ({ id, mask: 0 })))).toBe(text);
});

test('IDs with a mask stand alone, with the mask behind a slash', () => {
  expect(
    idsText([
      { id: 0x10, mask: 0xf },
      { id: 0x11, mask: 0 },
    ]),
  ).toBe('0x10/0xf 0x11');
});

function apart(a: Box, b: Box): boolean {
  return (
    a.x + a.width <= b.x || b.x + b.width <= a.x || a.y + a.height <= b.y || b.y + b.height <= a.y
  );
}

function fieldOf(boxes: readonly Box[], box: number): Box | undefined {
  let at = boxes[box];
  while (at !== undefined && at.kind !== 'iommu' && at.kind !== 'outcome')
    at = at.parent === null ? undefined : boxes[at.parent];
  return at;
}
