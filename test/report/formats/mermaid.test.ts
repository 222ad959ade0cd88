import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bugDiagram } from '../../../src/report/formats/mermaid.ts';
import { escapeText } from '../../../src/util/index.ts';
import { anyBug, hostile } from '../lanes/any-bug.ts';
import { smallBug, smallWhy } from '../lanes/small-bug.ts';

/** Text in which nothing means anything to Mermaid, but for the numbers of characters. */
const safe = String.raw`(?:[A-Za-z0-9_ .:,/()*+=!?@>[\]|-]|#\d+;)*`;
const note = String.raw`Note over T\d+(?:,T\d+)?: (?:${safe}<br/>)?${safe}`;
const known = new RegExp(
  [
    'sequenceDiagram',
    `    title ${safe}`,
    String.raw`    participant T\d+ as ${safe}`,
    String.raw`    T\d+-->>T\d+: ${safe}`,
    `    ${note}`,
    String.raw`    rect rgba\([\d., ]+\)`,
    `        ${note}`,
    '    end',
    String.raw`    %% fwspec replay [^{}\n]*`,
  ]
    .map((line) => `^${line}$`)
    .join('|'),
);

const random = { seed: 20231121, numRuns: 500 };

function diagram(bug = smallBug): string[] {
  const token = 'f1/none/small/0:a/b';
  return bugDiagram(bug, { title: 'small, kernel none', token, why: smallWhy });
}

test('a small bug looks as it did', async () => {
  await expect(`${diagram().join('\n')}\n`).toMatchFileSnapshot('../../golden/bug-mermaid.txt');
});

test('whatever the strings of a bug, each line is one that Mermaid knows, and nothing else', () => {
  fc.assert(
    fc.property(
      anyBug,
      hostile,
      hostile,
      hostile,
      fc.boolean(),
      (bug, title, token, text, full) => {
        const why = { ...smallWhy, text };
        for (const line of bugDiagram(bug, { title, token, full, why })) {
          expect(line).toMatch(known);
          expect(line).toBe(escapeText(line));
          const [, shown = ''] = / (?:title|as|: )(.*)$/.exec(line) ?? [];
          expect(shown).not.toMatch(/\bend\b|^ *:? *(?:no)?wrap *:|style[^#]*:#/i);
        }
      },
    ),
    random,
  );
});

test('a reader of the diagram sees the strings as they are', () => {
  fc.assert(
    fc.property(hostile, (message) => {
      const [, title = ''] = diagram({ ...smallBug, message });
      const read = title.replace(/#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)));
      const expected = `    title small, kernel none: ${escapeText(message)}`;
      expect(read).toBe(expected.replace(/(\S) {2,}/g, '$1 '));
    }),
    random,
  );
});

test('every rectangle is closed before the next begins', () => {
  fc.assert(
    fc.property(anyBug, (bug) => {
      const marks = diagram(bug).filter((line) => /^ {4}(?:rect |end$)/.test(line));
      marks.forEach((line, i) => {
        expect(line.trim() === 'end').toBe(i % 2 === 1);
      });
      expect(marks.length % 2).toBe(0);
    }),
    random,
  );
});

test('only tasks that take part are participants, and nobody else is spoken of', () => {
  fc.assert(
    fc.property(anyBug, (bug) => {
      const lines = diagram(bug).filter((line) => !/^ {4}(?:title|%%)/.test(line));
      const declared = lines.flatMap((line) => /^ {4}participant (T\d+) /.exec(line)?.[1] ?? []);
      const used = lines
        .filter((line) => !line.startsWith('    participant'))
        .flatMap((line) => line.split(': ')[0]?.match(/T\d+/g) ?? []);
      expect(new Set(used)).toEqual(new Set(declared));
    }),
    random,
  );
});
