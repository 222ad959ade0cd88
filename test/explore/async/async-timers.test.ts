import { readFile } from 'node:fs/promises';
import { createServer, get } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as imported } from 'node:timers';
import { setInterval as every, scheduler, setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import {
  type AsyncTest,
  exploreAsync,
  ModelError,
  replayAsync,
} from '../../../src/explore/index.ts';

const wait = (ms?: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Every order in which a test can write its letters. */
async function orders(
  body: (log: (letter: string) => void, turn: (label: string) => Promise<void>) => Promise<unknown>,
): Promise<string[]> {
  const seen: string[] = [];
  const outcome = await exploreAsync(async ({ turn }) => {
    let text = '';
    await body((letter) => {
      text += letter;
    }, turn);
    seen.push(text);
  });
  expect(outcome).toMatchObject({ verdict: 'clean', executions: seen.length });
  return [...new Set(seen)].sort();
}

describe('timers', () => {
  it.each<[string, Parameters<typeof orders>[0], string[]]>([
    [
      'set together go off in the order of their delays',
      (log) =>
        Promise.all([
          wait(20).then(() => log('b')),
          wait(10).then(() => log('a')),
          wait(20).then(() => log('c')),
        ]),
      ['abc'],
    ],
    [
      'add up: three times ten milliseconds are over before a hundred',
      (log) =>
        Promise.all([
          wait(100).then(() => log('b')),
          (async () => {
            for (let i = 0; i < 3; i++) await wait(10).then(() => log('a'));
          })(),
        ]),
      ['aaab'],
    ],
    [
      'that are due at one time by different ways go off in any order',
      (log) =>
        Promise.all([
          wait(20).then(() => log('a')),
          wait(10)
            .then(() => wait(10))
            .then(() => log('b')),
        ]),
      ['ab', 'ba'],
    ],
    [
      'go off before, between and after the turns of others',
      (log, turn) =>
        Promise.all([
          wait(10).then(() => log('a')),
          wait(20).then(() => log('b')),
          turn('t').then(() => log('t')),
        ]),
      ['abt', 'atb', 'tab'],
    ],
    [
      'with a turn between them are as far apart as it likes',
      (log, turn) =>
        Promise.all([
          wait(10).then(() => log('a')),
          turn('t').then(async () => {
            await wait(5);
            log('b');
          }),
        ]),
      ['ab', 'ba'],
    ],
    [
      'do not wait for a turn that was before them',
      (log, turn) =>
        Promise.all([
          wait(10).then(() => log('a')),
          wait(30).then(() => log('b')),
          turn('t').then(async () => {
            log('t');
            await wait(5);
            log('c');
          }),
        ]),
      ['abtc', 'atbc', 'atcb', 'tacb', 'tcab'],
    ],
    [
      'set after a turn are not ahead of shorter ones set before it',
      (log, turn) =>
        Promise.all([
          wait(5).then(() => log('a')),
          turn('t').then(async () => {
            await wait(10);
            log('b');
          }),
        ]),
      ['ab'],
    ],
    [
      'of no delay and immediates come in any order, microtasks first',
      (log) => {
        const timeout = wait(0).then(() => log('t'));
        const immediate = new Promise<void>((resolve) => setImmediate(resolve)).then(() =>
          log('i'),
        );
        process.nextTick(log, 'n');
        queueMicrotask(() => log('m'));
        return Promise.all([timeout, immediate]);
      },
      ['mnit', 'mnti', 'nmit', 'nmti'],
    ],
    [
      'that are cleared do not go off',
      async (log) => {
        clearTimeout(setTimeout(log, 10, 'x'));
        clearImmediate(setImmediate(log, 'x'));
        const id = Number(setTimeout(log, 10, 'x'));
        clearTimeout(id);
        let ticks = 0;
        await new Promise<void>((resolve) => {
          const interval = setInterval(() => {
            log('i');
            if (++ticks < 3) return;
            clearInterval(interval);
            resolve();
          }, 10);
        });
      },
      ['iii'],
    ],
    [
      'of node:timers, timers/promises and promisify are the same timers',
      (log) =>
        Promise.all([
          new Promise<void>((resolve) => imported(resolve, 50)).then(() => log('e')),
          sleep(40, 'd').then(log),
          scheduler.wait(30).then(() => log('c')),
          promisify(setTimeout)(20, 'b').then(log),
          (async () => {
            for await (const letter of every(10, 'a')) {
              log(letter);
              return;
            }
          })(),
        ]),
      ['abcde'],
    ],
  ])('%s', async (_name, body, expected) => {
    const seen = await orders(body);
    expect(seen.filter((text) => !expected.includes(text))).toEqual([]);
    expect(expected.filter((text) => !seen.includes(text) && !/^mn|^nm/.test(text))).toEqual([]);
  });

  it('cost no time, and the clock goes with them', async () => {
    const before = performance.now();
    const seen: unknown[] = [];
    await exploreAsync(async () => {
      const start = Date.now();
      await wait(3_600_000);
      seen.push(Date.now() - start, performance.now(), new Date().toISOString());
      seen.push(new Date(0).getTime(), new Date() instanceof Date, typeof Date());
    });
    const hour = 3_600_000;
    expect(seen).toEqual([hour, hour, '2000-01-01T01:00:00.000Z', 0, true, 'string']);
    expect(performance.now() - before).toBeLessThan(60_000);
  });

  it('stop what waits with a signal', async () => {
    const { verdict } = await exploreAsync(async () => {
      const signal = AbortSignal.timeout(10);
      const error = await sleep(20, null, { signal }).catch((reason: Error) => reason);
      if ((error as Error)?.name !== 'AbortError') throw new Error(`not aborted: ${error}`);
      if ((signal.reason as Error).name !== 'TimeoutError') throw new Error('another reason');
    });
    expect(verdict).toBe('clean');
  });

  it('fail the test when they throw', async () => {
    const { bug } = await exploreAsync(async () => {
      setTimeout(() => {
        throw new Error('in a timer');
      }, 5);
      await wait(10);
    });
    expect(bug).toMatchObject({ message: 'in a timer', order: ['timeout 5 ms'] });
  });

  it('are in the order of a bug, which can be run again', async () => {
    const late: AsyncTest = async ({ wrap }) => {
      const fetchValue = wrap('fetch', async () => 'value');
      const timeout = wait(100).then(() => 'timeout');
      if ((await Promise.race([fetchValue(), timeout])) === 'timeout') throw new Error('too late');
    };
    const { bug } = await exploreAsync(late);
    expect(bug?.order).toEqual(['timeout 100 ms']);
    expect(await replayAsync(late, bug?.order ?? [])).toEqual({ ...bug, error: expect.any(Error) });
  });

  it('that never stop leave orders out, and that is said', async () => {
    const outcome = await exploreAsync(async ({ turn }) => {
      const interval = setInterval(() => {}, 10);
      await turn('work');
      clearInterval(interval);
    });
    // The turn comes after no tick, after the one that was set before it, or after up to three more.
    expect(outcome).toMatchObject({ verdict: 'incomplete', complete: false, executions: 5 });
    expect(outcome.leftOut).toContain('held back');
    await expect(
      exploreAsync(async () => {
        setInterval(() => {}, 10);
        await new Promise(() => {});
      }),
    ).rejects.toThrow('more than 1000 turns and timers');
  });
});

describe('what waits for something outside is told so, and is no bug', () => {
  const real = setTimeout;
  const server = createServer((_request, response) => response.end('hello'));
  beforeAll(() => new Promise<void>((resolve) => server.listen(0, resolve)));
  afterAll(() => void server.close());
  // What was begun outside comes to its end before the next test.
  afterEach(async () => {
    server.closeAllConnections();
    await wait(30);
  });

  it.each<[string, AsyncTest, RegExp]>([
    [
      'a file',
      async ({ turn }) => {
        await turn('a');
        await readFile(new URL(import.meta.url));
      },
      /outside/,
    ],
    [
      'a real timer',
      async () => {
        await new Promise((resolve) => real(resolve, 20));
      },
      /outside/,
    ],
    [
      'a request',
      async () => {
        const { port } = server.address() as AddressInfo;
        await new Promise((resolve) => get({ port, agent: false }, resolve).on('error', resolve));
      },
      /outside/,
    ],
    [
      'the network',
      async () => {
        const { port } = server.address() as AddressInfo;
        await fetch(`http://localhost:${port}/`);
      },
      /outside \(fetch\)/,
    ],
    [
      'a request that a virtual timer would not wait for',
      async () => {
        const { port } = server.address() as AddressInfo;
        const late = wait(1000).then(() => {
          throw new Error('too late');
        });
        await Promise.race([
          late,
          new Promise((resolve) => get({ port, agent: false }, resolve).on('error', resolve)),
        ]);
      },
      /outside/,
    ],
    [
      'a promise that nobody settles, in no order',
      async ({ turn }) => {
        await turn('once');
        await new Promise(() => {});
      },
      /never ends, in none of 1 orders/,
    ],
  ])('%s', async (_name, test, message) => {
    const run = exploreAsync(test);
    await expect(run).rejects.toThrow(ModelError);
    await expect(run).rejects.toThrow(message);
  });

  it('but not a fetch that the test answers itself', async () => {
    const { verdict, executions } = await exploreAsync(async ({ wrap }) => {
      vi.stubGlobal(
        'fetch',
        wrap('fetch', async (url: string) => url.length),
      );
      await Promise.all([fetch('a'), fetch('b'), wait(5)]).finally(() => vi.unstubAllGlobals());
    });
    expect({ verdict, executions }).toEqual({ verdict: 'clean', executions: 6 });
  });

  it('a file in one order only', async () => {
    const test: AsyncTest = async ({ turn }) => {
      let first = '';
      const come = async (name: string): Promise<void> => {
        await turn(name);
        first ||= name;
      };
      await Promise.all([come('a'), come('b')]);
      if (first === 'b') await readFile(new URL(import.meta.url));
    };
    await expect(exploreAsync(test)).rejects.toThrow('outside');
  });
});

describe('the platform', () => {
  const names = ['setTimeout', 'setInterval', 'setImmediate', 'clearTimeout', 'Date'] as const;
  const look = (): unknown[] => [
    ...names.map((name) => Object.getOwnPropertyDescriptor(globalThis, name)),
    Object.getOwnPropertyDescriptor(performance, 'now'),
    imported,
    sleep,
    ...process.listeners('unhandledRejection'),
  ];

  it.each<[string, AsyncTest]>([
    ['that passes', async () => {}],
    [
      'that fails',
      async () => {
        throw new Error('fails');
      },
    ],
    ['that is refused', (() => 1) as unknown as AsyncTest],
    ['that never ends', () => new Promise(() => {})],
  ])('is what it was after a test %s', async (_name, test) => {
    const before = look();
    await exploreAsync(test).catch(() => {});
    expect(look()).toEqual(before);
  });

  it('keeps its real timers and clock unused', async () => {
    const stolen = names.map((name) => [name, globalThis[name]] as const);
    const alarm = (): never => {
      throw new Error('a real one is used');
    };
    for (const name of names) Object.assign(globalThis, { [name]: alarm });
    try {
      const { verdict } = await exploreAsync(async ({ turn }) => {
        await Promise.all([wait(10), turn('a')]);
      });
      expect(verdict).toBe('clean');
    } finally {
      for (const [name, value] of stolen) Object.assign(globalThis, { [name]: value });
    }
  });

  it('is there for one exploration at a time', async () => {
    const nested = exploreAsync(async () => {
      await exploreAsync(async () => {});
    });
    await expect(nested).rejects.toThrow('while another exploration of an asynchronous test runs');
    const both = await Promise.allSettled([
      exploreAsync(async () => {}),
      exploreAsync(async () => {}),
    ]);
    expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
  });
});

describe('a misuse of exploreAsync is named', () => {
  it.each<[string, unknown, unknown, string]>([
    ['no function', {}, {}, 'takes the test, an async function, not object'],
    ['no promise', () => {}, {}, 'must be an async function, or return a promise'],
    ['an unknown option', async () => {}, { executions: 3 }, 'has no "executions"'],
    ['an option of the wrong type', async () => {}, { maxSteps: 'many' }, 'not "many"'],
    ['no label', async ({ turn }: { turn(): Promise<void> }) => turn(), {}, 'takes a label'],
    [
      'no body',
      async ({ wrap }: { wrap(a: string): void }) => wrap('a'),
      {},
      'wrap() takes a label',
    ],
  ])('%s', async (_name, test, options, message) => {
    const run = exploreAsync(test as AsyncTest, options as object);
    await expect(run).rejects.toThrow(ModelError);
    await expect(run).rejects.toThrow(message);
  });
});
