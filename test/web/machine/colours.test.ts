// That what is written in the picture can be read on any colour in it, in the light and in the dark.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

const css = ['style.css', 'machine/overview.css'].map((name) =>
  readFileSync(new URL(`../../../web/${name}`, import.meta.url), 'utf8'),
);

/** Colours by their names, as they are in the light, or in the dark. */
function colours(dark: boolean): Map<string, string> {
  const found = new Map<string, string>();
  for (const text of css) {
    const at = text.indexOf('@media (prefers-color-scheme: dark)');
    // Of the dark, what is said there stands above what is said before.
    const parts = dark ? [text.slice(0, at), text.slice(at)] : [text.slice(0, at)];
    for (const part of parts)
      for (const [, name = '', value = ''] of part.matchAll(/--([\w-]+): (#[\da-f]{6})/g))
        found.set(name, value);
  }
  return found;
}

/** As WCAG 2 has it: from 1 to 21. */
function contrast(a: string, b: string): number {
  const [light = 0, dark = 0] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return (light + 0.05) / (dark + 0.05);
}

function luminance(colour: string): number {
  const [red = 0, green = 0, blue = 0] = [1, 3, 5].map((at) => {
    const part = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}

const groups = Array.from({ length: 8 }, (_, i) => `group-${i}`);
const outcomes = ['translated', 'identity', 'direct', 'deferred', 'failed', 'absent'];

describe.each([
  ['in the light', false],
  ['in the dark', true],
])('%s', (_when, dark) => {
  const all = colours(dark);
  const of = (name: string): string => {
    const colour = all.get(name);
    if (colour === undefined) throw new Error(`no colour ${name}`);
    return colour;
  };

  test.each(groups)('a title can be read on %s', (group) => {
    expect(contrast(of('text'), of(group))).toBeGreaterThanOrEqual(4.5);
  });

  test.each(outcomes)(
    'the letter of an outcome can be read on %s, and its shape be seen',
    (name) => {
      expect(contrast(of('back'), of(name))).toBeGreaterThanOrEqual(4.5);
      expect(contrast(of('raised'), of(name))).toBeGreaterThanOrEqual(3);
    },
  );

  test.each(['back', 'raised'])('what is beside a name can be read on %s', (ground) => {
    expect(contrast(of('text'), of(ground))).toBeGreaterThanOrEqual(4.5);
    expect(contrast(of('dim'), of(ground))).toBeGreaterThanOrEqual(4.5);
  });

  test('no two colours of groups are the same to somebody who sees no red or no green', () => {
    for (const [i, a] of groups.entries())
      for (const b of groups.slice(i + 1))
        for (const sees of [protan, deutan])
          expect(distance(sees(of(a)), sees(of(b))), `${a} ${b}`).toBeGreaterThan(30);
  });
});

type Rgb = readonly [number, number, number];

function rgb(colour: string): Rgb {
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((at) =>
    Number.parseInt(colour.slice(at, at + 2), 16),
  );
  return [r, g, b];
}

/** Without the cones for red, and for green: after Viénot, Brettel and Mollon (1999), in the simple form. */
function protan(colour: string): Rgb {
  const [r, g, b] = rgb(colour);
  const one = 0.1124 * r + 0.8876 * g;
  return [one, one, 0.004 * r - 0.004 * g + b];
}

function deutan(colour: string): Rgb {
  const [r, g, b] = rgb(colour);
  const one = 0.2928 * r + 0.7072 * g;
  return [one, one, -0.0223 * r + 0.0223 * g + b];
}

function distance([r, g, b]: Rgb, [x, y, z]: Rgb): number {
  return Math.hypot(r - x, g - y, b - z);
}
