import fc from 'fast-check';
import { expect, test } from 'vitest';
import { jsonPieces } from '../../src/util/index.ts';

const names = fc.constantFrom('', 'devices', 'a "list"', '\n  "devices": [', '__proto__');
const entry = fc.oneof(fc.jsonValue(), names);
const list = fc.tuple(entry, fc.constantFrom(0, 1, 255, 256, 257, 700));
const value = fc.oneof(
  fc.jsonValue(),
  list.map(([one, length]) => Array.from({ length }, () => one)),
  fc.constant(undefined),
);

test('a document in pieces is the document', () => {
  fc.assert(
    fc.property(fc.dictionary(names, value), (document) => {
      expect(JSON.parse([...jsonPieces(document)].join(''))).toStrictEqual(
        JSON.parse(JSON.stringify(document)),
      );
    }),
    { numRuns: 300 },
  );
});

test('and looks like it, too, wherever it is cut', () => {
  const devices = Array.from({ length: 700 }, (_, i) => ({ name: `device ${i}`, ids: [i] }));
  const document = { version: 1, empty: [], devices, groups: devices.slice(0, 300), last: {} };
  const pieces = [...jsonPieces(document)];
  expect(pieces.join('')).toBe(JSON.stringify(document, null, 2));
  expect(pieces.length).toBeGreaterThan(5);
});

test('what terminals obey is escaped in every piece', () => {
  const devices = Array.from({ length: 300 }, () => '\x9b31m');
  const text = [...jsonPieces({ '\u202e': devices, last: '\x7f' })].join('');
  expect(text).not.toMatch(/[\x7f-\x9f\u202e]/);
  expect(JSON.parse(text)).toStrictEqual({ '\u202e': devices, last: '\x7f' });
});
