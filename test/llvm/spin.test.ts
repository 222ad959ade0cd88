// Loops that only look: a round that changes nothing is looked at once, and then given up.
import { describe, expect, test } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { Module, type ProgramOptions, programOf } from '../../src/llvm/index.ts';
import { alone, explored, thread, threads } from './program.ts';

/** Go round while a condition does not hold that is computed from what is read. */
function whileNot(round: string): string {
  return `  br label %again
again:
${round}
  br i1 %is, label %done, label %again
done:`;
}

const read = (to: string, from: string): string =>
  `  %${to} = load atomic i32, ptr @${from} seq_cst, align 4`;
const store = (value: number, to: string): string =>
  `  store atomic i32 ${value}, ptr @${to} seq_cst, align 4`;
const untilFlag = whileNot(`${read('f', 'flag')}\n  %is = icmp ne i32 %f, 0`);
const increment = `  %v = load i32, ptr @x, align 4
  %w = add i32 %v, 1
  store i32 %w, ptr @x, align 4`;
const isTwo = `  %end = load i32, ptr @x, align 4
  %two = icmp eq i32 %end, 2
  call void @check(i1 %two)`;

/** With a variable for what was found, which each round writes anew before it reads it. */
const swapLock = `  %e = alloca i32, align 4
${whileNot(`  %r = cmpxchg ptr @flag, i32 0, i32 1 seq_cst seq_cst, align 4
  %o = extractvalue { i32, i1 } %r, 0
  store i32 %o, ptr %e, align 4
  %now = load i32, ptr %e, align 4
  %is = icmp eq i32 %now, 0`)}
${increment}
${store(0, 'flag')}`;

const ticketLock = `  %mine = atomicrmw add ptr @flag, i32 1 seq_cst, align 4
${whileNot(`${read('now', 'y')}\n  %is = icmp eq i32 %now, %mine`)}
${increment}
  %next = add i32 %mine, 1
  store atomic i32 %next, ptr @y seq_cst, align 4`;

const polling = whileNot(`  call i32 @pthread_mutex_lock(ptr @m)
  %f = load i32, ptr @flag, align 4
  call i32 @pthread_mutex_unlock(ptr @m)
  %is = icmp eq i32 %f, 1`);
const setUnderLock = `  call i32 @pthread_mutex_lock(ptr @m)
  store i32 1, ptr @flag, align 4
  call i32 @pthread_mutex_unlock(ptr @m)`;
const trying = `${whileNot(`  %t = call i32 @pthread_mutex_trylock(ptr @m)
  %is = icmp eq i32 %t, 0`)}
${increment}
  call i32 @pthread_mutex_unlock(ptr @m)`;

const two = (a: string, b: string, end = ''): string =>
  threads(thread('a', a) + thread('b', b), ['a', 'b'], end);

describe('threads', () => {
  test.each<[what: string, text: string, full: number, abandoned: number, bugs: RegExp[]]>([
    ['that spin until a flag is set', two(untilFlag, store(1, 'flag')), 1, 1, []],
    [
      'that spin for a flag that nobody sets wait for ever',
      threads(thread('a', untilFlag), ['a']),
      1,
      0,
      [/^deadlock:.*flag/],
    ],
    // Either is first, and the other may have tried before.
    ['that swap until they get a lock lose nothing', two(swapLock, swapLock, isTwo), 2, 2, []],
    ['that wait for their ticket lose nothing', two(ticketLock, ticketLock, isTwo), 2, 2, []],
    ['that poll under a lock', two(polling, setUnderLock), 1, 1, []],
    ['that poll under a lock for ever', two(polling, ''), 1, 0, [/^deadlock:/]],
    ['that try a lock until they get it lose nothing', two(trying, trying, isTwo), 2, 2, []],
    [
      'that spin on two places go on when both are as they should be',
      two(
        whileNot(`${read('f', 'flag')}
${read('g', 'y')}
  %s = add i32 %f, %g
  %is = icmp eq i32 %s, 2`),
        `${store(1, 'y')}\n${store(1, 'flag')}`,
      ),
      1,
      // (0, 0), (0, 1) and with flag read before, and y after each of the two, or both, were stored.
      2,
      [],
    ],
    [
      'that spin on two places of which one never comes wait for ever',
      two(
        whileNot(`${read('f', 'flag')}
${read('g', 'y')}
  %s = add i32 %f, %g
  %is = icmp eq i32 %s, 2`),
        store(1, 'y'),
      ),
      1,
      1,
      [/^deadlock:.*flag/],
    ],
    [
      // Of (0, 1), (0, 2), (1, 2) each ends it; (0, 0) and (1, 1) are given up; (2, 2) is for ever.
      'that spin while two looks are alike',
      two(
        whileNot(`${read('f', 'flag')}
${read('g', 'flag')}
  %is = icmp ne i32 %f, %g`),
        `${store(1, 'flag')}\n${store(2, 'flag')}`,
      ),
      4,
      2,
      [/^deadlock:/],
    ],
    [
      // A look at 0 or 1 in the first place is given up, whatever the second is.
      'that look twice, the second time for nothing',
      two(
        whileNot(`${read('f', 'flag')}
${read('g', 'flag')}
  %is = icmp eq i32 %f, 2`),
        `${store(1, 'flag')}\n${store(2, 'flag')}`,
      ),
      1,
      5,
      [],
    ],
    [
      'that wait for one another in turn',
      two(
        `${store(1, 'flag')}\n${whileNot(`${read('g', 'y')}\n  %is = icmp eq i32 %g, 1`)}`,
        `${untilFlag}\n${store(1, 'y')}`,
      ),
      1,
      2,
      [],
    ],
  ])('%s', (_what, text, full, abandoned, bugs) => {
    const outcome = explored(text);
    expect(outcome.bugs.map(({ id }) => id)).toEqual(bugs.map((id) => expect.stringMatching(id)));
    const given = outcome.outcomes.filter((one) => one.abandoned).map(({ classes }) => classes);
    const lost = given.reduce((all, one) => all + one, 0);
    expect([outcome.complete, outcome.executions - lost, lost]).toEqual([true, full, abandoned]);
  });
});

const counting = whileNot(`  %c = atomicrmw add ptr @x, i32 1 seq_cst, align 4
  %is = icmp eq i32 %c, 5`);

describe('a loop that changes something each time', () => {
  const run = (text: string, options: ProgramOptions) =>
    explore(programOf('loop', [new Module(text, 'loop.ll')], options));

  test('and has no end needs a bound', () => {
    const endless = alone(counting.replace('i32 %c, 5', 'i32 %c, -1'));
    expect(() => explored(endless)).toThrow(
      /main\(\).*it needs a bound|it needs a bound.*main\(\)/,
    );
  });

  test('is given up when it has gone round more often than it may', () => {
    const checked = `${counting}\n  call void @check(i1 false)`;
    const five = run(alone(checked), { unroll: 5 });
    expect(five.bugs).toHaveLength(1);
    const four = run(alone(checked), { unroll: 4 });
    expect([four.bugs, four.outcomes]).toEqual([[], [{ kinds: [], abandoned: true, classes: 1 }]]);
  });
});

test('an allocation fails where the program is to be seen without', () => {
  const body =
    '  %p = call ptr @malloc(i64 4)\n  store i32 1, ptr %p, align 4\n  call void @free(ptr %p)';
  const outcome = (faults: number) =>
    explore(programOf('m', [new Module(alone(body), 'm.ll')], { faults })).bugs;
  expect(outcome(0)).toEqual([]);
  expect(outcome(1).map(({ kind }) => kind)).toEqual(['null-deref']);
});
