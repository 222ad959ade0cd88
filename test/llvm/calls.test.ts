// What functions are given and where they go on: any number of operands, structures by value, labels.
import { describe, expect, test } from 'vitest';
import { alone, explored } from './program.ts';

/** Whether a value that a body computes holds, and can be seen not to. */
function holds(body: string, functions: string, triple = ''): void {
  const target = triple === '' ? '' : `target triple = "${triple}"\n`;
  const program = (last: string) => target + alone(`${body}\n${last}`, functions);
  const { bugs, complete } = explored(program('  call void @check(i1 %is)'));
  expect([bugs, complete]).toEqual([[], true]);
  const not = program('  %not = xor i1 %is, true\n  call void @check(i1 %not)');
  expect(explored(not).bugs).toHaveLength(1);
}

/** The second operand without a name, as each va_list says where it is. */
const lists: readonly [triple: string, size: number, find: string][] = [
  [
    'x86_64-pc-linux-gnu',
    24,
    `  %used = load i32, ptr %l, align 8
  %first = icmp eq i32 %used, 48
  call void @check(i1 %first)
  %f = getelementptr i8, ptr %l, i64 8
  %all = load ptr, ptr %f, align 8`,
  ],
  [
    'aarch64-unknown-linux-gnu',
    32,
    `  %g = getelementptr i8, ptr %l, i64 24
  %used = load i32, ptr %g, align 8
  %none = icmp sge i32 %used, 0
  call void @check(i1 %none)
  %all = load ptr, ptr %l, align 8`,
  ],
  ['riscv64-unknown-linux-gnu', 8, '  %all = load ptr, ptr %l, align 8'],
];

test.each(lists)(
  'operands without a name are found through a va_list of %s, and through its copy',
  (triple, size, find) => {
    const second = `
define internal double @second(i32 %n, ...) {
  %m = alloca [${size} x i8], align 8
  call void @llvm.va_start(ptr %m)
  %l = alloca [${size} x i8], align 8
  call void @llvm.va_copy(ptr %l, ptr %m)
${find}
  %at = getelementptr i8, ptr %all, i64 8
  %v = load double, ptr %at, align 8
  call void @llvm.va_end(ptr %m)
  ret double %v
}
`;
    const body = `  %v = call double (i32, ...) @second(i32 2, i32 7, double 2.5)
  %is = fcmp oeq double %v, 2.5`;
    holds(body, second, triple);
  },
);

test('operands that nobody has given are an access outside', () => {
  const first = `
define internal i64 @first(i32 %n, ...) {
  %l = alloca ptr, align 8
  call void @llvm.va_start(ptr %l)
  %all = load ptr, ptr %l, align 8
  %v = load i64, ptr %all, align 8
  ret i64 %v
}
`;
  const { bugs } = explored(alone('  %v = call i64 (i32, ...) @first(i32 0)', first));
  expect(bugs.map(({ kind }) => kind)).toEqual(['out-of-bounds']);
});

test('a structure given by value is the copy of whoever is called', () => {
  const change = `
define internal i32 @change(ptr noundef byval(%struct.node) align 8 %p) {
  %at = getelementptr %struct.node, ptr %p, i32 0, i32 1
  %v = load i32, ptr %at, align 8
  store i32 9, ptr %at, align 8
  ret i32 %v
}
`;
  const body = `  %s = alloca %struct.node, align 8
  %at = getelementptr %struct.node, ptr %s, i32 0, i32 1
  store i32 5, ptr %at, align 8
  %v = call i32 @change(ptr noundef byval(%struct.node) align 8 %s)
  %w = load i32, ptr %at, align 8
  %a = icmp eq i32 %v, 5
  %b = icmp eq i32 %w, 5
  %is = and i1 %a, %b`;
  holds(body, change);
});

describe('a label whose address was taken', () => {
  const go = `
@labels = internal constant [2 x ptr] [ptr blockaddress(@go, %one), ptr blockaddress(@go, %two)]
define internal i32 @go(i64 %i) {
  %p = getelementptr [2 x ptr], ptr @labels, i64 0, i64 %i
  %l = load ptr, ptr %p, align 8
  br label %on
on:
  indirectbr ptr %l, [label %one, label %two]
one:
  ret i32 1
two:
  ret i32 2
}
`;

  test.each([
    [0, 1],
    [1, 2],
  ])('is gone to: %i', (index, result) => {
    holds(`  %v = call i32 @go(i64 ${index})\n  %is = icmp eq i32 %v, ${result}`, go);
  });

  test('and what is none is a bug', () => {
    const none = go.replace('%l = load ptr, ptr %p, align 8', '%l = inttoptr i64 7 to ptr');
    const { bugs } = explored(alone('  %v = call i32 @go(i64 0)', none));
    expect(bugs.map(({ kind, object }) => [kind, object])).toEqual([['out-of-bounds', 'go']]);
  });
});

describe('an intrinsic function gives what the language reference says', () => {
  test.each([
    ['i8 @llvm.uadd.sat.i8(i8 250, i8 10)', 'i8 -1'],
    ['i8 @llvm.usub.sat.i8(i8 3, i8 10)', 'i8 0'],
    ['i8 @llvm.sadd.sat.i8(i8 100, i8 100)', 'i8 127'],
    ['i8 @llvm.ssub.sat.i8(i8 -100, i8 100)', 'i8 -128'],
    ['i8 @llvm.ushl.sat.i8(i8 65, i8 2)', 'i8 -1'],
    ['i8 @llvm.sshl.sat.i8(i8 -65, i8 1)', 'i8 -128'],
    ['i64 @llvm.uadd.sat.i64(i64 -2, i64 1)', 'i64 -1'],
    ['i8 @llvm.bitreverse.i8(i8 6)', 'i8 96'],
    ['i8 @llvm.scmp.i8.i32(i32 -1, i32 1)', 'i8 -1'],
    ['i8 @llvm.ucmp.i8.i32(i32 -1, i32 1)', 'i8 1'],
  ])('%s = %s', (call, result) => {
    holds(`  %v = call ${call}\n  %is = icmp eq ${result.replace(' ', ' %v, ')}`, '');
  });

  test.each([
    ['double @llvm.fabs.f64(double -2.5)', 2.5],
    ['double @llvm.floor.f64(double -2.5)', -3],
    ['double @llvm.round.f64(double -2.5)', -3],
    ['double @llvm.fmuladd.f64(double 2.0, double 3.0, double 1.0)', 7],
    ['double @llvm.copysign.f64(double 2.0, double -1.0)', -2],
    ['double @llvm.maxnum.f64(double 0x7FF8000000000000, double 1.0)', 1],
  ])('%s = %f', (call, result) => {
    const text = Number.isInteger(result) ? `${result}.0` : `${result}`;
    holds(`  %v = call ${call}\n  %is = fcmp oeq double %v, ${text}`, '');
  });
});
