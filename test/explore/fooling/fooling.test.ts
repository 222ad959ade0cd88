import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  type BugKind,
  type ExploreOptions,
  Explorer,
  explore,
  ModelError,
  type Outcome,
  Piece,
  type Program,
} from '../../../src/explore/index.ts';
import {
  corners,
  endless,
  hidden,
  limits,
  notAProgram,
  notTheSame,
  rare,
  reachedEarly,
  thrown,
  values,
} from './fooling.ts';
import { tampering, unseen } from './fooling-again.ts';
import { forgotten, outside } from './fooling-outside.ts';

/** What an exploration says of a program, whatever it says: the error, or the verdict and the bugs. */
function saidOf(program: Program): string {
  try {
    const { verdict, bugs } = explore(program);
    return [`${verdict}:`, ...bugs.map(({ message }) => message)].join(' ');
  } catch (error) {
    expect(error).toBeInstanceOf(ModelError);
    return (error as ModelError).message;
  }
}

describe('a program that is not the same each time stops the exploration', () => {
  it.each(notTheSame)('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });
});

// Before the bounds nothing has been seen that a later setup could differ from.
it.each([
  ['task', 3],
  ['property', 4],
] as const)('nor may a %s change for good, from whichever setup on', (where, first) => {
  for (let from = first; from < 40; from++)
    expect(saidOf(hidden(from, where)), `from setup ${from} on`).not.toContain('clean');
});

describe('nor may what one execution in hundreds shows change for good', () => {
  const froms = [4, 5, 9, 20, 60, 150, 400];
  it.each(froms)('from setup %i on', (from) => {
    for (const from_ of [true, false])
      expect(saidOf(rare(from, from_))).toContain('not deterministic: one schedule has');
  });

  it.each(froms)('from setup %i on, of a search that is gone on with', (from) => {
    let explorer = new Explorer(rare(1, false));
    explorer.run(3);
    explorer = Explorer.resume(rare(from + 1, true), explorer.checkpoint());
    expect(() => explorer.run(1_000)).toThrow('not deterministic: one schedule has');
  });

  it.each(froms)('from setup %i on, while somebody else explores ahead', (from) => {
    const program = rare(from, true);
    const explorer = new Explorer(program);
    expect(() => {
      while (!explorer.run(8)) {
        const next = explorer.ahead(0);
        if (next === null) continue;
        const piece = new Piece(program, next.piece);
        piece.run(20);
        explorer.deliver(next.number, piece.save());
      }
      explorer.outcome();
    }).toThrow('not deterministic: ');
  });

  it('when it is over, and bugs are written down', () => {
    let isLate = false;
    const program: Program = { ...rare(1, false), setup: (world) => rare(1, isLate).setup(world) };
    const explorer = new Explorer(program);
    expect(explorer.run(1_000)).toBe(true);
    isLate = true;
    expect(() => explorer.outcome()).toThrow('not deterministic: run again, an execution does not');
  });
});

describe('state outside that setup resets is none of that, and is explored', () => {
  /** How many executions a search has, and what it says. */
  const explored = ({ executions, verdict, bugs }: Outcome): string =>
    [
      `${executions} ${verdict}${bugs.length > 0 ? ':' : ''}`,
      ...bugs.map(({ message }) => message),
    ].join(' ');

  it.each(outside)('%s', (_what, program, said) => {
    for (const worlds of ['kept', 'fresh', 'compared'] as const) {
      const outcome = explore(program(true), { worlds });
      expect(explored(outcome), worlds).toBe(said);
      expect(outcome.worlds).toBe('fresh');
    }
  });

  it.each(outside)(
    '%s, in a search that is gone on with after each execution',
    (_what, of, said) => {
      const program = of(true);
      let explorer = new Explorer(program);
      while (!explorer.run(1)) explorer = Explorer.resume(program, explorer.checkpoint());
      expect(explored(explorer.outcome())).toBe(said);
    },
  );

  it.each(outside)('%s: not where setup leaves it as it is', (_what, program, _explored, said) => {
    expect(saidOf(program(false))).toContain(said);
  });
});

it('nor what the first execution shows, when no check sees it', () => {
  expect(() => explore(reachedEarly(), { worlds: 'fresh' })).toThrow(
    'one schedule has "early" once, and "nothing" another time',
  );
});

describe('what is no program is refused', () => {
  it.each(notAProgram)('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });
});

describe('whatever is thrown is told', () => {
  it.each(thrown)('%s', (_what, program, said) => {
    const text = saidOf(program());
    expect(text).toContain(said);
    expect(text.length).toBeLessThan(3000);
  });
});

describe('what does not end is stopped', () => {
  it.each(endless)('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });

  it('in time that grows with its steps, not with their square', () => {
    const [, loops] = endless[1] as (typeof endless)[number];
    const seconds = (maxSteps: number): number => {
      const start = performance.now();
      expect(() => explore(loops(), { maxSteps })).toThrow(`${maxSteps} steps`);
      return performance.now() - start;
    };
    seconds(10_000);
    // Quadratic, it was 29 times as long.
    expect(seconds(100_000)).toBeLessThan(20 * Math.max(20, seconds(20_000)));
  });
});

describe('values and corners hide nothing', () => {
  it.each([...values, ...corners])('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });
});

describe('hands in the pockets of the explorer hide nothing', () => {
  it.each(tampering)('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });
});

describe('the limits are those that the guide names', () => {
  it.each([...limits, ...unseen])('%s', (_what, program, said) => {
    expect(saidOf(program())).toContain(said);
  });
});

it('what is in a variable, and shown by one order in thousands, is seen in fresh worlds only', () => {
  expect(explore(forgotten())).toMatchObject({ verdict: 'clean', worlds: 'kept' });
  expect(explore(forgotten(), { worlds: 'fresh' })).toMatchObject({ verdict: 'bug' });
});

describe('options', () => {
  const [, race] = corners[0] as (typeof corners)[number];

  it('that leave a kind of bugs out are part of the outcome', () => {
    expect(explore(race(), { ignore: ['property'] }).ignored).toEqual(['property']);
  });

  it('that cut a search short never make it clean', () => {
    for (let maxExecutions = 1; maxExecutions < 4; maxExecutions++)
      expect(explore(race(), { maxExecutions }).verdict).not.toBe('clean');
  });

  it('are those of the beginning', () => {
    const ignore: BugKind[] = ['property'];
    const explorer = new Explorer(race(), { ignore });
    explorer.run(1_000);
    ignore.length = 0;
    expect(explorer.outcome()).toMatchObject({ verdict: 'clean', ignored: ['property'] });
  });

  it.each<[string, ExploreOptions, ExploreOptions]>([
    ['ignored before, and not any more', { ignore: ['property'] }, {}],
    ['ignored from now on', {}, { ignore: ['property'] }],
    ['counted from now on', {}, { histogram: true }],
  ])('stay what they are in a search that is gone on with: %s', (_what, before, after) => {
    for (const executions of [1, 1_000]) {
      const explorer = new Explorer(race(), before);
      explorer.run(executions);
      const saved = explorer.checkpoint();
      expect(() => Explorer.resume(race(), saved, after)).toThrow('has other options');
      expect(Explorer.resume(race(), saved, before).run(1_000)).toBe(true);
    }
  });

  it('are no getters', () => {
    const options = Object.defineProperty({}, 'ignore', { get: () => [], enumerable: true });
    expect(() => explore(race(), options)).toThrow('"ignore" of the options');
  });
});

it('every try is on the page', () => {
  const page = readFileSync(new URL('../../../docs/internals/fooling.md', import.meta.url), 'utf8');
  for (const [what, , said] of [
    ...[...notTheSame, ...notAProgram, ...thrown],
    ...[...endless, ...values, ...corners, ...limits],
    ...[...tampering, ...unseen],
  ]) {
    expect(page).toContain(what);
    expect(page).toContain(said);
  }
  for (const row of outside)
    for (const text of row) if (typeof text === 'string') expect(page).toContain(text);
});
