import { describe, expect, test } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { Module, notesOf, programOf } from '../../src/llvm/index.ts';
import { alone, explored, thread, threads } from './program.ts';

const lock = (name: string): string => `  call i32 @pthread_mutex_lock(ptr @${name})`;
const unlock = (name: string): string => `  call i32 @pthread_mutex_unlock(ptr @${name})`;
const increment = (at: string): string => `  %v = load i32, ptr @${at}, align 4
  %w = add i32 %v, 1
  store i32 %w, ptr @${at}, align 4`;
/** Wait for the condition, unless the flag is set. */
const waitUnless = (load: string): string => `${lock('m')}
  %f = ${load}
  %is = icmp eq i32 %f, 1
  br i1 %is, label %done, label %wait
wait:
  call i32 @pthread_cond_wait(ptr @c, ptr @m)
  br label %done
done:
${unlock('m')}`;

const isTwo = `  %end = load i32, ptr @x, align 4
  %two = icmp eq i32 %end, 2
  call void @check(i1 %two)`;

/** One thread writes and says so, another one asks and reads: by what, and whether that is a race. */
const publications = (
  [
    ['release', 'acquire', false],
    ['monotonic', 'acquire', true],
    ['release', 'monotonic', true],
    ['monotonic', 'monotonic', true],
    ['swap monotonic', 'acquire', true],
    ['swap release', 'swap acquire', false],
    ['release', 'swap monotonic', true],
    ['fence release', 'fence acquire', false],
    ['fence seq_cst', 'acquire', false],
    ['release', 'fence acq_rel', false],
    ['fence syncscope("singlethread") seq_cst', 'fence acquire', true],
  ] as const
).map(([say, ask, races]): [string, string, number, RegExp[]] => {
  const fence = (text: string): string => (text.startsWith('fence') ? `  ${text}` : '');
  const order = (text: string): string => (fence(text) === '' ? text : 'monotonic');
  const isSwap = (text: string): boolean => text.startsWith('swap ');
  const said = isSwap(say)
    ? `  atomicrmw xchg ptr @flag, i32 1 ${say.slice(5)}, align 4`
    : `  store atomic i32 1, ptr @flag ${order(say)}, align 4`;
  const asked = isSwap(ask)
    ? `atomicrmw or ptr @flag, i32 0 ${ask.slice(5)}, align 4`
    : `load atomic i32, ptr @flag ${order(ask)}, align 4`;
  return [
    `that tell by "${say}" and ask by "${ask}" ${races ? 'race' : 'do not race'}`,
    threads(
      thread('a', ['  store i32 2, ptr @x, align 4', fence(say), said].join('\n')) +
        thread(
          'b',
          `  %f = ${asked}
  %is = icmp eq i32 %f, 1
  br i1 %is, label %yes, label %no
yes:
${fence(ask)}
  %v = load i32, ptr @x, align 4
  br label %no
no:`,
        ),
      ['a', 'b'],
    ),
    2,
    races ? [/^data-race:.*:x$/] : [],
  ];
});

describe('threads', () => {
  test.each<[what: string, text: string, executions: number, bugs: RegExp[]]>([
    [
      'that add without a lock lose an addition, and race',
      threads(thread('a', increment('x')) + thread('b', increment('x')), ['a', 'b'], isTwo),
      4,
      [/^property:check:main$/, /^data-race:.*:x$/],
    ],
    [
      'that add under a lock lose nothing',
      threads(
        thread('a', [lock('m'), increment('x'), unlock('m')].join('\n')) +
          thread('b', [lock('m'), increment('x'), unlock('m')].join('\n')),
        ['a', 'b'],
        isTwo,
      ),
      2,
      [],
    ],
    [
      'that take two locks in two orders may wait for one another for ever',
      threads(
        thread('a', [lock('m'), lock('n'), unlock('n'), unlock('m')].join('\n')) +
          thread('b', [lock('n'), lock('m'), unlock('m'), unlock('n')].join('\n')),
        ['a', 'b'],
      ),
      3,
      [/^deadlock:/, /^lock-order:/],
    ],
    [
      'that add by an atomic instruction lose nothing',
      threads(
        thread('a', '  atomicrmw add ptr @x, i32 1 seq_cst, align 4') +
          thread('b', '  atomicrmw add ptr @x, i32 1 monotonic, align 4'),
        ['a', 'b'],
        isTwo,
      ),
      2,
      [],
    ],
    [
      'that swap a value for another: one of them does',
      threads(
        thread('a', '  cmpxchg ptr @x, i32 0, i32 2 seq_cst seq_cst, align 4') +
          thread('b', '  cmpxchg ptr @x, i32 0, i32 2 seq_cst seq_cst, align 4'),
        ['a', 'b'],
        isTwo,
      ),
      2,
      [],
    ],
    [
      'whose flag is released and acquired see what was written before',
      threads(
        thread(
          'a',
          `  store i32 2, ptr @x, align 4
  store atomic i32 1, ptr @flag release, align 4`,
        ) +
          thread(
            'b',
            `  %f = load atomic i32, ptr @flag acquire, align 4
  %is = icmp eq i32 %f, 1
  br i1 %is, label %yes, label %no
yes:
  %v = load i32, ptr @x, align 4
  %good = icmp eq i32 %v, 2
  call void @check(i1 %good)
  br label %no
no:`,
          ),
        ['a', 'b'],
      ),
      2,
      [],
    ],
    ...publications,
    [
      'whose flag is plain race for it',
      threads(
        thread('a', '  store i32 1, ptr @flag, align 4') +
          thread('b', '  %f = load i32, ptr @flag, align 4'),
        ['a', 'b'],
      ),
      2,
      [/^data-race:.*:flag$/],
    ],
    [
      'that only ask whether a value is known do not race for it',
      threads(
        thread('a', '  store i32 1, ptr @flag, align 4') +
          thread(
            'b',
            `  %f = load i32, ptr @flag, align 4
  %known = call i1 @llvm.is.constant.i32(i32 %f)`,
          ),
        ['a', 'b'],
      ),
      1,
      [],
    ],
    [
      'that ask whether a value is known, and look at it all the same, race',
      threads(
        thread('a', '  store i32 1, ptr @flag, align 4') +
          thread(
            'b',
            `  %f = load i32, ptr @flag, align 4
  %known = call i1 @llvm.is.constant.i32(i32 %f)
  %is = icmp eq i32 %f, 0`,
          ),
        ['a', 'b'],
      ),
      2,
      [/^data-race:/],
    ],
    [
      'whose flag is volatile do not',
      threads(
        thread('a', '  store volatile i32 1, ptr @flag, align 4') +
          thread('b', '  %f = load volatile i32, ptr @flag, align 4'),
        ['a', 'b'],
      ),
      2,
      [],
    ],
    [
      'have variables of their own',
      threads(
        thread('a', `${increment('tl')}\n  store i32 %w, ptr @x, align 4`) +
          thread('b', `${increment('tl')}\n  store i32 %w, ptr @y, align 4`),
        ['a', 'b'],
        `  %l = load i32, ptr @tl, align 4
  %p = load i32, ptr @x, align 4
  %q = load i32, ptr @y, align 4
  %s = add i32 %p, %q
  %t = add i32 %s, %l
  %good = icmp eq i32 %t, 23
  call void @check(i1 %good)`,
      ),
      1,
      [],
    ],
    [
      'that wait at a barrier go on together',
      threads(
        thread(
          'a',
          `  store i32 2, ptr @x, align 4
  %r = call i32 @pthread_barrier_wait(ptr @bar)`,
        ) +
          thread(
            'b',
            `  %r = call i32 @pthread_barrier_wait(ptr @bar)
  %v = load i32, ptr @x, align 4
  %good = icmp eq i32 %v, 2
  call void @check(i1 %good)`,
          ),
        ['a', 'b'],
      ).replace(
        'define i32 @main() {',
        'define i32 @main() {\n  %init = call i32 @pthread_barrier_init(ptr @bar, ptr null, i32 2)',
      ),
      2,
      [],
    ],
    [
      'one of which waits for what the other signals without a lock may miss it',
      threads(
        thread('a', waitUnless('load atomic i32, ptr @flag seq_cst, align 4')) +
          thread(
            'b',
            `  store atomic i32 1, ptr @flag seq_cst, align 4
  call i32 @pthread_cond_signal(ptr @c)`,
          ),
        ['a', 'b'],
      ),
      3,
      [/^deadlock:/],
    ],
    [
      'one of which waits for what the other signals under the lock never miss it',
      threads(
        thread('a', waitUnless('load i32, ptr @flag, align 4')) +
          thread(
            'b',
            `${lock('m')}
  store i32 1, ptr @flag, align 4
  call i32 @pthread_cond_signal(ptr @c)
${unlock('m')}`,
          ),
        ['a', 'b'],
      ),
      2,
      [],
    ],
    [
      'run a function once, whoever is first',
      threads(
        `
define void @start() {
  atomicrmw add ptr @x, i32 2 seq_cst, align 4
  ret void
}
${thread('a', '  call i32 @pthread_once(ptr @flag, ptr @start)')}
${thread('b', '  call i32 @pthread_once(ptr @flag, ptr @start)')}`,
        ['a', 'b'],
        isTwo,
      ),
      // Either is first, and the other finds it at work or done.
      4,
      [],
    ],
  ])('%s', (_what, text, executions, bugs) => {
    const outcome = explored(text);
    expect(outcome.bugs.map(({ id }) => id)).toEqual(bugs.map((id) => expect.stringMatching(id)));
    expect([outcome.complete, outcome.executions]).toEqual([true, executions]);
  });
});

const node = '  %p = call ptr @malloc(i64 16)';
const free = '  call void @free(ptr %p)';

describe('memory', () => {
  test('that a variable leads to is not lost beside one that is', () => {
    const kept = `
define void @keep() {
  %p = call ptr @malloc(i64 16)
  store ptr %p, ptr @head, align 8
  ret void
}
define void @lose() {
  %p = call ptr @malloc(i64 16)
  store ptr %p, ptr @m, align 8
  store ptr null, ptr @m, align 8
  ret void
}
`;
    const { bugs } = explored(threads(kept, [], '  call void @keep()\n  call void @lose()'));
    expect(bugs.map((bug) => [bug.kind, bug.function])).toEqual([['leak', 'lose']]);
  });

  test.each<[what: string, body: string, bug: string | null]>([
    ['is freed', [node, free].join('\n'), null],
    ['is lost', node, 'leak'],
    ['is freed twice', [node, free, free].join('\n'), 'double-free'],
    [
      'is read after it was freed',
      [node, '  store i32 1, ptr %p, align 4', free, '  %v = load i32, ptr %p, align 4'].join('\n'),
      'use-after-free',
    ],
    [
      'that others know of is read after it was freed',
      [node, '  store ptr %p, ptr @head, align 8', free, '  %v = load i32, ptr %p, align 4'].join(
        '\n',
      ),
      'use-after-free',
    ],
    ['of a variable is freed', '  call void @free(ptr @x)', 'double-free'],
    [
      'is read outside of it',
      `${node}\n  %q = getelementptr i8, ptr %p, i64 16\n  %v = load i32, ptr %q, align 4`,
      'out-of-bounds',
    ],
    [
      'is read before it',
      '  %q = getelementptr i32, ptr @x, i64 -1\n  %v = load i32, ptr %q, align 4',
      'out-of-bounds',
    ],
    ['at NULL is read', '  %v = load i32, ptr null, align 4', 'null-deref'],
    [
      'near NULL is read',
      '  %q = getelementptr %struct.node, ptr null, i32 0, i32 1\n  %v = load i32, ptr %q, align 4',
      'null-deref',
    ],
    [
      'at a made up address is read',
      '  %q = inttoptr i64 74565 to ptr\n  %v = load i32, ptr %q, align 4',
      'out-of-bounds',
    ],
    ['that never changes is written', '  store i32 1, ptr @table, align 4', 'out-of-bounds'],
    [
      'that was never written decides',
      `${node}
  %v = load i32, ptr %p, align 4
  %is = icmp eq i32 %v, 0
  call void @free(ptr %p)
  br i1 %is, label %a, label %a
a:`,
      'uninitialised',
    ],
    [
      'that was cleared decides',
      `  %p = call ptr @calloc(i64 2, i64 8)
  %v = load i32, ptr %p, align 4
  %is = icmp eq i32 %v, 0
  call void @check(i1 %is)
${free}`,
      null,
    ],
    ['is no function', '  call void @x()', 'out-of-bounds'],
    [
      'of a function that has returned is read',
      '  %p = call ptr @local()\n  %v = load i32, ptr %p, align 4',
      'use-after-free',
    ],
    ['is divided by zero', '  %d = udiv i32 1, 0\n  %v = add i32 %d, 1', 'property'],
  ])('%s', (_what, body, bug) => {
    const local = `
define ptr @local() {
  %v = alloca i32, align 4
  store i32 3, ptr %v, align 4
  ret ptr %v
}
`;
    const { bugs } = explored(alone(body, local));
    expect(bugs.map(({ kind }) => kind)).toEqual(bug === null ? [] : [bug]);
  });

  test('that a thread hands over is seen as it was, and NULL is named after where it was', () => {
    const publish = `${node}
  store ptr null, ptr %p, align 8
  %v = getelementptr %struct.node, ptr %p, i32 0, i32 1
  store i32 5, ptr %v, align 4
  store atomic ptr %p, ptr @head release, align 8`;
    const take = `  %p = load atomic ptr, ptr @head acquire, align 8
  %v = getelementptr %struct.node, ptr %p, i32 0, i32 1
  %w = load i32, ptr %v, align 4
  %is = icmp eq i32 %w, 5
  call void @check(i1 %is)`;
    const { bugs } = explored(threads(thread('a', publish) + thread('b', take), ['a', 'b']));
    expect(bugs.map(({ id }) => id)).toEqual(['null-deref:b:head']);
  });

  test('that it leads to is handed over with it', () => {
    const publish = `${node}
  %q = call ptr @malloc(i64 16)
  store i32 9, ptr %q, align 4
  store ptr %q, ptr %p, align 8
  store atomic ptr %p, ptr @head release, align 8`;
    const take = `  %p = load atomic ptr, ptr @head acquire, align 8
  %no = icmp eq ptr %p, null
  br i1 %no, label %done, label %in
in:
  %q = load ptr, ptr %p, align 8
  %v = load i32, ptr %q, align 4
  %is = icmp eq i32 %v, 9
  call void @check(i1 %is)
  br label %done
done:`;
    const outcome = explored(threads(thread('a', publish) + thread('b', take), ['a', 'b']));
    expect([outcome.bugs, outcome.executions]).toEqual([[], 2]);
  });

  test('on the stack of a thread that others know of is gone when it returns', () => {
    const publish = `  %v = alloca i32, align 4
  store i32 3, ptr %v, align 4
  store atomic ptr %v, ptr @head release, align 8`;
    const take = `  %p = load atomic ptr, ptr @head acquire, align 8
  %no = icmp eq ptr %p, null
  br i1 %no, label %done, label %in
in:
  %w = load i32, ptr %p, align 4
  br label %done
done:`;
    const { bugs } = explored(threads(thread('a', publish) + thread('b', take), ['a', 'b']));
    expect(bugs.map(({ kind, preemptions }) => [kind, preemptions])).toEqual([
      ['use-after-free', 0],
    ]);
  });
});

test('executions that a program asks to forget have no bug, and are told apart', () => {
  const body = `  %f = load atomic i32, ptr @flag seq_cst, align 4
  call void @__VERIFIER_assume(i32 %f)
  call void @check(i1 false)`;
  const set = '  store atomic i32 1, ptr @flag seq_cst, align 4';
  const { bugs, outcomes } = explored(
    threads(`${thread('a', body)}${thread('b', set)}declare void @__VERIFIER_assume(i32)\n`, [
      'a',
      'b',
    ]),
  );
  expect(bugs.map(({ kind }) => kind)).toEqual(['property']);
  expect(outcomes).toEqual([
    { kinds: ['property'], classes: 1 },
    { kinds: [], abandoned: true, classes: 1 },
  ]);
});

describe('values', () => {
  test.each<[what: string, body: string]>([
    ['shift', '  %v = shl i32 1, 5\n  %is = icmp eq i32 %v, 32'],
    ['wrap', '  %v = add i32 -1, 2\n  %is = icmp eq i32 %v, 1'],
    ['wrap at 64 bits', '  %v = mul i64 -1, -1\n  %is = icmp eq i64 %v, 1'],
    ['have a sign where it is asked for', '  %is = icmp slt i8 -1, 1'],
    ['have none where it is not', '  %is = icmp ugt i8 -1, 1'],
    ['are divided with a sign', '  %v = sdiv i32 -7, 2\n  %is = icmp eq i32 %v, -3'],
    ['are cut', '  %v = trunc i32 511 to i8\n  %is = icmp eq i8 %v, -1'],
    ['are widened with a sign', '  %v = sext i8 -2 to i64\n  %is = icmp eq i64 %v, -2'],
    ['are widened without', '  %v = zext i8 -2 to i32\n  %is = icmp eq i32 %v, 254'],
    [
      'come out of tables',
      `  %p = getelementptr [3 x i32], ptr @table, i64 0, i64 2
  %v = load i32, ptr %p, align 4
  %is = icmp eq i32 %v, 30`,
    ],
    [
      'come the way that was taken',
      `  br label %a
a:
  %i = phi i32 [ 0, %0 ], [ %n, %a ]
  %n = add i32 %i, 1
  %more = icmp ult i32 %n, 10
  br i1 %more, label %a, label %done
done:
  %is = icmp eq i32 %n, 10`,
    ],
    [
      'are chosen',
      `  switch i32 7, label %other [
    i32 7, label %seven
  ]
other:
  br label %seven
seven:
  %v = phi i32 [ 1, %0 ], [ 2, %other ]
  %is = icmp eq i32 %v, 1`,
    ],
    [
      'are bits of one byte',
      `  %p = alloca i8, align 1
  %o = load i8, ptr %p, align 1
  %c = and i8 %o, 7
  %s = or i8 %c, 24
  store i8 %s, ptr %p, align 1
  %l = load i8, ptr %p, align 1
  %v = lshr i8 %l, 3
  %is = icmp eq i8 %v, 3`,
    ],
    [
      'are read as parts of what was written',
      `  %p = alloca i64, align 8
  store i64 578437695752307201, ptr %p, align 8
  %q = getelementptr i8, ptr %p, i64 2
  %v = load i16, ptr %q, align 2
  %is = icmp eq i16 %v, 1027`,
    ],
    [
      'are pointers that keep where they lead to',
      `  %i = ptrtoint ptr @table to i64
  %j = add i64 %i, 4
  %p = inttoptr i64 %j to ptr
  %v = load i32, ptr %p, align 4
  %is = icmp eq i32 %v, 20`,
    ],
    [
      'are pointers whose low bits are used',
      `  %i = ptrtoint ptr @table to i64
  %j = or i64 %i, 1
  %k = and i64 %j, -2
  %is = icmp eq i64 %i, %k`,
    ],
    ['are differences of pointers', diff()],
    [
      'overflow',
      `  %r = call { i32, i1 } @llvm.sadd.with.overflow.i32(i32 2147483647, i32 1)
  %is = extractvalue { i32, i1 } %r, 1`,
    ],
    ['count zeros', '  %v = call i32 @llvm.ctlz.i32(i32 1, i1 false)\n  %is = icmp eq i32 %v, 31'],
    [
      'are copied',
      `  %p = alloca [2 x i32], align 4
  call void @llvm.memcpy.p0.p0.i64(ptr %p, ptr @table, i64 8, i1 false)
  %q = getelementptr i32, ptr %p, i64 1
  %v = load i32, ptr %q, align 4
  %is = icmp eq i32 %v, 20`,
    ],
    [
      'are texts that are copied, measured and compared',
      `  %p = alloca [8 x i8], align 1
  %c = call ptr @strcpy(ptr %p, ptr @text)
  %l = call i64 @strlen(ptr %p)
  %two = icmp eq i64 %l, 2
  %d = call i32 @strcmp(ptr %p, ptr @text)
  %same = icmp eq i32 %d, 0
  %n = call i32 @strncmp(ptr @name, ptr @text, i64 1)
  %less = icmp slt i32 %n, 0
  %both = and i1 %two, %same
  %is = and i1 %both, %less`,
    ],
    [
      'are texts that are cut or filled up',
      `  %p = alloca [8 x i8], align 1
  %c = call ptr @strncpy(ptr %p, ptr @text, i64 4)
  %q = getelementptr i8, ptr %p, i64 3
  %v = load i8, ptr %q, align 1
  %zero = icmp eq i8 %v, 0
  %d = call i32 @memcmp(ptr %p, ptr @text, i64 3)
  %same = icmp eq i32 %d, 0
  %is = and i1 %zero, %same`,
    ],
    ['are of any fraction', '  %v = fmul double 1.5, 2.0\n  %is = fcmp oeq double %v, 3.0'],
  ])('%s', (_what, body) => {
    const { bugs, executions } = explored(alone(`${body}\n  call void @check(i1 %is)`));
    expect([bugs, executions]).toEqual([[], 1]);
    // The check can fail.
    const not = alone(`${body}\n  %not = xor i1 %is, true\n  call void @check(i1 %not)`);
    expect(explored(not).bugs).toHaveLength(1);
  });

  function diff(): string {
    return `  %p = getelementptr i32, ptr @table, i64 2
  %a = ptrtoint ptr %p to i64
  %b = ptrtoint ptr @table to i64
  %d = sub i64 %a, %b
  %is = icmp eq i64 %d, 8`;
  }
});

describe('what is not understood is an error with function, line and instruction, and no verdict', () => {
  test.each<[what: string, body: string, message: RegExp]>([
    [
      'a function that nobody has',
      '  call void @nobody()',
      /nobody\(\) is called, which no file given defines .*\(give a file that defines it, too\).*main\(\), .*:\d+/,
    ],
    ['an instruction', '  %v = frobnicate i32 1', /an instruction that is known/],
    ['a vector', '  %v = load <4 x i32>, ptr @table, align 16', /<4 x i32> in memory/],
    ['assembler text', '  call void asm sideeffect "hlt", ""()', /assembler text "hlt"/],
    [
      'a variable that nobody has',
      '  %v = load i32, ptr @elsewhere, align 4',
      /the variable elsewhere is in none of the modules/,
    ],
    [
      'shared memory of two sizes',
      '  store i32 1, ptr @x, align 4\n  %v = load i8, ptr @x, align 1',
      /x is shared, and .* several sizes/,
    ],
    [
      'a loop that makes no step and has no end',
      '  br label %a\na:\n  br label %a',
      /a loop has no end, and waits for nothing/,
    ],
  ])('%s', (_what, body, message) => {
    const text = alone(body).replace('@tl =', '@elsewhere = external global i32\n@tl =');
    expect(() => explored(text)).toThrow(message);
  });

  test('a program without main()', () => {
    expect(() => programOf('x', [new Module('@x = global i8 0', 'x.ll')])).toThrow(/main\(\)/);
  });
});

test('functions of other modules are called, and internal ones of one name are told apart', () => {
  const other = `
define internal i32 @same() {
  ret i32 2
}
define i32 @other() {
  %v = call i32 @same()
  ret i32 %v
}
`;
  const main = alone(
    `  %a = call i32 @same()
  %b = call i32 @other()
  %s = add i32 %a, %b
  %is = icmp eq i32 %s, 3
  call void @check(i1 %is)`,
    'define internal i32 @same() {\n  ret i32 1\n}\ndeclare i32 @other()\n',
  );
  const modules = [new Module(main, 'a.ll'), new Module(other, 'b.ll')];
  expect(explore(programOf('two', modules)).bugs).toEqual([]);
});

test.each<[what: string, body: string, notes: number]>([
  ['says so', '  store atomic i32 1, ptr @x release, align 4', 1],
  ['says so, also of an exchange that fails', exchange('seq_cst monotonic'), 1],
  ['is one of sequential consistency: nothing is said', exchange('seq_cst seq_cst'), 0],
  ['is never run: nothing is said', '', 0],
])('a program that asks for a weaker order %s', (_what, body, notes) => {
  const never = 'define void @never() {\n  fence release\n  ret void\n}\n';
  const program = programOf('x', [new Module(alone(body, never), 'x.ll')]);
  explore(program);
  expect(notesOf(program)).toHaveLength(notes);
});

function exchange(orders: string): string {
  return `  %e = cmpxchg ptr @x, i32 0, i32 1 ${orders}, align 4`;
}

test('memory has the type of the first field that it is put into, through variables of no name', () => {
  const text = alone(
    `
  %unnamed = alloca ptr, align 8
  %memory = call ptr @malloc(i64 16)
  store ptr %memory, ptr %unnamed, align 8
  %again = load ptr, ptr %unnamed, align 8
  %field = getelementptr inbounds %struct.owner, ptr @owner, i32 0, i32 1
  store ptr %again, ptr %field, align 8
  call void @free(ptr %again)
  %late = load i32, ptr %again, align 4`,
    `
%struct.owner = type { i64, ptr }
@owner = global %struct.owner zeroinitializer, align 8
declare ptr @malloc(i64)
declare void @free(ptr)
`,
  );
  const debug = `
!1 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
!2 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "owner", size: 128, elements: !3)
!3 = !{!4, !5}
!4 = !DIDerivedType(tag: DW_TAG_member, name: "count", baseType: !1, size: 64)
!5 = !DIDerivedType(tag: DW_TAG_member, name: "first", baseType: !6, size: 64, offset: 64)
!6 = !DIDerivedType(tag: DW_TAG_pointer_type, baseType: !7, size: 64)
!7 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "item", size: 128, elements: !8)
!8 = !{!9}
!9 = !DIDerivedType(tag: DW_TAG_member, name: "id", baseType: !1, size: 64)
`;
  const object = (of: string): string[] => explored(of).bugs.map((bug) => bug.object);
  expect(object(text + debug)).toEqual(['item']);
  expect(object(text)).toEqual(['main() memory']);
});
