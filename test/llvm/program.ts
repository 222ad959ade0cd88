// Small programs in LLVM IR as clang writes it, for tests that need no compiler.
import { explore, type Outcome } from '../../src/explore/index.ts';
import { Module, programOf } from '../../src/llvm/index.ts';

const prelude = `
target datalayout = "e-m:e-i64:64-i128:128-n8:16:32:64-S128"
%struct.node = type { ptr, i32 }
@x = global i32 0, align 4
@y = global i32 0, align 4
@flag = global i32 0, align 4
@head = global ptr null, align 8
@m = global [40 x i8] zeroinitializer, align 8
@n = global [40 x i8] zeroinitializer, align 8
@c = global [48 x i8] zeroinitializer, align 8
@bar = global [32 x i8] zeroinitializer, align 8
@tl = thread_local global i32 7, align 4
@table = constant [3 x i32] [i32 10, i32 20, i32 30], align 4
@text = constant [3 x i8] c"ok\\00", align 1
@name = constant [5 x i8] c"main\\00", align 1

declare i32 @pthread_create(ptr, ptr, ptr, ptr)
declare i32 @pthread_join(i64, ptr)
declare void @__assert_fail(ptr, ptr, i32, ptr)

define internal void @check(i1 %holds) {
  br i1 %holds, label %good, label %bad
bad:
  call void @__assert_fail(ptr @text, ptr @text, i32 1, ptr @name)
  unreachable
good:
  ret void
}
`;

/** A program whose main() starts these functions side by side, waits for them and does something else. */
export function threads(functions: string, names: readonly string[], end = ''): string {
  const started = names.map(
    (name, i) => `
  %t${i} = alloca i64, align 8
  %c${i} = call i32 @pthread_create(ptr %t${i}, ptr null, ptr @${name}, ptr null)`,
  );
  const joined = names.map(
    (_, i) => `
  %h${i} = load i64, ptr %t${i}, align 8
  %j${i} = call i32 @pthread_join(i64 %h${i}, ptr null)`,
  );
  return `${prelude}${functions}
define i32 @main() {${started.join('')}${joined.join('')}
${end}
  ret i32 0
}
`;
}

/** A thread that does this. */
export function thread(name: string, body: string): string {
  return `
define ptr @${name}(ptr %argument) {
${body}
  ret ptr null
}
`;
}

/** A program of one thread. */
export function alone(body: string, functions = ''): string {
  return `${prelude}${functions}
define i32 @main() {
${body}
  ret i32 0
}
`;
}

export function explored(text: string, maxExecutions = 10_000): Outcome {
  const options = { maxExecutions, worlds: 'compared' as const };
  return explore(programOf('test', [new Module(text, 'test.ll')]), options);
}
