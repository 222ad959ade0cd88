import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Checkpoint,
  Explorer,
  explore,
  ModelError,
  type Program,
} from '../../../src/explore/index.ts';
import { sealed } from '../../../src/explore/search/checkpoint.ts';
import { UsageError } from '../../../src/util/index.ts';
import { fib, iommuRace, lastzero, readers } from '../mini/families.ts';
import { miniPrograms, toProgram } from '../mini/mini.ts';
import { truthAbout } from '../mini/oracle.ts';

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
    const renamed = (name: string): Program => ({
      name: 'one',
      setup: (world) => ({ ...readers(3).setup(world), properties: [always(name)] }),
    });
    const always = (name: string) => ({ kind: 'end', name, holds: () => true }) as const;
    const one = new Explorer(renamed('this'));
    one.run(2);
    expect(() => Explorer.resume(renamed('that'), one.checkpoint())).toThrow(
      'does not fit this program',
    );
    expect(Explorer.resume(renamed('this'), one.checkpoint()).executions).toBe(2);
  });
});

/** A search that has found something, written and read. */
function written(): Checkpoint {
  const explorer = new Explorer(iommuRace(1));
  explorer.run(30);
  return JSON.parse(JSON.stringify(explorer.checkpoint()));
}

type Tree = Record<string, unknown>;

/** Where the plain values of a document are: the fields on the way to each. */
function leavesOf(value: unknown, way: readonly string[] = []): (readonly string[])[] {
  if (typeof value !== 'object' || value === null) return [way];
  return Object.entries(value).flatMap(([name, inside]) => leavesOf(inside, [...way, name]));
}

/** The same document with another value in one place. */
function withValue(saved: Checkpoint, way: readonly string[], change: (value: unknown) => unknown) {
  const copy = structuredClone(saved);
  let at = copy as unknown as Tree;
  for (const name of way.slice(0, -1)) at = at[name] as Tree;
  const last = way.at(-1) as string;
  at[last] = change(at[last]);
  return copy;
}

function resumed(saved: Checkpoint): string {
  try {
    const explorer = Explorer.resume(iommuRace(1), saved, { maxExecutions: 60 });
    while (!explorer.run(60));
    return explorer.outcome().verdict;
  } catch (error) {
    // What is wrong is told; a TypeError tells nothing.
    expect(error instanceof UsageError || error instanceof ModelError).toBe(true);
    return (error as Error).message;
  }
}

describe('what was saved and is not whole', () => {
  const saved = written();
  const leaves = leavesOf(saved);

  it('is refused wherever it was changed', () => {
    expect(resumed(saved)).toBe('bug');
    for (const way of leaves.filter((_, i) => i % 7 === 0)) {
      const other = (value: unknown): unknown =>
        typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : 'x';
      expect(resumed(withValue(saved, way, other)), way.join('.')).toMatch(
        /damaged|of version 6|of "x", not of/,
      );
    }
  });

  it('is refused by the field that is not what it must be, whatever its checksum', () => {
    for (const value of [null, 'x', -5, 0.5, {}, [], 2 ** 60])
      for (const way of leaves.filter((_, i) => i % 11 === 0)) {
        if (way[0] === 'sum' || way[0] === 'version') continue;
        const changed = sealed(withValue(saved, way, () => value));
        const said = resumed(changed);
        if (JSON.stringify(value) === JSON.stringify(at(saved, way))) continue;
        if (typeof value === typeof at(saved, way) && value !== -5 && value !== 0.5) continue;
        if (at(saved, way) === null || (value === null && way.at(-1) === 'best')) continue;
        if (value === -5 && way.includes('watch')) continue;
        expect(said, `${way.join('.')} = ${JSON.stringify(value)}`).toMatch(
          /damaged|does not fit|not of/,
        );
      }
  });

  it('never ends in an error that says nothing, with numbers that lead elsewhere', () => {
    fc.assert(
      fc.property(fc.nat(leaves.length - 1), fc.integer({ min: 0, max: 2000 }), (leaf, number) => {
        const way = leaves[leaf] as readonly string[];
        if (typeof at(saved, way) !== 'number' || way[0] === 'version') return;
        resumed(sealed(withValue(saved, way, () => number)));
      }),
      { seed: 2026, numRuns: 60, endOnFailure: true },
    );
  });

  it('is refused when it is nothing like it', () => {
    for (const other of [null, undefined, 5, 'text', [], {}, { version: 5 }])
      expect(resumed(other as never)).toMatch(/damaged/);
    expect(resumed({ ...saved, version: 9 } as never)).toMatch(/is of version 9, and this is/);
  });
});

function at(saved: Checkpoint, way: readonly string[]): unknown {
  return way.reduce((value: unknown, name) => (value as Tree)[name], saved);
}

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
