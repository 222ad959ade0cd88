// Whatever stands in a file, reading and running it ends in an outcome or in an error that says why.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { explore, ModelError } from '../../src/explore/index.ts';
import { Module, programOf } from '../../src/llvm/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { alone, thread, threads } from './program.ts';

const whole = threads(
  thread('a', '  %v = load i32, ptr @x, align 4\n  store i32 %v, ptr @y, align 4') +
    thread('b', '  call i32 @pthread_mutex_lock(ptr @m)\n  store i32 1, ptr @x, align 4'),
  ['a', 'b'],
  '  %p = getelementptr %struct.node, ptr @table, i32 0, i32 1\n  %w = load i32, ptr %p, align 4',
);

function isClear(error: unknown): boolean {
  return error instanceof FormatError || error instanceof ModelError;
}

function outcomeOf(text: string): unknown {
  try {
    const module = new Module(text, 'any.ll');
    return explore(programOf('any', [module]), { maxExecutions: 20 }).verdict;
  } catch (error) {
    return error;
  }
}

test('a module with a piece cut out, doubled or replaced is run, or refused with a reason', () => {
  const words = fc.constantFrom(
    '',
    '%',
    '@x',
    'ptr',
    'i32',
    '{',
    '}',
    '"',
    '-1',
    'i64 7',
    '\n',
    ',',
  );
  fc.assert(
    fc.property(
      fc.nat(whole.length),
      fc.nat(30),
      words,
      fc.nat(whole.length),
      (at, length, word, from) => {
        const moved = whole.slice(from, from + (from % 40));
        const text =
          whole.slice(0, at) + word + (at % 3 === 0 ? moved : '') + whole.slice(at + length);
        const outcome = outcomeOf(text);
        expect(['bug', 'clean', 'incomplete'].includes(outcome as string) || isClear(outcome)).toBe(
          true,
        );
      },
    ),
    { numRuns: 150 },
  );
});

test.each([
  ['a function that ends in the middle', alone('  ret i32 0').slice(0, -20), 'FormatError'],
  ['a type that is too wide', alone('  %v = add i99999999999 1, 2'), 'ModelError'],
  [
    'a block that does not say where to go on',
    alone('  br label %l\nl:\n  %v = add i32 1, 2\nm:'),
    'ModelError',
  ],
  [
    'a function whose block is empty',
    `${alone('  call void @f()')}define void @f() {\nl:\n}\n`,
    'ModelError',
  ],
])('%s is refused where it is met, and is no error of ours', (_, text, name) => {
  expect(outcomeOf(text)).toMatchObject({
    name,
    message: expect.stringMatching(/line \d+|test.ll:\d+|any.ll:\d+|main\(\)|f\(\)/),
  });
});

test('any text at all is refused with a reason', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
      expect(isClear(outcomeOf(text))).toBe(true);
    }),
    { numRuns: 100 },
  );
});

test('arithmetic is that of integers of its width', () => {
  const operators = ['add', 'sub', 'mul', 'and', 'or', 'xor'] as const;
  const exact = {
    add: (a: bigint, b: bigint) => a + b,
    sub: (a: bigint, b: bigint) => a - b,
    mul: (a: bigint, b: bigint) => a * b,
    and: (a: bigint, b: bigint) => a & b,
    or: (a: bigint, b: bigint) => a | b,
    xor: (a: bigint, b: bigint) => a ^ b,
  };
  fc.assert(
    fc.property(
      fc.constantFrom(...operators),
      fc.constantFrom(8, 16, 32, 40, 64),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
      (operator, bits, left, right) => {
        const [a, b] = [BigInt.asUintN(bits, left), BigInt.asUintN(bits, right)];
        const wanted = BigInt.asUintN(bits, exact[operator](a, b));
        const body = `  %v = ${operator} i${bits} ${a}, ${b}
  %is = icmp eq i${bits} %v, ${wanted}
  call void @check(i1 %is)`;
        expect(outcomeOf(alone(body))).toBe('clean');
      },
    ),
    { numRuns: 100 },
  );
});

const pre = 'target datalayout = "e-m:e-i64:64-S128"\n';
const main = (body: string, before = ''): string =>
  `${pre}${before}define i32 @main() {\n${body}\n  ret i32 0\n}\n`;
const many = (count: number, line: (i: number) => string): string =>
  Array.from({ length: count }, (_, i) => line(i)).join('\n');
const twice = (n: number): string =>
  `%a0 = type { i8, i8 }\n${many(n, (i) => `%a${i + 1} = type { %a${i}, %a${i} }`)}\n`;
const debug = (type: string): string => `@g = global i32 0, !dbg !0
!0 = !DIGlobalVariableExpression(var: !1, expr: !DIExpression())
!1 = !DIGlobalVariable(name: "g", type: !2)
${type}
`;
const inCircles: readonly [what: string, text: string][] = [
  ['a type', main('  %v = alloca %a', '%a = type { %a }\n')],
  ['names', main('  %v = load ptr, ptr @a', '@a = alias ptr, ptr @b\n@b = alias ptr, ptr @a\n')],
  [
    'scopes',
    `${main('  store i32 1, ptr null, !dbg !0')}!0 = !DILocation(line: 1, scope: !1)
!1 = distinct !DISubprogram(name: "x", scope: !1)`,
  ],
  [
    'names of types',
    main(
      '  %v = load i32, ptr @g\n  store i8 1, ptr @g',
      debug('!2 = !DIDerivedType(tag: DW_TAG_typedef, baseType: !2)'),
    ),
  ],
  [
    'fields',
    main(
      '  %v = load i32, ptr @g\n  store i8 1, ptr @g',
      debug(`!2 = !DICompositeType(tag: DW_TAG_structure_type, name: "s", size: 32, elements: !3)
!3 = !{!4}
!4 = !DIDerivedType(tag: DW_TAG_member, name: "m", baseType: !2, size: 32)`),
    ),
  ],
  ['a function', main('  %x = call i32 @main()')],
];

test.each(inCircles)('%s in a circle: an outcome or a reason', (_what, text) => {
  const outcome = outcomeOf(text);
  expect(outcome === 'bug' || isClear(outcome)).toBe(true);
});

test.each<[what: string, text: string, reason: RegExp]>([
  [
    'names of names',
    main(
      '  %v = load ptr, ptr @g0',
      `${many(9_000, (i) => `@g${i} = alias ptr, ptr @g${i + 1}`)}\n`,
    ),
    /another name/,
  ],
  [
    'types in types',
    main(
      '  %v = alloca %a9000',
      `%a0 = type { i8 }\n${many(9_000, (i) => `%a${i + 1} = type { %a${i} }`)}\n`,
    ),
    /types within one another/,
  ],
  [
    'values in a value',
    main('  %v = alloca %a60\n  %w = load %a60, ptr %v', twice(60)),
    /more than 4096 values/,
  ],
  [
    'values of an array',
    main('  %v = alloca [99999999 x i8]\n  %w = load [99999999 x i8], ptr %v'),
    /more than 4096 values/,
  ],
  [
    'zeros',
    main('  %v = insertvalue [99999999 x i8] zeroinitializer, i8 1, 0'),
    /more than 4096 values/,
  ],
  [
    'bytes at once',
    main(
      '  %v = alloca [9999999 x i64]\n  call void @llvm.memset.p0.i64(ptr %v, i8 0, i64 79999992, i1 false)',
    ),
    /bytes are written at once/,
  ],
  ['a record of debug information', main('  #dbg_new(1)'), /line 3/],
])('too many %s, or one that is not known, are refused with a reason', (_what, text, reason) => {
  const outcome = outcomeOf(text);
  expect(isClear(outcome) && (outcome as Error).message).toMatch(reason);
});

/** What it takes, in milliseconds of the processor. */
function cost(text: string): number {
  const before = process.cpuUsage();
  outcomeOf(text);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

test.each<[what: string, size: number, text: (n: number) => string]>([
  ['empty lines', 1_000_000, (n) => '\n'.repeat(n)],
  ['lines of metadata without a number', 20_000, (n) => `${'!'.repeat(100)}\n`.repeat(n)],
  ['declarations without a name', 20_000, (n) => `${main('')}${'declare void x\n'.repeat(n)}`],
  ['functions that do not end', 10_000, (n) => main('') + 'define void @f() {\n'.repeat(n)],
  ['instructions that are not known', 10_000, (n) => main('  frobnicate\n'.repeat(n))],
  ['blocks', 2_000, (n) => main(many(n, (i) => `  br label %b${i}\nb${i}:`))],
  [
    'loops with variables',
    400,
    (n) =>
      main(
        many(
          n,
          (i) => `  br label %b${i}
b${i}:
  %x${i} = alloca i32
  store i32 0, ptr %x${i}
  %c${i} = load i32, ptr %x${i}
  %k${i} = icmp eq i32 %c${i}, 0
  br i1 %k${i}, label %e${i}, label %b${i}
e${i}:`,
        ),
      ),
  ],
])('ten times as many %s take no more than ten times as long, or a little', (_what, size, text) => {
  cost(text(size));
  const [one, ten] = [cost(text(size)), cost(text(10 * size))];
  expect(ten).toBeLessThan(30 * one + 200);
});
