import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { perform } from '../../../src/cli/pieces/perform.ts';
import type { Piece, ResultOf, SearchPiece } from '../../../src/cli/pieces/piece.ts';
import { packedResult, resultIn } from '../../../src/cli/queue/travel/result.ts';
import { mostOfResult } from '../../../src/cli/queue/travel/sizes.ts';
import { requestOf } from '../../../src/cli/search/request.ts';
import { builtinShape, scenarioOf } from '../../../src/scenarios/index.ts';
import { escapeText } from '../../../src/util/index.ts';
import { capture, root } from '../fwspec.ts';

const quiet = { requested: false };
const options = readOptions([
  'check',
  'x',
  '--max-executions',
  '150',
  '--histogram',
  '--cross-check',
]);
const scenario = scenarioOf('cover-letter');
const search: SearchPiece = {
  kind: 'search',
  request: requestOf(
    scenario,
    builtinShape(scenario, null, null, {}),
    'v6.7-rc1',
    { ...options, crossCheck: false },
    'all',
  ),
};
const { kernel, patch, asked, assume } = options;
const lint: Piece = {
  kind: 'lint',
  given: `${root}/test/fixtures/dtb/dtb-cells2-map5.dtb`,
  isWalked: false,
  options: { kernel, patch, asked, assume },
};
const path = capture('x86-vtd-p2p-k7.3');
const verify: Piece = {
  kind: 'verify',
  path,
  given: path,
  answers: null,
  options: { kernel, patch, asked, maxExecutions: null },
};
const pieces = { search, lint, verify };

const results = new Map<Piece, ResultOf<Piece>>();
beforeAll(async () => {
  for (const piece of Object.values(pieces))
    results.set(piece, await perform(piece, quiet, () => {}));
});
const resultOf = (piece: Piece) => results.get(piece) as ResultOf<Piece>;

const wrong = 'its result in the queue is not what a worker of this version gives';

/** As somebody could have put it there. */
const raw = (value: unknown): Buffer => deflateRawSync(JSON.stringify(value));

describe.each(Object.entries(pieces))('the result of a piece: %s', (_kind, piece) => {
  test('comes out as it went in', async () => {
    const came = await resultIn(await packedResult({ result: resultOf(piece) }), piece);
    expect(JSON.stringify(came)).toBe(JSON.stringify({ result: resultOf(piece) }));
  });

  test('is of that piece and of no other', async () => {
    for (const other of Object.values(pieces)) {
      if (other === piece) continue;
      const came = await resultIn(await packedResult({ result: resultOf(other) }), piece);
      expect(came).toEqual({ error: wrong });
    }
  });

  test('changed anywhere it is refused, or is one all the same', async () => {
    const text = JSON.stringify(resultOf(piece));
    const leaves = [
      ...text.matchAll(/(?<=[:,[])(?:"(?:[^"\\]|\\.)*"|-?\d+|true|false|null)(?=[,}\]])/g),
    ];
    expect(leaves.length).toBeGreaterThan(10);
    await fc.assert(
      fc.asyncProperty(fc.nat(leaves.length - 1), fc.jsonValue(), async (at, value) => {
        const { index, 0: leaf } = leaves[at] as RegExpMatchArray & { index: number };
        const changed = `${text.slice(0, index)}${JSON.stringify(value)}${text.slice(index + leaf.length)}`;
        const came = await resultIn(raw({ result: JSON.parse(changed) }), piece);
        if ('error' in came) expect(came.error).toBe(wrong);
      }),
      { numRuns: 60 },
    );
  });
});

test('that of another kernel is refused', async () => {
  const of = { ...search, request: { ...search.request, kernel: 'v7.3' } };
  const came = await resultIn(await packedResult({ result: resultOf(search) }), of);
  expect(came).toEqual({ error: wrong });
});

test('a witness that is one of the bugs is the very same afterwards', async () => {
  const came = await resultIn(await packedResult({ result: resultOf(search) }), search);
  if (!('result' in came) || !('outcome' in came.result)) throw new Error('no exploration');
  const { bugs, causes } = came.result.outcome;
  const shared = causes.flatMap(({ witnesses }) => witnesses.filter((one) => bugs.includes(one)));
  expect(shared.length).toBeGreaterThan(0);
});

describe('nothing in a result tells a terminal anything', () => {
  const sequence = '\x1b]0;gotcha\x07';

  test('a name of a bug with an escape sequence is refused', async () => {
    const text = JSON.stringify(resultOf(search)).replace(
      /"title":"/,
      `"title":${JSON.stringify(sequence).slice(0, -1)}`,
    );
    expect(await resultIn(raw({ result: JSON.parse(text) }), search)).toEqual({ error: wrong });
  });

  test('an error is one line, escaped and short', async () => {
    const came = await resultIn(raw({ error: `${sequence}\nnext${'x'.repeat(100_000)}` }), search);
    if (!('error' in came)) throw new Error('no error');
    expect(came.error).toBe(escapeText(came.error));
    expect(came.error.length).toBeLessThan(10_000);
    expect(came.error).not.toContain('\n');
  });

  test('what mends a source is refused: nobody else knows the sources', async () => {
    const text = JSON.stringify(resultOf(lint));
    const fix =
      '{"fix":[{"file":"/etc/passwd","line":1,"column":1,"endLine":1,"endColumn":2,"text":""}],';
    const value: unknown = JSON.parse(text.replace('"findings":[{', `"findings":[${fix}`));
    expect(text).toContain('"findings":[{');
    expect(await resultIn(raw({ result: value }), lint)).toEqual({ error: wrong });
  });
});

describe('what is no result is an error of its piece', () => {
  const unreadable = { error: 'its result in the queue cannot be read' };

  test.each<[string, Buffer]>([
    ['nothing', Buffer.alloc(0)],
    ['bytes', Buffer.from('no result')],
    ['half of one', raw({ result: 'x'.repeat(1000) }).subarray(0, 8)],
    ['more than anybody wants to have', deflateRawSync(`{"error":"x"${' '.repeat(mostOfResult)}}`)],
    ['no JSON', deflateRawSync('{')],
  ])('%s', async (_what, bytes) => {
    expect(await resultIn(bytes, search)).toEqual(unreadable);
  });

  test.each([
    null,
    7,
    [],
    {},
    { result: null },
    { result: { outcome: { bugs: [], causes: [{ witnesses: [9] }] } } },
  ])('%j', async (value) => {
    expect(await resultIn(raw(value), search)).toEqual({ error: wrong });
  });
});
