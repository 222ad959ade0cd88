// What the worker of the races answers, without a browser.
import { describe, expect, test } from 'vitest';
import { StateCursor } from '../../src/explore/index.ts';
import { verdictText } from '../../web/race/found.ts';
import { reportedText } from '../../web/race/words.ts';
import { played } from '../../web/worker/races/played.ts';
import { RaceSearch } from '../../web/worker/races/search.ts';
import { witness } from '../../web/worker/races/witness.ts';

const cover = { scenario: 'cover-letter', kernel: 'v6.7-rc1', driver: null, device: null };
const of = 'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1';
const token = `${of}/0:lyfqi+1:y2qie+0:ug237.2/qa0c5`;

/** A search to its end, or so many slices of it. */
function searched(asked: typeof cover, slices = Number.POSITIVE_INFINITY): RaceSearch {
  const search = new RaceSearch(asked);
  for (let i = 0; i < slices && !search.run(5).isDone; i++);
  return search;
}

describe('a search', () => {
  test('in slices finds the same as in one go', () => {
    const [one, other] = [searched(cover), new RaceSearch(cover)];
    other.run(60_000);
    expect(one.found(true)).toEqual(other.found(true));
    expect(one.found(true).complete).toBe(true);
  });

  test('that was stopped is incomplete whatever it has found, and goes on', () => {
    const search = searched({ ...cover, kernel: 'v6.7', scenario: 'two-iommus' }, 1);
    const { complete, verdict, causes, executions } = search.found(false);
    expect([complete, causes]).toEqual([false, null]);
    expect(verdict).not.toBe('clean');
    expect(search.run(20).executions).toBeGreaterThan(executions);
  });

  test('says what it has found with the slice that finds it, and nothing without news', () => {
    const search = new RaceSearch(cover);
    let last: ReturnType<RaceSearch['found']> | null = null;
    for (let isDone = false; !isDone; ) {
      const { found, bugs, dataRaces, ...progress } = search.run(5);
      isDone = progress.isDone;
      const known = last === null ? -1 : last.bugs.length + last.dataRaces.length;
      expect(found !== null).toBe(bugs + dataRaces !== known);
      last = found ?? last;
      expect([last?.bugs.length, last?.dataRaces.length]).toEqual([bugs, dataRaces]);
    }
    const ids = (found: typeof last): string[] | undefined =>
      found?.bugs.map(({ id }) => id).sort();
    expect(ids(last)).toEqual(ids(search.found(false)));
  });

  test.each([
    ['probe-defers', 'v6.7-rc1', /^1 data race, in all 14 executions\.$/],
    ['second-configure', 'v6.7-rc1', /^Nothing goes wrong, in the only execution that there is\.$/],
    ['unload', 'v6.7-rc1', /^2 bugs with 2 causes, and 3 data races, in all 12 executions\.$/],
  ])(
    'of %s on %s is told in a sentence that names nothing of which there is none',
    (scenario, kernel, says) => {
      const found = searched({ ...cover, scenario, kernel }).found(true);
      expect(verdictText(found)).toMatch(says);
    },
  );

  test('is plain data, that a worker can send', () => {
    const found = searched({ ...cover, kernel: 'v6.7' }).found(true);
    expect(found.bugs).not.toEqual([]);
    expect(structuredClone(found)).toEqual(found);
    for (const { token: known } of found.bugs) {
      const shown = witness(known ?? '');
      expect(structuredClone(shown)).toEqual(shown);
    }
  });

  test.each([
    ['no such scenario', { ...cover, scenario: 'none' }, 'unknown scenario "none"'],
    ['no such kernel', { ...cover, kernel: 'v0' }, 'unknown kernel "v0"'],
    ['no such driver', { ...cover, driver: 'none' }, 'unknown driver "none"'],
    ['none that fits', { ...cover, scenario: 'two-iommus', driver: 'intel-iommu' }, 'does not fit'],
  ])('of %s says so', (_name, asked, says) => {
    expect(() => new RaceSearch(asked as typeof cover)).toThrow(says);
  });
});

describe('a witness', () => {
  test('says the same as the terminal, row by row', () => {
    const { matter, tasks, pair, at } = witness(token);
    const text = matter.map(({ task, name, access }) => `${tasks[task]} ${name} ${access}`);
    expect(text).toContain('CPU1  iommu_device_register() dev_iommu_free [1] dev->iommu = NULL');
    expect(text.at(-1)).toContain('*** NULL pointer dereference');
    expect(pair).not.toBeNull();
    expect(at).not.toBeNull();
  });

  test('has a twin that ends without it; both are the same up to where they differ', () => {
    const { twin, every, states } = witness(token);
    if (twin === null) throw new RangeError('no twin');
    expect(twin.failures).toEqual([]);
    const upToThere = (rows: typeof every): string[] =>
      rows
        .filter(({ step }) => step !== null && step < twin.differs)
        .map(({ access }) => access.replace(/^\[\d\] /, ''));
    expect(upToThere(twin.every)).toEqual(upToThere(every));
    const [one, other] = [new StateCursor(states), new StateCursor(twin.states)];
    one.go(twin.differs);
    other.go(twin.differs);
    const place = (of: typeof states): number =>
      of.places.findIndex(({ name }) => name === 'dev->iommu');
    expect(one.held(place(states))).toBe(other.held(place(twin.states)));
    expect(played(twin.token, null)).toMatchObject({ isOver: true, bugs: [] });
  });
});

test.each([
  ['by Hector Martin <h@x>, 19 November 2023', 'reported by Hector Martin'],
  ['in the log of the kernel', 'reported in the log of the kernel'],
  ['b46064a18810 repairs it', 'b46064a18810 repairs it'],
])('what is known of a cause is said in words that fit: %s', (reported, said) => {
  expect(reportedText(reported)).toBe(said);
});

describe('a play', () => {
  test('comes to a bug, which it calls by its name, with its cause and what is known of it', () => {
    const begun = played(`${of}/0:lyfqi+1:y2qie/-`, null);
    expect(begun.bugs).toEqual([]);
    const ended = played(begun.token, { task: 0, stretch: 'end', way: 0 });
    expect(ended.bugs).toEqual([
      expect.objectContaining({
        id: 'null-deref:iommu_fwspec_init:dev->iommu',
        title: 'dev->iommu is NULL in iommu_fwspec_init()',
        cause: expect.objectContaining({ status: 'real' }),
      }),
    ]);
    expect(witness(ended.bugs[0]?.token ?? '').bug.id).toBe(ended.bugs[0]?.id);
    const back = played(ended.token, 'undo');
    expect(back.token).toBe(begun.token);
    expect(back).toEqual(begun);
  });

  test('is where its link is, whoever opens it', () => {
    let { token: here } = played(`${of}//-`, null);
    for (const [task, stretch] of [
      [0, 'shared'],
      [1, 'blocked'],
      [0, 'step'],
      [0, 'end'],
    ] as const) {
      const next = played(here, { task, stretch, way: 0 });
      played(`${of}//-`, null);
      expect(played(next.token, null)).toEqual({ ...next, choices: expect.any(Number) });
      here = next.token;
    }
  });
});
