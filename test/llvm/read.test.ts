// What the text of LLVM IR is read as: by hand, in the forms that clang 14 (typed pointers), 16 (opaque
// ones) and 19 (debug records) write.
import { describe, expect, test } from 'vitest';
import { type Instruction, Module } from '../../src/llvm/index.ts';
import { FormatError } from '../../src/util/index.ts';

const i32 = { kind: 'int', bits: 32 };
const i64 = { kind: 'int', bits: 64 };
const local = (name: string) => ({ kind: 'local', name });
const number = (value: number) => ({ kind: 'int', value: BigInt(value) });
const global = (name: string) => ({ kind: 'global', name });

function moduleWith(body: string, result = 'void'): Module {
  return new Module(
    `define ${result} @f(i32 %0, ptr %p) !dbg !7 {\n${body}\n}\n\n!7 = !{}\n`,
    'f.ll',
  );
}

/** The instructions of a function with this body. */
function instructions(body: string): readonly Instruction[] {
  const blocks = moduleWith(body).body('f')?.blocks ?? [];
  return blocks.flatMap((block) => block.instructions);
}

describe('an instruction is read', () => {
  test.each<[text: string, expected: object]>([
    [
      '%2 = add nuw nsw i32 %0, -4',
      { op: 'binary', operator: 'add', type: i32, left: local('0'), right: number(-4) },
    ],
    [
      '%2 = or disjoint i64 %1, 1, !dbg !12',
      { op: 'binary', operator: 'or', left: local('1'), right: number(1), location: 12 },
    ],
    ['%2 = fmul fast double %a, 1.500000e+00', { right: { kind: 'float', value: 1.5 } }],
    ['%2 = fadd double %a, 0x7FF0000000000000', { right: { kind: 'float', value: Infinity } }],
    ['%2 = fadd double %a, 1.5e+2', { right: { kind: 'float', value: 150 } }],
    ['%2 = fneg double %a', { op: 'fneg', value: { value: local('a') } }],
    ['%2 = trunc nuw i64 %1 to i32', { op: 'cast', cast: 'trunc', to: i32 }],
    ['%2 = zext nneg i32 %0 to i64', { op: 'cast', cast: 'zext', to: i64 }],
    [
      '%2 = bitcast %struct.a** %1 to i8*',
      { op: 'cast', to: { kind: 'pointer', to: { kind: 'int', bits: 8 }, space: 0 } },
    ],
    ['%2 = icmp samesign ult i32 %0, 3', { op: 'icmp', predicate: 'ult', right: number(3) }],
    ['%2 = icmp eq i8* %p, null', { op: 'icmp', right: { kind: 'null' } }],
    [
      '%2 = select i1 %c, i32 1, i32 %0',
      { op: 'select', yes: { type: i32, value: number(1) }, no: { type: i32, value: local('0') } },
    ],
    [
      '%2 = phi i32 [ 0, %entry ], [ %9, %"a b" ], !dbg !4',
      {
        op: 'phi',
        location: 4,
        incoming: [
          { value: number(0), from: 'entry' },
          { value: local('9'), from: 'a b' },
        ],
      },
    ],
    ['%2 = alloca [2 x i64], align 16', { op: 'alloca', count: null }],
    ['%2 = alloca i8, i64 %n, align 1', { op: 'alloca', count: { type: i64, value: local('n') } }],
    [
      '%2 = load i32, i32* @tl, align 4, !dbg !146, !tbaa !89',
      { op: 'load', ordering: null, isVolatile: false, location: 146 },
    ],
    [
      '%2 = load atomic volatile i32, ptr %p syncscope("one") acquire, align 4',
      { op: 'load', ordering: 'acquire', isVolatile: true },
    ],
    [
      'store ptr @f, ptr getelementptr inbounds ([2 x ptr], ptr @ops, i64 0, i64 1), align 8',
      {
        op: 'store',
        name: null,
        value: { value: global('f') },
        pointer: {
          value: {
            op: 'getelementptr',
            type: { kind: 'array', count: 2 },
            operands: [{ value: global('ops') }, { value: number(0) }, { value: number(1) }],
          },
        },
      },
    ],
    [
      '%2 = getelementptr inbounds nuw %struct.node, ptr %p, i32 0, i32 2, !dbg !3',
      {
        op: 'getelementptr',
        type: { kind: 'named', name: 'struct.node' },
        indices: [{ value: number(0) }, { value: number(2) }],
        location: 3,
      },
    ],
    [
      '%2 = tail call i32 (i8*, ...) @printf(i8* noundef nonnull align 4 %p, i32 signext 3) #5, !dbg !1',
      {
        op: 'call',
        callee: global('printf'),
        result: i32,
        signature: { isVariadic: true },
        operands: [{ value: local('p') }, { type: i32, value: number(3) }],
        location: 1,
      },
    ],
    [
      'call void @llvm.dbg.declare(metadata i32* %3, metadata !88, metadata !DIExpression()), !dbg !9',
      {
        op: 'call',
        operands: [
          { value: { metadata: { kind: 'value', of: { value: local('3') } } } },
          { value: { metadata: { kind: 'node', id: 88 } } },
          { value: { metadata: { kind: 'text' } } },
        ],
      },
    ],
    [
      '#dbg_value(i32 %0, !12, !DIExpression(DW_OP_plus_uconst, 8), !14)',
      { op: 'debug', record: 'value', operands: [{ kind: 'value' }, { id: 12 }, {}, { id: 14 }] },
    ],
    [
      '%2 = call i64 asm sideeffect "mrs $0, sp_el0", "=r,~{memory}"() #3, !srcloc !5',
      {
        callee: { kind: 'asm', asm: { text: 'mrs $0, sp_el0', hasSideEffects: true } },
        operands: [],
      },
    ],
    ['%2 = call noundef range(i32 0, 3) i32 %p(i32 %0) [ "kcfi"(i32 7) ]', { callee: local('p') }],
    [
      '%2 = cmpxchg weak ptr %p, i32 %0, i32 1 acq_rel monotonic, align 4',
      { op: 'cmpxchg', ordering: 'acq_rel', failure: 'monotonic', next: { value: number(1) } },
    ],
    [
      '%2 = atomicrmw volatile add i32* @n, i32 2 seq_cst, align 4',
      { op: 'atomicrmw', operator: 'add', ordering: 'seq_cst', isVolatile: true },
    ],
    ['fence syncscope("singlethread") release', { op: 'fence', ordering: 'release' }],
    ['%2 = extractvalue { i32, i1 } %1, 1, !dbg !3', { op: 'extractvalue', path: [1] }],
    ['%2 = insertvalue { i32, [2 x i8] } undef, i8 3, 1, 0', { op: 'insertvalue', path: [1, 0] }],
    ['%2 = freeze i32 poison', { op: 'freeze', value: { value: { kind: 'poison' } } }],
  ])('%s', (text, expected) => {
    const [found, ...others] = instructions(`  ${text}\n  unreachable`);
    expect(found).toMatchObject(expected);
    expect(others).toMatchObject([{ op: 'unreachable' }]);
  });

  test.each<[text: string, expected: object]>([
    ['ret void', { op: 'ret', value: null }],
    ['ret { i32, i1 } { i32 3, i1 true }', { value: { value: { kind: 'aggregate' } } }],
    ['br label %7, !llvm.loop !3', { op: 'br', to: '7' }],
    ['br i1 %c, label %a, label %b', { op: 'condbr', condition: local('c'), yes: 'a', no: 'b' }],
    [
      'switch i32 %0, label %d [\n    i32 1, label %a\n    i32 -7, label %b\n  ], !dbg !9',
      {
        otherwise: 'd',
        location: 9,
        cases: [
          { value: number(1), to: 'a' },
          { value: number(-7), to: 'b' },
        ],
      },
    ],
    [
      'callbr void asm sideeffect "", "X"(i8* blockaddress(@f, %b)) to label %a [label %b], !srcloc !2',
      { op: 'callbr', next: 'a', others: ['b'] },
    ],
    [
      'indirectbr ptr %p, [label %a, label %b]',
      { op: 'indirectbr', to: ['a', 'b'], value: { value: local('p') } },
    ],
  ])('%s', (text, expected) => {
    expect(instructions(`  ${text}`)).toMatchObject([expected]);
  });
});

test('blocks have the labels that branches name, the first without one of its own', () => {
  const { blocks = [] } =
    moduleWith('  br label %2\n\n2:    ; preds = %1\n  br label %"x y"\n\n"x y":\n  ret void').body(
      'f',
    ) ?? {};
  expect(blocks.map(({ label }) => label)).toEqual(['1', '2', 'x y']);
  const named = moduleWith('entry:\n  ret void').body('f');
  expect(named?.blocks.map(({ label }) => label)).toEqual(['entry']);
});

test('an instruction that is not understood is kept with the reason, and the rest is read', () => {
  const [first, second] = instructions('  %2 = frobnicate i32 %0\n  ret void');
  expect(first).toMatchObject({ op: 'unknown', name: '2' });
  expect(first?.op === 'unknown' && first.why).toMatch(
    /line 2: expected an instruction that is known/,
  );
  expect(second).toMatchObject({ op: 'ret' });
});

test('an instruction is at the place where it stands', () => {
  const module = moduleWith('  fence seq_cst\n  ret void');
  const places = module.body('f')?.blocks[0]?.instructions.map(({ at }) => module.lineAt(at));
  expect(places).toEqual([2, 3]);
});

const whole = `; ModuleID = 'a.c'
source_filename = "a.c"
target datalayout = "e-i64:64-S128"
target triple = "x86_64-pc-linux-gnu"

%struct.node = type { %struct.node*, i32, i8 }
%"struct.two words" = type <{ i8, [3 x i32] }>
%struct.later = type opaque

@tl = dso_local thread_local(localdynamic) global i32 3, align 4, !dbg !0
@m = internal global %struct.node zeroinitializer, align 8
@.str = private unnamed_addr constant [4 x i8] c"a\\0A\\\\\\00", align 1
@"a name" = external global i8
@other = alias i32, i32* @tl
@edges = global [2 x i8*] [i8* getelementptr ([4 x i8], [4 x i8]* @.str, i32 0, i32 1), i8* null]
@gone = extern_weak dso_local global i32, section ".x"

; Function Attrs: nounwind
declare !dbg !155 i32 @pthread_mutex_lock(%struct.node* noundef) #3

define internal zeroext i1 @"odd name"(i8* noundef %0, ...) unnamed_addr #0 align 4 !dbg !7 {
  ret i1 true
}

attributes #0 = { nounwind "a"="b" }

!llvm.dbg.cu = !{!2}
!0 = !DIGlobalVariableExpression(var: !1, expr: !DIExpression())
!1 = distinct !DIGlobalVariable(name: "tl", line: 7, isLocal: false, type: !7)
!7 = distinct !DISubprogram(name: "a \\22b\\22", flags: DIFlagPrototyped | DIFlagX, line: 3, scope: null)
!8 = !{!0, !{}, i32 4, !"text"}
`;

describe('a module', () => {
  const module = new Module(whole, 'a.ll');

  test('says what it is for', () => {
    expect([module.dataLayout, module.triple]).toEqual(['e-i64:64-S128', 'x86_64-pc-linux-gnu']);
  });

  test('knows its types by name', () => {
    const fields = [{ kind: 'pointer' }, i32, { bits: 8 }];
    expect(module.resolve({ kind: 'named', name: 'struct.node' })).toMatchObject({ fields });
    expect(module.resolve({ kind: 'named', name: 'struct two words' })).toEqual({ kind: 'opaque' });
    const packed = module.resolve({ kind: 'named', name: 'struct.two words' });
    expect(packed).toMatchObject({ packed: true });
    expect(module.resolve({ kind: 'named', name: 'struct.later' })).toEqual({ kind: 'opaque' });
  });

  test.each<[name: string, expected: object]>([
    ['tl', { isThreadLocal: true, initializer: number(3), debug: [0], isInternal: false }],
    ['m', { isInternal: true, initializer: { kind: 'zero' }, isConstant: false }],
    [
      '.str',
      { isConstant: true, initializer: { bytes: Uint8Array.from([0x61, 0x0a, 0x5c, 0x00]) } },
    ],
    ['a name', { initializer: null }],
    ['gone', { initializer: null, type: i32 }],
    ['other', { of: global('tl') }],
    ['edges', { initializer: { elements: [{ value: { op: 'getelementptr' } }, {}] } }],
  ])('has the variable %s', (name, expected) => {
    expect(module.global(name)).toMatchObject(expected);
  });

  test('has functions with a body and such that are elsewhere', () => {
    expect(module.functions).toEqual(['odd name']);
    expect(module.body('odd name')).toMatchObject({
      subprogram: 7,
      type: { result: { bits: 1 }, isVariadic: true },
      parameters: [{ name: '0' }],
      blocks: [{ label: '1' }],
    });
    expect(module.body('pthread_mutex_lock')).toBeNull();
    expect(module.declaration('pthread_mutex_lock')).toMatchObject({ subprogram: 155 });
    expect(module.declaration('nothing')).toBeNull();
  });

  test('has metadata by number', () => {
    const { metadata } = module;
    const subprogram = metadata.node(7);
    expect(subprogram).toMatchObject({
      kind: 'DISubprogram',
      fields: {
        name: { text: 'a "b"' },
        flags: { text: 'DIFlagPrototyped | DIFlagX' },
        line: { text: '3' },
        scope: { kind: 'null' },
      },
    });
    const expression = metadata.node(0);
    expect(expression && metadata.nodeOf(expression, 'var')?.kind).toBe('DIGlobalVariable');
    const elements = [{ id: 0 }, { text: '{}' }, { text: 'i32 4' }, { text: 'text' }];
    expect(metadata.node(8)).toMatchObject({ elements });
    expect(metadata.node(99)).toBeNull();
  });
});

describe('what cannot be read is one error with its file and line', () => {
  test.each<[what: string, text: string, read: (module: Module) => unknown, message: RegExp]>([
    ['no module', 'int main(void);', () => null, /expected LLVM IR as text/],
    ['bitcode', 'BC\u00c0\u00de', () => null, /found bitcode/],
    ['nothing', '', () => null, /expected LLVM IR as text/],
    ['a cut function', 'define void @f() {\n  ret void\n', (m) => m.body('f'), /line 3.*"}"/],
    ['a head', 'define @f() {\n}\n', (m) => m.body('f'), /line 1: expected a word/],
    ['a variable', '@x = global 7\n', (m) => m.global('x'), /line 1/],
    ['a type', '%a = type { i32,\n', (m) => m.resolve({ kind: 'named', name: 'a' }), /a type/],
    ['a node', '@x = global i8 0\n!1 = !DIFile(name: "\n', (m) => m.metadata.node(1), /line 2/],
  ])('%s', (_what, text, read, message) => {
    const attempt = () => read(new Module(text, 'x.ll'));
    expect(attempt).toThrow(FormatError);
    expect(attempt).toThrow(message);
  });
});

test.each([
  ['types', `%a = type ${'{ '.repeat(50_000)}`],
  ['pointers', `%a = type { ${'[2 x '.repeat(50_000)}`],
])('%s within one another without end are an error and no overflow of the stack', (_what, text) => {
  const read = () => new Module(text).resolve({ kind: 'named', name: 'a' });
  expect(read).toThrow(FormatError);
});

test('constants within one another without end are an error and no overflow of the stack', () => {
  const module = new Module(`@x = global i8 ${'[ i8 '.repeat(50_000)}`);
  expect(() => module.global('x')).toThrow(FormatError);
});

test('a type that is only another name is refused', () => {
  const module = new Module('%a = type %b\n%b = type %a\n');
  expect(() => module.resolve({ kind: 'named', name: 'a' })).toThrow(FormatError);
});
