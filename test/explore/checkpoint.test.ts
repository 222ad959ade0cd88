import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Checkpoint, Explorer, explore, type Program } from '../../src/explore/index.ts';
import { fib, iommuRace, lastzero, readers } from './families.ts';
import { miniPrograms, toProgram } from './mini.ts';
import { truthAbout } from './oracle.ts';

/** Explore `each` executions at a time, through JSON and a new explorer every time. */
function inPieces(program: Program, each: number): ReturnType<typeof explore> {
  let explorer = new Explorer(program, { histogram: true });
  while (!explorer.run(each)) {
    const saved: Checkpoint = JSON.parse(JSON.stringify(explorer.checkpoint()));
    explorer = Explorer.resume(program, saved, { histogram: true });
  }
  return explorer.outcome();
}

describe('an exploration that is saved and resumed', () => {
  it.each([iommuRace(1), readers(5), lastzero(5), fib(3)])(
    'loses nothing of $name and does nothing twice',
    (program) => {
      const { transitions: _all, ...whole } = explore(program, { histogram: true });
      for (const each of [1, 7, 50]) {
        const { transitions: _pieces, ...pieces } = inPieces(program, each);
        expect(pieces).toEqual(whole);
      }
    },
  );

  it('loses nothing of random programs', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(miniPrograms, fc.integer({ min: 1, max: 5 }), (mini, each) => {
        if (truthAbout(mini, 500) === null) return;
        const { transitions: _all, ...whole } = explore(toProgram(mini), { histogram: true });
        const { transitions: _pieces, ...pieces } = inPieces(toProgram(mini), each);
        expect(pieces).toEqual(whole);
      }),
      { seed: 1990, numRuns: 40, endOnFailure: true },
    );
  });

  it('is refused for another program', () => {
    const explorer = new Explorer(readers(3));
    explorer.run(2);
    const saved = explorer.checkpoint();
    expect(() => Explorer.resume(readers(4), saved)).toThrow('not of "readers(4)"');
    expect(() => Explorer.resume({ ...lastzero(3), name: 'readers(3)' }, saved)).toThrow(
      'does not fit this program',
    );
  });
});

describe('the estimate of all executions', () => {
  it('is exact at the end, and there is one from the start', () => {
    const explorer = new Explorer(lastzero(8), { ignore: ['data-race'] });
    explorer.run(100);
    const early = explorer.estimate;
    expect(early.executions).toBeGreaterThan(100);
    expect(early.low).toBeLessThanOrEqual(early.executions);
    expect(early.high).toBeGreaterThanOrEqual(early.executions);
    while (!explorer.run(1000));
    expect(explorer.estimate).toEqual({ executions: 704, low: 704, high: 704 });
  });
});
