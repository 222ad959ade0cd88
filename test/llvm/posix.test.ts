// What programs call of POSIX and of C11, each with a program that is right and one that is not.
import { describe, expect, test } from 'vitest';
import { explore } from '../../src/explore/index.ts';
import { Module, notesOf, programOf } from '../../src/llvm/index.ts';
import { alone, explored, thread, threads } from './program.ts';

/** Calls, one a line: `pthread_mutex_lock m`, `sem_init bar 0 1`; numbers are `int`. */
function calls(...lines: readonly string[]): string {
  return lines
    .map((line) => {
      const [name = '', ...operands] = line.split(' ');
      const typed = operands.map((one) =>
        /^\d/.test(one) ? `i32 ${one}` : `ptr ${one === 'null' ? one : `@${one}`}`,
      );
      return `  call i32 @${name}(${typed.join(', ')})`;
    })
    .join('\n');
}

const increment = `  %v = load i32, ptr @x, align 4
  %w = add i32 %v, 1
  store i32 %w, ptr @x, align 4`;
const isTwo = `  %end = load i32, ptr @x, align 4
  %two = icmp eq i32 %end, 2
  call void @check(i1 %two)`;
/** The result of a call is this. */
const gives = (value: number, name: string, operands: string): string => `
  %r = call i32 @${name}(${operands})
  %is = icmp eq i32 %r, ${value}
  call void @check(i1 %is)`;

/** Two threads that do the same, after main() has prepared it. */
function twice(first: string, body: string, end = ''): string {
  return threads(thread('a', body) + thread('b', body), ['a', 'b'], end).replace(
    'define i32 @main() {',
    `define i32 @main() {\n${first}`,
  );
}

const under = (lock: string, unlock: string, body = increment): string =>
  `${calls(`${lock} m`)}\n${body}\n${calls(`${unlock} m`)}`;

describe('locks', () => {
  test.each<[what: string, text: string, kinds: string[]]>([
    [
      'of which only one can write',
      twice('', under('pthread_rwlock_wrlock', 'pthread_rwlock_unlock'), isTwo),
      [],
    ],
    [
      'under which many can read',
      twice('', under('pthread_rwlock_rdlock', 'pthread_rwlock_unlock', '  %v = load i32, ptr @x')),
      [],
    ],
    [
      'under which many write, though they are to read',
      twice('', under('pthread_rwlock_rdlock', 'pthread_rwlock_unlock')),
      ['data-race'],
    ],
    [
      'that are held to read and wanted to write wait for ever',
      alone(calls('pthread_rwlock_rdlock m', 'pthread_rwlock_wrlock m')),
      ['deadlock'],
    ],
    ['that nobody holds are unlocked', alone(calls('pthread_rwlock_unlock m')), ['lockdep']],
    [
      'that count are held until they are unlocked as often',
      twice(
        calls(
          'pthread_mutexattr_init n',
          'pthread_mutexattr_settype n 1',
          'pthread_mutex_init m n',
        ),
        `${calls('pthread_mutex_lock m', 'pthread_mutex_lock m', 'pthread_mutex_unlock m')}
${increment}
${calls('pthread_mutex_unlock m')}`,
        isTwo,
      ),
      [],
    ],
    [
      'that count are not free when they are unlocked less often',
      alone(
        calls('pthread_mutexattr_settype n 1', 'pthread_mutex_init m n') +
          `\n${calls('pthread_mutex_lock m', 'pthread_mutex_lock m', 'pthread_mutex_unlock m')}`,
      ),
      ['lockdep'],
    ],
    [
      'that do not count are waited for by their holder',
      alone(calls('pthread_mutex_lock m', 'pthread_mutex_lock m')),
      ['deadlock'],
    ],
    [
      'that check say so to their holder',
      alone(
        calls('pthread_mutexattr_settype n 2', 'pthread_mutex_init m n', 'pthread_mutex_lock m') +
          gives(35, 'pthread_mutex_lock', 'ptr @m') +
          `\n${calls('pthread_mutex_unlock m')}` +
          gives(1, 'pthread_mutex_unlock', 'ptr @m')
            .replaceAll('%r', '%s')
            .replaceAll('%is', '%it'),
      ),
      [],
    ],
    [
      'that are destroyed while another may want them',
      threads(thread('a', under('pthread_mutex_lock', 'pthread_mutex_unlock', '')), ['a']).replace(
        '  %h0 =',
        `${calls('pthread_mutex_destroy m')}\n  %h0 =`,
      ),
      ['use-after-free', 'use-after-free'],
    ],
    [
      'that are destroyed when all have ended',
      twice(
        '',
        under('pthread_mutex_lock', 'pthread_mutex_unlock'),
        calls('pthread_mutex_destroy m'),
      ),
      [],
    ],
    ['of C11', twice(calls('mtx_init m 0'), under('mtx_lock', 'mtx_unlock'), isTwo), []],
  ])('%s', (_what, text, kinds) => {
    const { bugs, complete } = explored(text);
    expect([bugs.map(({ kind }) => kind), complete]).toEqual([kinds, true]);
  });
});

describe('semaphores', () => {
  test.each<[what: string, text: string, kinds: string[]]>([
    [
      'of one keep others out',
      twice(calls('sem_init m 0 1'), under('sem_wait', 'sem_post'), isTwo),
      [],
    ],
    [
      'of two do not',
      twice(calls('sem_init m 0 2'), under('sem_wait', 'sem_post'), isTwo),
      ['property', 'data-race'],
    ],
    ['of none are waited for ever', alone(calls('sem_init m 0 0', 'sem_wait m')), ['deadlock']],
    [
      'of none are refused to whoever only tries, and errno says why',
      alone(
        `${calls('sem_init m 0 0')}${gives(-1, 'sem_trywait', 'ptr @m')}
  %e = call ptr @__errno_location()
  %why = load i32, ptr %e, align 4
  %again = icmp eq i32 %why, 11
  call void @check(i1 %again)`,
      ),
      [],
    ],
    [
      'order what was before a post and what is after a wait',
      threads(
        thread('a', `  store i32 2, ptr @x, align 4\n${calls('sem_post m')}`) +
          thread('b', `${calls('sem_wait m')}\n${isTwo}`),
        ['a', 'b'],
      ).replace('define i32 @main() {', `define i32 @main() {\n${calls('sem_init m 0 0')}`),
      [],
    ],
  ])('%s', (_what, text, kinds) => {
    expect(explored(text).bugs.map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('a wait with a limit', () => {
  const never = (result: number): string =>
    alone(
      `${calls('pthread_mutex_lock m')}${gives(result, 'pthread_cond_timedwait', 'ptr @c, ptr @m, ptr @x')}
${calls('pthread_mutex_unlock m')}`,
    );

  test('for what never comes runs out of time, and is no deadlock', () => {
    const { bugs, outcomes } = explored(never(110));
    expect(bugs).toEqual([]);
    expect(outcomes.map(({ abandoned, classes }) => [abandoned, classes])).toEqual([
      [undefined, 1],
      [true, 1],
    ]);
    expect(explored(never(0)).bugs.map(({ kind }) => kind)).toEqual(['property']);
  });

  test.each([
    ['pthread_mutex_timedlock', 110, 'pthread_mutex_lock m', 'pthread_mutex_unlock m'],
    ['pthread_rwlock_timedrdlock', 110, 'pthread_rwlock_wrlock m', 'pthread_rwlock_unlock m'],
  ])('%s() gets what is free, or says that it did not', (name, late, lock, unlock) => {
    const waiter = `  %r = call i32 @${name}(ptr @m, ptr @y)
  %got = icmp eq i32 %r, 0
  br i1 %got, label %in, label %out
in:
  store i32 1, ptr @flag, align 4
${calls(unlock)}
  ret ptr null
out:
  %late = icmp eq i32 %r, ${late}
  call void @check(i1 %late)`;
    const text = threads(
      thread('a', waiter) + thread('b', calls(lock, unlock)),
      ['a', 'b'],
      '  %f = load i32, ptr @flag, align 4\n  %got = icmp eq i32 %f, 1\n  call void @check(i1 %got)',
    );
    // The only assertion that fails is that of main(): it may not have got it.
    expect(explored(text).bugs.map(({ id }) => id)).toEqual(['property:check:main']);
  });

  test('is spoken of in a note', () => {
    const program = programOf('x', [new Module(never(110), 'x.ll')]);
    explore(program);
    expect(notesOf(program).join()).toMatch(/time limit/);
  });
});

describe('threads', () => {
  const waits = `${calls('pthread_mutex_lock m', 'pthread_cond_wait c m', 'pthread_mutex_unlock m')}`;
  const started = (body: string, end: string): string =>
    threads(thread('a', body), ['a'], end).replace(/ {2}%j0 = .*/, '');

  test.each<[what: string, text: string, kinds: string[]]>([
    ['that wait when main() returns are no deadlock', started(waits, ''), []],
    [
      'that wait when main() waits for them are one',
      threads(thread('a', waits), ['a']),
      ['deadlock'],
    ],
    [
      'end with the program when one calls exit()',
      threads(thread('a', calls('exit 0')), ['a'], '  call void @check(i1 false)'),
      [],
    ],
    [
      'go on when only main() ends',
      started(increment, '  call void @pthread_exit(ptr null)').replace(
        '@pthread_exit(ptr null)\n  ret i32 0',
        '@pthread_exit(ptr null)\n  unreachable',
      ),
      [],
    ],
    [
      'are joined twice',
      threads(thread('a', ''), ['a'], '  %j = call i32 @pthread_join(i64 %h0, ptr null)'),
      ['use-after-free'],
    ],
    [
      'are waited for by two others',
      threads(
        thread('a', '  store i32 1, ptr @x, align 4') +
          ['b', 'd']
            .map((name) => thread(name, '  %j = call i32 @pthread_join(i64 1, ptr null)'))
            .join(''),
        ['a', 'b', 'd'],
      ).replace(/ {2}%j0 = .*/, ''),
      [],
    ],
    [
      'are joined after they were let go',
      threads(thread('a', ''), ['a']).replace(
        '  %j0 =',
        '  %d = call i32 @pthread_detach(i64 %h0)\n  %j0 =',
      ),
      ['use-after-free'],
    ],
    [
      'leave a pointer to what was their own',
      threads(
        thread('a', '  store ptr @tl, ptr @head, align 8'),
        ['a'],
        '  %p = load ptr, ptr @head, align 8\n  %v = load i32, ptr %p, align 4',
      ),
      ['use-after-free'],
    ],
    [
      'give what they keep under a key to its destructor',
      `${threads(
        `
define internal void @drop(ptr %p) {
  call void @free(ptr %p)
  atomicrmw add ptr @x, i32 1 seq_cst, align 4
  ret void
}
${['a', 'b']
  .map((name) =>
    thread(
      name,
      `  %k = load i32, ptr @y, align 4
  %p = call ptr @malloc(i64 4)
  %s = call i32 @pthread_setspecific(i32 %k, ptr %p)
  %q = call ptr @pthread_getspecific(i32 %k)
  %same = icmp eq ptr %p, %q
  call void @check(i1 %same)`,
    ),
  )
  .join('')}`,
        ['a', 'b'],
        isTwo,
      ).replace(
        'define i32 @main() {',
        `define i32 @main() {\n${calls('pthread_key_create y drop')}`,
      )}`,
      [],
    ],
  ])('%s', (_what, text, kinds) => {
    expect(explored(text).bugs.map(({ kind }) => kind)).toEqual(kinds);
  });
});

describe('functions that call back, or make text', () => {
  const sorted = `
@v = global [3 x i32] [i32 3, i32 1, i32 2], align 4
define internal i32 @order(ptr %p, ptr %q) {
  %a = load i32, ptr %p, align 4
  %b = load i32, ptr %q, align 4
  %d = sub i32 %a, %b
  ret i32 %d
}
`;
  const at = (i: number): string => `  %p${i} = getelementptr i32, ptr @v, i64 ${i}
  %v${i} = load i32, ptr %p${i}, align 4`;

  test('qsort() sorts, and bsearch() finds', () => {
    const body = (wanted: number): string => `
  call void @qsort(ptr @v, i64 3, i64 4, ptr @order)
${at(0)}
${at(1)}
${at(2)}
  %a = icmp eq i32 %v0, 1
  %b = icmp eq i32 %v2, 3
  %is = and i1 %a, %b
  call void @check(i1 %is)
  store i32 ${wanted}, ptr @x, align 4
  %f = call ptr @bsearch(ptr @x, ptr @v, i64 3, i64 4, ptr @order)
  %found = icmp eq ptr %f, %p1
  call void @check(i1 %found)`;
    expect(explored(alone(body(2), sorted)).bugs).toEqual([]);
    expect(explored(alone(body(7), sorted)).bugs).toHaveLength(1);
  });

  test.each([
    ['%d|%s', 'i32 -3, ptr @text', '-3|ok'],
    ['%03u%%', 'i32 7', '007%'],
    ['%-4x|', 'i32 255', 'ff  |'],
    ['%.1s', 'ptr @text', 'o'],
    ['%lld', 'i64 -5', '-5'],
    ['%.2f', 'double 1.5', '1.50'],
  ])('snprintf() of %j', (format, operands, expected) => {
    const constant = (name: string, text: string): string =>
      `@${name} = constant [${text.length + 1} x i8] c"${text}\\00"\n`;
    const body = `  %b = alloca [16 x i8], align 1
  %n = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %b, i64 16, ptr @format, ${operands})
  %right = icmp eq i32 %n, ${expected.length}
  call void @check(i1 %right)
  %d = call i32 @strcmp(ptr %b, ptr @expected)
  %is = icmp eq i32 %d, 0
  call void @check(i1 %is)`;
    const texts = constant('format', format) + constant('expected', expected);
    expect(explored(alone(body, texts)).bugs).toEqual([]);
    const other = constant('format', format) + constant('expected', expected.replace(/.$/, '?'));
    expect(explored(alone(body, other)).bugs).toHaveLength(1);
  });

  test('what is printed is read: that can race', () => {
    const text = threads(
      thread('a', '  call i32 (ptr, ...) @printf(ptr @form, ptr @x)') +
        thread('b', '  store i8 0, ptr @x, align 1'),
      ['a', 'b'],
    ).replace('@x = global i32 0', '@form = constant [3 x i8] c"%s\\00"\n@x = global i32 0');
    expect(explored(text).bugs.map(({ kind }) => kind)).toEqual(['data-race']);
  });

  test.each(['setjmp', 'signal', 'fork'])('%s() is refused by its name', (name) => {
    expect(() => explored(alone(`  call i32 @${name}(ptr null)`))).toThrow(`${name}()`);
  });
});
