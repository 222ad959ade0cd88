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
    for (const name of module.functions) module.body(name);
    for (const name of module.globals) module.global(name);
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
