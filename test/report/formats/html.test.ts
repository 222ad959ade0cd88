import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bugHtml } from '../../../src/report/formats/html.ts';
import { script, scriptHash, style } from '../../../src/report/formats/html-assets.ts';
import { relevantSteps } from '../../../src/report/lanes/relevance.ts';
import { escapeText } from '../../../src/util/index.ts';
import { anyBug, hostile } from '../lanes/any-bug.ts';
import { smallBug, smallWhy } from '../lanes/small-bug.ts';

interface Element {
  readonly name: string;
  readonly attributes: ReadonlyMap<string, string>;
}

interface Page {
  readonly elements: readonly Element[];
  /** Everything between tags, as a reader sees it. */
  readonly text: string;
  readonly scripts: readonly string[];
  readonly styles: readonly string[];
}

const entities: Readonly<Record<string, string>> = {
  '&amp;': '&',
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
};

const tag = /^<(\/?)([a-z][a-z0-9]*)((?: [a-zA-Z][a-zA-Z0-9-]*(?:="[^"<>]*")?)*)(\/?)>/;
const alone = ['meta', 'rect', 'line', 'path'];

/** Reads a page more strictly than any browser: what is not plain markup or plain text is an error. */
function parse(source: string): Page {
  const prologue = '<!doctype html>\n';
  expect(source.startsWith(prologue)).toBe(true);
  const elements: Element[] = [];
  const texts: string[] = [];
  const raw: Record<string, string[]> = { script: [], style: [] };
  const open: string[] = [];
  let at = prologue.length;
  while (at < source.length) {
    const rest = source.slice(at);
    if (!rest.startsWith('<')) {
      const [text = ''] = /^[^<]*/.exec(rest) ?? [];
      expect(text).toMatch(/^(?:[^<>&]|&(?:amp|lt|gt|quot|#39);)*$/);
      texts.push(text.replace(/&[^;]+;/g, (entity) => entities[entity] ?? ''));
      at += text.length;
      continue;
    }
    const [all = '', closes, name = '', list = '', closed] = tag.exec(rest) ?? [];
    expect(all, `a tag at ${rest.slice(0, 60)}`).not.toBe('');
    at += all.length;
    if (closes === '/') {
      expect(open.pop()).toBe(name);
      continue;
    }
    const attributes = new Map<string, string>();
    for (const [, key = '', value = ''] of list.matchAll(
      / ([a-zA-Z][a-zA-Z0-9-]*)(?:="([^"]*)")?/g,
    ))
      attributes.set(key, value);
    elements.push({ name, attributes });
    if (name === 'script' || name === 'style') {
      const end = source.indexOf(`</${name}`, at);
      raw[name]?.push(source.slice(at, end));
      at = end;
    }
    if (alone.includes(name)) expect(closed === '/' || name === 'meta').toBe(true);
    else open.push(name);
  }
  expect(open).toEqual([]);
  return { elements, text: texts.join(''), scripts: raw.script ?? [], styles: raw.style ?? [] };
}

/** What attributes say, whatever the bug: numbers and words of ours. */
const ours: Readonly<Record<string, RegExp>> = {
  lang: /^en$/,
  charset: /^utf-8$/,
  name: /^viewport$/,
  'http-equiv': /^Content-Security-Policy$/,
  content: /^(?:width=device-width, initial-scale=1|default-src 'none'; [\w '/+=;-]+)$/,
  class: /^[a-z]+(?: [a-z]+){0,2}$/,
  id: /^(?:head|why|matter|all|s\d+)$/,
  href: /^#s\d+$/,
  role: /^[a-z]+$/,
  style: /^(?:(?:--lane:-?\d+;)?(?:left|width|height):\d+(?:ch|px)|position:absolute)$/,
  'aria-label': /^(?:The steps that matter|Every step)$/,
  'aria-hidden': /^true$/,
  'marker-end': /^url\(#head\)$/,
  markerUnits: /^userSpaceOnUse$/,
  viewBox: /^0 0 8 8$/,
  orient: /^auto$/,
  d: /^M0 0.5 8 4 0 7.5z$/,
  open: /^$/,
};
const measure = /^-?\d+(?:\.5)?(?:ch)?$/;

test('a small bug looks as it did', async () => {
  const page = bugHtml(smallBug, {
    title: 'small, kernel none',
    token: 'f1/none/small/0:a/b',
    why: smallWhy,
  });
  await expect(`${page}\n`).toMatchFileSnapshot('../../golden/bug-html.txt');
});

describe('whatever the strings of a bug', () => {
  test('they become text, and no tag, attribute, style or script', () => {
    fc.assert(
      fc.property(anyBug, hostile, hostile, hostile, (bug, title, token, reason) => {
        const why = { ...smallWhy, text: reason };
        const { elements, scripts, styles, text } = parse(bugHtml(bug, { title, token, why }));
        expect(scripts).toEqual([script]);
        expect(styles).toEqual([style]);
        for (const { name, attributes } of elements) {
          expect(['img', 'link', 'iframe', 'object', 'form', 'base']).not.toContain(name);
          for (const [key, value] of attributes) expect(value).toMatch(ours[key] ?? measure);
        }
        for (const shown of [title, token, bug.message]) expect(text).toContain(escapeText(shown));
      }),
      { seed: 20231121, numRuns: 300 },
    );
  });

  test('nothing in the page controls a terminal or turns text around', () => {
    fc.assert(
      fc.property(anyBug, hostile, (bug, title) => {
        const page = bugHtml(bug, { title, token: null });
        expect(page.split('\n').filter((line) => line !== escapeText(line))).toEqual([]);
      }),
      { seed: 20231121, numRuns: 300 },
    );
  });
});

test('the page allows its own script and no other, and asks nobody for anything', () => {
  const { elements } = parse(bugHtml(smallBug, { title: '', token: null }));
  const policy = elements.find(({ attributes }) => attributes.has('http-equiv'));
  expect(scriptHash).toBe(`sha256-${createHash('sha256').update(script).digest('base64')}`);
  expect(policy?.attributes.get('content')).toBe(
    `default-src 'none'; style-src 'unsafe-inline'; script-src '${scriptHash}'; base-uri 'none'; form-action 'none'`,
  );
  expect(`${style}${script}`).not.toMatch(/url\(|@import|https?:|<\//);
});

test('without scripts every step is there, and those that matter stand apart', () => {
  const { elements } = parse(bugHtml(smallBug, { title: '', token: null }));
  const details = elements.find(({ name }) => name === 'details');
  expect(details?.attributes.has('open')).toBe(true);
  const ids = elements.flatMap(({ attributes }) => attributes.get('id') ?? []);
  const steps = smallBug.steps.filter(({ op }) => op !== 'call').length;
  expect(ids.filter((id) => /^s\d+$/.test(id))).toHaveLength(steps);
  const matter = relevantSteps(smallBug).filter(Boolean).length;
  const links = elements.filter(({ attributes }) => attributes.has('href'));
  expect(links).toHaveLength(steps + matter);
});

test('every link leads to a step', () => {
  const { elements } = parse(bugHtml(smallBug, { title: '', token: null }));
  const ids = new Set(elements.map(({ attributes }) => `#${attributes.get('id') ?? ''}`));
  for (const { attributes } of elements) {
    const href = attributes.get('href');
    if (href !== undefined) expect(ids).toContain(href);
  }
});

test('a bug without an execution says so', () => {
  const bug = { ...smallBug, tasks: [], steps: [], at: null };
  expect(parse(bugHtml(bug, { title: '', token: null })).text).toContain('no execution to show');
});

test('what is only seen at the end is said below the steps', () => {
  const { text } = parse(bugHtml({ ...smallBug, at: null }, { title: '', token: null }));
  expect(text).toContain('At the end: dev->iommu is NULL');
});
