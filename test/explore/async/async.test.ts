import { describe, expect, it } from 'vitest';
import {
  type AsyncTest,
  assertClean,
  exploreAsync,
  NotClean,
  replayAsync,
} from '../../../src/explore/index.ts';
import { inc, lockinc } from '../mini/families.ts';

/** A cache that fetches what it does not have, once, or so it thinks. */
const cache =
  (once: boolean): AsyncTest =>
  async ({ turn, wrap }) => {
    let fetched = 0;
    const entries = new Map<string, Promise<number> | number>();
    const fetchValue = wrap('fetch', async () => ++fetched);
    const get = async (name: string): Promise<number> => {
      await turn(`get ${name}`);
      const known = entries.get('key');
      if (known !== undefined) return known;
      const value = fetchValue();
      if (once) entries.set('key', value);
      else entries.set('key', await value);
      return value;
    };
    await Promise.all([get('a'), get('b')]);
    if (fetched !== 1) throw new Error(`fetched ${fetched} times`);
  };

describe('an ordinary asynchronous test', () => {
  it('is run in every order, and fails in the simplest one that fails', async () => {
    const outcome = await exploreAsync(cache(false));
    expect(outcome).toMatchObject({ verdict: 'bug', complete: true, executions: 6 });
    expect(outcome.bug).toMatchObject({ message: 'fetched 2 times', overtakings: 0 });
    expect(outcome.bug?.order).toEqual(['get a', 'get b', 'fetch', 'fetch']);
  });

  it('passes when it passes in every order', async () => {
    const outcome = await exploreAsync(cache(true));
    expect(outcome).toEqual({ verdict: 'clean', complete: true, executions: 4, bug: null });
  });

  it('fails again in the same order', async () => {
    const { bug } = await exploreAsync(cache(false));
    expect(await replayAsync(cache(false), bug?.order ?? [])).toMatchObject({
      message: 'fetched 2 times',
      order: bug?.order,
    });
    await expect(replayAsync(cache(false), ['nobody'])).rejects.toThrow('does not fit this test');
  });

  it('that does not end in some order is reported, not waited for', async () => {
    // Whoever is woken must wait already.
    const lostWakeup: AsyncTest = async ({ turn }) => {
      let wake = (): void => {};
      const wait = async (): Promise<void> => {
        await turn('wait');
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      };
      const notify = async (): Promise<void> => {
        await turn('notify');
        wake();
      };
      await Promise.all([wait(), notify()]);
    };
    const outcome = await exploreAsync(lostWakeup);
    expect(outcome).toMatchObject({ verdict: 'bug', executions: 2 });
    expect(outcome.bug?.message).toContain('never ends');
    expect(outcome.bug?.order).toEqual(['notify', 'wait']);
    expect(await replayAsync(lostWakeup, ['notify', 'wait'])).toEqual({
      ...outcome.bug,
      error: expect.any(Error),
    });
  });

  it('fails again in the same order where two wait under one name', async () => {
    const last: AsyncTest = async ({ turn }) => {
      const came: number[] = [];
      await Promise.all([1, 2, 3].map((n) => turn('same').then(() => came.push(n))));
      if (came.join() === '3,2,1') throw new Error('backwards');
    };
    const { bug } = await exploreAsync(last);
    expect(bug?.order).toEqual(['same #3', 'same #2', 'same']);
    expect(await replayAsync(last, bug?.order ?? [])).toMatchObject({ message: 'backwards' });
  });

  it('fails when a rejection is left unhandled', async () => {
    const { bug } = await exploreAsync(async ({ turn }) => {
      void turn('a').then(() => {
        throw new Error('nobody looks');
      });
      await turn('b');
    });
    expect(bug?.message).toBe('nobody looks');
  });

  it('is incomplete when there are more orders than allowed', async () => {
    const outcome = await exploreAsync(
      async ({ turn }) => {
        await Promise.all(Array.from({ length: 5 }, (_, i) => turn(`${i}`)));
      },
      { maxExecutions: 10 },
    );
    expect(outcome).toMatchObject({ verdict: 'incomplete', executions: 10 });
    const all = await exploreAsync(async ({ turn }) => {
      await Promise.all(Array.from({ length: 5 }, (_, i) => turn(`${i}`)));
    });
    expect(all).toMatchObject({ verdict: 'clean', executions: 120 });
  });
});

describe('assertClean', () => {
  it('returns the outcome of a program without bugs', () => {
    expect(assertClean(lockinc(2)).executions).toBe(2);
  });

  it('throws with the steps to the bug and the call that runs it again', () => {
    expect(() => assertClean(inc(2))).toThrow(NotClean);
    expect(() => assertClean(inc(2))).toThrow(
      /T0 {2}read x0 -> 0\n(?:.*\n)*again: replay\(program/,
    );
  });

  it('does not take an exploration that was cut short for a clean one', () => {
    const options = { maxExecutions: 2, ignore: ['data-race'] as const };
    expect(() => assertClean(inc(3), options)).toThrow('but there are more');
  });
});
