// What values are, and what is done to memory: as a processor that was given the same C would have it.
import { describe, expect, test } from 'vitest';
import { alone, explored, thread, threads } from './program.ts';

/** Holds the program to a value. */
const is = (type: string, value: string, expected: string): string => `
  %holds = icmp eq ${type} ${value}, ${expected}
  call void @check(i1 %holds)`;

const numbers = `
@a = global [5 x i32] [i32 1, i32 2, i32 3, i32 4, i32 5], align 4
@b = global [5 x i32] zeroinitializer, align 4
@wide = global [2 x i128] zeroinitializer, align 16
@started = global i32 0, align 4
declare ptr @malloc(i64)
declare ptr @calloc(i64, i64)
declare void @free(ptr)
declare ptr @memmove(ptr, ptr, i64)
declare void @llvm.memcpy.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memmove.p0.p0.i64(ptr, ptr, i64, i1)
declare void @llvm.memset.p0.i64(ptr, i8, i64, i1)
declare i32 @llvm.bswap.i32(i32)
declare float @llvm.fmuladd.f32(float, float, float)
declare i32 @snprintf(ptr, i64, ptr, ...)
declare extern_weak i32 @nowhere()
@nothing = extern_weak global i32, align 4
define internal void @start() {
  %n = load i32, ptr @started, align 4
  %more = mul i32 %n, 10
  %next = add i32 %more, 1
  store i32 %next, ptr @started, align 4
  ret void
}
define internal void @later() {
  %n = load i32, ptr @started, align 4
  %more = mul i32 %n, 10
  %next = add i32 %more, 2
  store i32 %next, ptr @started, align 4
  ret void
}
define internal i32 @second(i32 %n, ...) {
  ret i32 %n
}
`;
const element = (array: string, i: number): string =>
  `getelementptr inbounds ([5 x i32], ptr @${array}, i64 0, i64 ${i})`;

describe('as it is', () => {
  test.each<[what: string, body: string, globals?: string]>([
    [
      'what is moved up across itself is what it was, where others may know of it',
      `  call void @llvm.memmove.p0.p0.i64(ptr ${element('a', 1)}, ptr @a, i64 16, i1 false)
  %v = load i32, ptr ${element('a', 4)}, align 4${is('i32', '%v', '4')}`,
    ],
    [
      'what is moved down across itself is what it was',
      `  call void @llvm.memmove.p0.p0.i64(ptr @a, ptr ${element('a', 1)}, i64 16, i1 false)
  %v = load i32, ptr @a, align 4${is('i32', '%v', '2')}`,
    ],
    [
      'zeros that nobody has written are copied, beside what was written',
      `  %from = call ptr @calloc(i64 2, i64 4)
  store i32 5, ptr %from, align 4
  %to = call ptr @malloc(i64 8)
  store ptr %to, ptr @head, align 8
  store i32 1, ptr %to, align 4
  %next = getelementptr i8, ptr %to, i64 4
  store i32 2, ptr %next, align 4
  call void @llvm.memcpy.p0.p0.i64(ptr %to, ptr %from, i64 8, i1 false)
  %v = load i32, ptr %next, align 4${is('i32', '%v', '0')}
  store ptr null, ptr @head, align 8
  call void @free(ptr %to)
  call void @free(ptr %from)`,
    ],
    ...(['memcpy', 'memset'] as const).map((how): [string, string] => [
      `of the only value of a variable ${how}() changes a part`,
      `  %place = alloca i64, align 8
  store i64 16909060, ptr %place, align 8
  %part = getelementptr i8, ptr %place, i64 1
${
  how === 'memcpy'
    ? '  call void @llvm.memcpy.p0.p0.i64(ptr %part, ptr @wide, i64 2, i1 false)'
    : '  call void @llvm.memset.p0.i64(ptr %part, i8 0, i64 2, i1 false)'
}
  %v = load i64, ptr %place, align 8${is('i64', '%v', '16777220')}`,
    ]),
    [
      'values of sixteen bytes are filled to their end',
      `  store i128 1, ptr @wide, align 16
  call void @llvm.memset.p0.i64(ptr @wide, i8 -1, i64 16, i1 false)
  %v = load i128, ptr @wide, align 16${is('i128', '%v', '-1')}`,
    ],
    [
      'a float is rounded at each step',
      `  %sum = fadd float 0x4170000000000000, 1.0
  %rest = fsub float %sum, 0x4170000000000000
  %v = fptosi float %rest to i32${is('i32', '%v', '0')}`,
    ],
    [
      'an integer that is too long for a float is rounded',
      `  %f = sitofp i32 16777217 to float
  %v = fptosi float %f to i32${is('i32', '%v', '16777216')}`,
    ],
    [
      'and is rounded once',
      `  %f = sitofp i64 1152921573326323713 to float
  %v = fptosi float %f to i64${is('i64', '%v', '1152921642045800448')}`,
    ],
    [
      'a product of floats is rounded before something is added to it',
      `  %f = call float @llvm.fmuladd.f32(float 0x4170000020000000, float 0x4170000020000000, float 0xC2F0000040000000)
  %v = fptosi float %f to i64${is('i64', '%v', '0')}`,
    ],
    [
      'the bits of a double are those that memory has',
      `  %b = bitcast double 2.0 to i64${is('i64', '%b', '4611686018427387904')}`,
    ],
    [
      'bits are the double that they are of',
      `  %d = bitcast i64 4611686018427387904 to double
  %v = fptosi double %d to i32${is('i32', '%v', '2')}`,
    ],
    [
      'a pointer that was put together of its bytes leads to where it did',
      `  %place = alloca i32, align 4
  %pointer = alloca ptr, align 8
  store ptr %place, ptr %pointer, align 8
  %low = load i32, ptr %pointer, align 4
  %upper = getelementptr i8, ptr %pointer, i64 4
  %high = load i32, ptr %upper, align 4
  %l = zext i32 %low to i64
  %h = zext i32 %high to i64
  %shifted = shl i64 %h, 32
  %n = or i64 %shifted, %l
  %again = inttoptr i64 %n to ptr
  store i32 3, ptr %again, align 4
  %v = load i32, ptr %place, align 4${is('i32', '%v', '3')}`,
    ],
    [
      'and so does one that was calculated with, to a variable, to memory or to a function',
      ['@x', '%memory', '@nine']
        .map(
          (pointer, i) => `
  %n${i} = ptrtoint ptr ${pointer} to i64
  %m${i} = mul i64 %n${i}, 6
  %d${i} = udiv i64 %m${i}, 6
  %p${i} = inttoptr i64 %d${i} to ptr`,
        )
        .join('')
        .replace(/^/, '  %memory = call ptr @malloc(i64 4)') +
        `
  store i32 1, ptr %p0, align 4
  store i32 2, ptr %p1, align 4
  %a = load i32, ptr @x, align 4
  %b = load i32, ptr %memory, align 4
  %c = call i32 %p2()
  %ab = add i32 %a, %b
  %v = add i32 %ab, %c${is('i32', '%v', '12')}
  call void @free(ptr %p1)`,
      'define internal i32 @nine() {\n  ret i32 9\n}\n',
    ],
    [
      'memory stays where it is when others come to know of it',
      `  %place = alloca i32, align 4
  %n = ptrtoint ptr %place to i64
  %before = urem i64 %n, 1009
  store ptr %place, ptr @head, align 8
  %p = load ptr, ptr @head, align 8
  %m = ptrtoint ptr %p to i64
  %after = urem i64 %m, 1009${is('i64', '%before', '%after')}`,
    ],
    [
      'a barrier of the compiler does nothing',
      `  call void asm sideeffect "", "~{memory},~{dirflag}"()
  %v = call i32 asm sideeffect "", "=r,0"(i32 7)${is('i32', '%v', '7')}`,
    ],
    [
      'what is to run before main() has run, the least priority first',
      `  %v = load i32, ptr @started, align 4${is('i32', '%v', '12')}`,
      '@llvm.global_ctors = appending global [2 x { i32, ptr, ptr }] [{ i32, ptr, ptr } { i32 65535, ptr @later, ptr null }, { i32, ptr, ptr } { i32 101, ptr @start, ptr null }]',
    ],
    [
      'a function that may be nowhere is NULL where it is nowhere',
      `  %v = ptrtoint ptr @nowhere to i64${is('i64', '%v', '0')}`,
    ],
    ['and so is a variable', `  %v = ptrtoint ptr @nothing to i64${is('i64', '%v', '0')}`],
  ])('%s', (_, body, globals = '') => {
    const { bugs, verdict } = explored(alone(body, numbers + globals));
    expect(bugs.map(({ message }) => message)).toEqual([]);
    expect(verdict).toBe('clean');
  });

  test('main() is told its name, and that there is no more', () => {
    const text = alone('  ret i32 0', numbers).replace(
      /define i32 @main.*/s,
      `define i32 @main(i32 %count, ptr %list) {
  %one = icmp eq i32 %count, 1
  call void @check(i1 %one)
  %name = load ptr, ptr %list, align 8
  %c = load i8, ptr %name, align 1
  %some = icmp ne i8 %c, 0
  call void @check(i1 %some)
  %at = getelementptr ptr, ptr %list, i64 1
  %end = load ptr, ptr %at, align 8
  %none = icmp eq ptr %end, null
  call void @check(i1 %none)
  ret i32 0
}
`,
    );
    expect(explored(text).bugs).toEqual([]);
  });
});

describe('text that is put together', () => {
  const shown = (form: string, operands: string, expected: string): string => {
    const bytes = (text: string): string =>
      `[${text.length + 1} x i8] c"${text.replaceAll('"', '\\22')}\\00"`;
    return alone(
      `  %to = alloca [64 x i8], align 1
  %n = call i32 (ptr, i64, ptr, ...) @snprintf(ptr %to, i64 64, ptr @form${operands})
  %same = call i32 @strcmp(ptr %to, ptr @expected)${is('i32', '%same', '0')}
  %long = icmp eq i32 %n, ${expected.length}
  call void @check(i1 %long)`,
      `@form = constant ${bytes(form)}
@expected = constant ${bytes(expected)}
declare i32 @snprintf(ptr, i64, ptr, ...)
declare i32 @strcmp(ptr, ptr)
`,
    );
  };
  // What glibc's printf() makes of each.
  test.each<[form: string, operands: string, expected: string]>([
    ['%05d|%+d|% d', ', i32 -42, i32 5, i32 5', '-0042|+5| 5'],
    ['%#x|%#o|%#X|%#x', ', i32 255, i32 8, i32 255, i32 0', '0xff|010|0XFF|0'],
    ['%.3d|%8.3d|%.0d|%05.2d', ', i32 7, i32 7, i32 0, i32 7', '007|     007||   07'],
    ['%*d|%-*d|%.*s|', ', i32 5, i32 42, i32 4, i32 7, i32 2, ptr @text', '   42|7   |ok|'],
    ['%*d|', ', i32 -4, i32 7', '7   |'],
    ['%.1s|%.s|%4s|%-4s|', ', ptr @text, ptr @text, ptr @text, ptr @text', 'o||  ok|ok  |'],
    ['%hhd %hhu %hd %hx', ', i32 300, i32 300, i32 70000, i32 74565', '44 44 4464 2345'],
    ['%ld %lu %zx', ', i64 -5, i64 -1, i64 -1', '-5 18446744073709551615 ffffffffffffffff'],
    ['%p %c%%', ', ptr null, i32 120', '(nil) x%'],
    [
      '%f %.2f %.0f %.0f',
      ', double 1.5, double 2.005, double 0.5, double 2.5',
      '1.500000 2.00 0 2',
    ],
    ['%08.2f|%-8.1f|%+.1f', ', double -1.5, double 2.25, double 2.0', '-0001.50|2.2     |+2.0'],
    ['%.1f', ', double 0x4480F0CF064DD592', '10000000000000000000000.0'],
    [
      '%f %5.1f %F',
      ', double 0x7FF0000000000000, double 0xFFF0000000000000, double 0x7FF8000000000000',
      'inf  -inf NAN',
    ],
    ['%.0f %#.0f', ', double -0.0, double 1.0', '-0 1.'],
  ])('%s', (form, operands, expected) => {
    expect(explored(shown(form, operands, expected)).bugs).toEqual([]);
  });

  test.each(['%g', '%', '%!', '%ls', '%Lf', '%n', '%99999d'])(
    'of %s it is said that it is not supported',
    (form) => {
      expect(() => explored(shown(form, ', i64 0', ''))).toThrow(
        /in a text is not supported: main/,
      );
    },
  );
});

describe('what is wrong', () => {
  const unknown = '  %place = alloca i32, align 4\n  %u = load i32, ptr %place, align 4\n';
  const deciding = (value: string): string => `
  %d = icmp eq i32 ${value}, 0
  br i1 %d, label %end, label %end
end:`;
  test.each<[what: string, body: string, kind: string, said: RegExp]>([
    [
      'the least number divided by -1',
      '  %v = load i32, ptr @x, align 4\n  %l = or i32 %v, -2147483648\n  %q = sdiv i32 %l, -1',
      'property',
      /does not fit/,
    ],
    [
      'its rest',
      '  %v = load i32, ptr @x, align 4\n  %l = or i32 %v, -2147483648\n  %q = srem i32 %l, -1',
      'property',
      /does not fit/,
    ],
    [
      'a copy that lies across what it is made of',
      `  call void @llvm.memcpy.p0.p0.i64(ptr ${element('a', 1)}, ptr @a, i64 16, i1 false)`,
      'property',
      /overlaps itself/,
    ],
    [
      'bytes of what was never written, turned round',
      `${unknown}  %s = call i32 @llvm.bswap.i32(i32 %u)${deciding('%s')}`,
      'uninitialised',
      /decides/,
    ],
    [
      'a sum with a double that was never written',
      `  %place = alloca double, align 8
  %u = load double, ptr %place, align 8
  %v = fadd double %u, 1.0
  %d = fcmp ogt double %v, 3.0
  br i1 %d, label %end, label %end
end:`,
      'uninitialised',
      /decides/,
    ],
    [
      'as many bytes as nobody has said',
      `${unknown}  %n = zext i32 %u to i64
  call void @llvm.memcpy.p0.p0.i64(ptr @b, ptr @a, i64 %n, i1 false)`,
      'uninitialised',
      /how many bytes/,
    ],
    [
      'an allocation of as many',
      `${unknown}  %n = zext i32 %u to i64\n  %p = call ptr @malloc(i64 %n)`,
      'uninitialised',
      /is given to malloc\(\)/,
    ],
    [
      'memory that is filled with what was never written',
      `${unknown}  %byte = trunc i32 %u to i8
  call void @llvm.memset.p0.i64(ptr @b, i8 %byte, i64 4, i1 false)
  %v = load i32, ptr @b, align 4${deciding('%v')}`,
      'uninitialised',
      /decides/,
    ],
    [
      'zeros that are written over with what was never written',
      `  %zeros = call ptr @calloc(i64 1, i64 4)
  %place = alloca i32, align 4
  call void @llvm.memcpy.p0.p0.i64(ptr %zeros, ptr %place, i64 4, i1 false)
  %v = load i32, ptr %zeros, align 4
  call void @free(ptr %zeros)${deciding('%v')}`,
      'uninitialised',
      /decides/,
    ],
    [
      'a swap of what was never written',
      `  %place = alloca i32, align 4
  %s = cmpxchg ptr %place, i32 0, i32 1 seq_cst seq_cst`,
      'uninitialised',
      /whether it is swapped/,
    ],
  ])('%s is told', (_, body, kind, said) => {
    const { bugs } = explored(alone(body, numbers));
    expect(bugs.map((bug) => bug.kind)).toEqual([kind]);
    expect(bugs[0]?.message).toMatch(said);
  });
});

describe('what is not supported is refused, with where it is', () => {
  test.each<[what: string, body: string, said: RegExp]>([
    [
      'a large structure by value among operands without names',
      '  %s = alloca [3 x i64], align 8\n  call i32 (i32, ...) @second(i32 1, ptr byval([3 x i64]) align 8 %s)',
      /structure of this size is not supported .*: main\(\), test.ll:\d+/,
    ],
    ['a sum of halves', '  %h = fadd half 0xH3C00, 0xH3C00', /a half is not supported/],
    [
      'a long double',
      '  %h = fadd x86_fp80 0xK3FFFC000000000000000, 0xK3FFFC000000000000000',
      /a x86_fp80 is not supported.*: main\(\), test.ll:\d+/,
    ],
    [
      'assembler text that does something',
      '  call void asm sideeffect "hlt", ""()',
      /"hlt" is not known: main/,
    ],
    [
      'an output of assembler text that nothing was put in',
      '  %v = call i32 asm "", "=r"()',
      /"" is not known/,
    ],
  ])('%s', (_, body, said) => {
    expect(() => explored(alone(body, numbers))).toThrow(said);
  });

  test('what only another thread knows of, by a number', () => {
    const asked = `  %n = load atomic i64, ptr @number seq_cst, align 8
  %is = icmp ne i64 %n, 0
  br i1 %is, label %yes, label %no
yes:
  %half = udiv i64 %n, 2
  %p = inttoptr i64 %half to ptr
  store i32 1, ptr %p, align 4
  br label %no
no:`;
    const told = `  %place = alloca i32, align 4
  %n = ptrtoint ptr %place to i64
  %twice = mul i64 %n, 2
  store atomic i64 %twice, ptr @number seq_cst, align 8`;
    const functions = `@number = global i64 0, align 8\n${thread('a', told)}${thread('b', asked)}`;
    expect(() => explored(threads(functions, ['a', 'b']))).toThrow(
      /variable of another thread is found by a number.*: b\(\), test.ll:\d+/,
    );
  });

  test('functions that call one another without end', () => {
    const deeper = 'define internal void @deeper() {\n  call void @deeper()\n  ret void\n}\n';
    expect(() => explored(alone('  call void @deeper()', deeper))).toThrow(
      /more than 10000 deep: deeper\(\), test.ll:\d+/,
    );
  });
});
