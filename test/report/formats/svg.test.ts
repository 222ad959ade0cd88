import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bug } from '../../../src/explore/index.ts';
import { bugSvg } from '../../../src/report/formats/svg.ts';
import { escapeText } from '../../../src/util/index.ts';
import { anyBug, hostile } from '../lanes/any-bug.ts';
import { smallBug, smallWhy } from '../lanes/small-bug.ts';

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const tag = /<(\/?)([A-Za-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/y;

interface Picture {
  readonly names: ReadonlySet<string>;
  /** All values of each attribute. */
  readonly attributes: ReadonlyMap<string, readonly string[]>;
  /** The text of each element that has nothing but text, by its name. */
  readonly texts: readonly (readonly [name: string, text: string])[];
}

/** Reads a picture more strictly than any reader of XML: what is not plain markup or plain text is an error. */
function parse(source: string): Picture {
  expect(source).not.toMatch(/[\ufffe\uffff]|\p{Surrogate}/u);
  const names = new Set<string>();
  const attributes = new Map<string, string[]>();
  const texts: [string, string][] = [];
  const open: string[] = [];
  for (let at = 0; at < source.length; ) {
    const [text = ''] = /^[^<]*/.exec(source.slice(at)) ?? [];
    if (open.at(-1) !== 'style') expect(text).toMatch(/^(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)*$/);
    if (text.trim() !== '')
      texts.push([open.at(-1) ?? '', text.replace(/&[^;]+;/g, (entity) => entities[entity] ?? '')]);
    at += text.length;
    if (at === source.length) break;
    tag.lastIndex = at;
    const [all = '', closes, name = '', list = '', closed] = tag.exec(source) ?? [];
    expect(all, `a tag at ${source.slice(at, at + 60)}`).not.toBe('');
    at += all.length;
    if (closes === '/') {
      expect(open.pop()).toBe(name);
      continue;
    }
    names.add(name);
    for (const [, key = '', value = ''] of list.matchAll(/ ([a-zA-Z-]+)="([^"]*)"/g))
      attributes.set(key, [...(attributes.get(key) ?? []), value]);
    if (closed === '') open.push(name);
  }
  expect(open).toEqual([]);
  return { names, attributes, texts };
}

test('a small bug looks as it did', async () => {
  const picture = bugSvg(smallBug, {
    title: 'small, kernel none',
    token: 'f1/none/small/0:a/b',
    why: smallWhy,
  });
  await expect(`${picture}\n`).toMatchFileSnapshot('../../golden/bug-svg.txt');
});

describe('whatever the strings of a bug', () => {
  const any = fc.tuple(anyBug, hostile, hostile, hostile);
  const pictureOf = ([bug, title, token, text]: readonly [Bug, string, string, string]): string =>
    bugSvg(bug, { title, token, why: { ...smallWhy, text } });

  test('they become text, and no element or attribute; nothing runs, or is asked for from elsewhere', () => {
    fc.assert(
      fc.property(any, (all) => {
        const { names, attributes } = parse(pictureOf(all));
        const drawn = ['svg', 'title', 'desc', 'style', 'defs', 'marker', 'path', 'rect', 'g'];
        expect([...names].filter((name) => ![...drawn, 'text', 'polyline'].includes(name))).toEqual(
          [],
        );
        for (const [name, values] of attributes) {
          expect(name).not.toMatch(/^on|href/);
          for (const value of values)
            expect(`${name}=${value}`).toMatch(
              /^(?:[a-zA-Z-]+=[\w .,()#-]*|xmlns=http:\/\/www\.w3\.org\/2000\/svg)$/,
            );
        }
      }),
      { seed: 20231121, numRuns: 200 },
    );
  });

  test('its title and its description say what there is to see', () => {
    fc.assert(
      fc.property(any, (all) => {
        const { texts } = parse(pictureOf(all));
        const told = (name: string): string => texts.find(([of]) => of === name)?.[1] ?? '';
        const safe = (text: string): string =>
          escapeText(text).replace(
            /[\ufffe\uffff]/g,
            (char) => `\\u{${char.charCodeAt(0).toString(16)}}`,
          );
        expect(told('title')).toContain(safe(all[1]));
        if (all[3].trim() !== '') expect(told('desc')).toContain(safe(all[3]));
      }),
      { seed: 20231121, numRuns: 200 },
    );
  });
});

test('each row is as wide as its text, whatever the font, and nothing lies outside', () => {
  const picture = bugSvg(smallBug, { title: 'small', token: 'x'.repeat(400), why: smallWhy });
  const [, width = ''] = /^<svg [^>]*width="(\d+)"/.exec(picture) ?? [];
  const ends = [...picture.matchAll(/ x="(\d+)"[^>]* textLength="(\d+)"/g)].map(
    ([, x, length]) => Number(x) + Number(length),
  );
  expect(ends.length).toBeGreaterThan(10);
  expect(Math.max(...ends)).toBeLessThan(Number(width));
});
