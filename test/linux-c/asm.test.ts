// Assembler text, most of it for x86: what each instruction leaves in memory and in registers, and what is refused.
import { describe, expect, test } from 'vitest';
import { explore, type Start, type World } from '../../src/explore/index.ts';
import { arm64, x86 } from '../../src/linux-c/api/index.ts';
import {
  Compiled,
  Linked,
  Machine,
  Module,
  type RuntimeValue,
  Thread,
} from '../../src/llvm/index.ts';

const clobbers = '~{memory},~{dirflag},~{fpsr},~{flags}';

/** Run functions without operands, side by side; with `then`, one, and that one after it. What they returned. */
function run(
  text: string,
  names: readonly string[],
  then: readonly string[] = [],
  asm: typeof x86 = x86,
) {
  const prelude = 'target datalayout = "e-m:e-i64:64-n8:16:32:64-S128"\n';
  const linked = new Linked([new Module(prelude + text, 'test.ll')], new Set());
  const compiled = new Compiled(linked);
  const environment = { functions: new Map(), remedy: '', asm };
  const ends = new Set<string>();
  const setup = (world: World): Start => {
    const thread = new Thread(new Machine(world, compiled, environment));
    const returned: RuntimeValue[] = [];
    return {
      tasks: names.map((name, i) => ({
        name: `t${i}`,
        body: function* () {
          for (const called of [name, ...then]) {
            const at = linked.find(called)?.at(0) ?? 0n;
            returned.push(yield* thread.call(at, []));
          }
          if (returned.length === names.length + then.length)
            ends.add(then.length > 0 ? returned.join() : [...returned].sort().join());
        },
      })),
    };
  };
  const outcome = explore({ name: 'test', setup }, { worlds: 'fresh' });
  return { outcome, ends: [...ends].sort() };
}

const variables = '@x = global i32 5, align 4\n@w = global [2 x i64] [i64 5, i64 0], align 8\n';
const now = `
define i32 @now() {
  %x = load i32, ptr @x, align 4
  ret i32 %x
}
define i64 @word() {
  %x = load i64, ptr getelementptr inbounds ([2 x i64], ptr @w, i64 0, i64 1), align 8
  ret i64 %x
}
`;

const function_ = (type: string, asm: string, constraints: string, operands: string): string =>
  `${variables}${now}define ${type} @act() {
  %r = call ${type} asm sideeffect "${asm}", "${constraints},${clobbers}"(${operands})
  ret ${type} %r
}\n`;

const x = 'ptr elementtype(i32) @x';
const w = 'ptr elementtype(i64) @w';

const done: readonly [what: string, text: string, result: string, memory: string, of: string][] = [
  [
    'xadd returns what was there',
    function_('i32', 'lock; xaddl $0, $1', '=r,=*m,0,*m', `${x}, i32 3, ${x}`),
    '5',
    '8',
    'now',
  ],
  [
    'xchg returns what was there',
    function_('i32', 'xchgl $0, $1', '=r,=*m,0,*m', `${x}, i32 3, ${x}`),
    '5',
    '3',
    'now',
  ],
  [
    'bts says that a bit was not set, and sets it',
    function_('i8', 'lock; btsq $2, $0', '=*m,={@ccc},Ir,*m', `${w}, i64 65, ${w}`),
    '0',
    '2',
    'word',
  ],
  [
    'bt looks at a bit of a later word',
    function_('i8', 'btq $2,$1', '={@ccc},*m,Ir', `${w}, i64 65`),
    '0',
    '0',
    'word',
  ],
  [
    'bt finds a bit',
    function_('i8', 'btq $2,$1', '={@ccc},*m,Ir', `${w}, i64 2`),
    '1',
    '0',
    'word',
  ],
  [
    'dec says that 0 is not reached',
    function_('i8', 'lock; decl $0', '=*m,={@cce},*m', `${x}, ${x}`),
    '0',
    '4',
    'now',
  ],
  [
    'sub says that 0 is reached',
    function_('i8', 'lock; subl $2, $0', '=*m,={@cce},ir,*m', `${x}, i32 5, ${x}`),
    '1',
    '0',
    'now',
  ],
  [
    'a negated flag is the other one',
    function_('i8', 'lock; subl $2, $0', '=*m,={@ccne},ir,*m', `${x}, i32 5, ${x}`),
    '0',
    '0',
    'now',
  ],
  [
    'bsf finds the lowest bit',
    function_('i64', 'rep; bsf $1,$0', '=r,rm', 'i64 40'),
    '3',
    '5',
    'now',
  ],
  ['bsr finds the highest bit', function_('i32', 'bsrl $1,$0', '=r,rm', 'i32 40'), '5', '5', 'now'],
  [
    'bsr of 0 leaves what was there',
    function_('i64', 'bsrq $1,$0', '=r,rm,0', 'i64 0, i64 -1'),
    String(2n ** 64n - 1n),
    '5',
    'now',
  ],
  [
    'bsr of 64 bits may answer in 32',
    function_('i32', 'bsrq $1,$0', '=r,rm,0', 'i64 4294967296, i32 -1').replace(
      'ret i32 %r',
      '%more = add i32 %r, 1\n  ret i32 %more',
    ),
    '33',
    '5',
    'now',
  ],
  ['an empty text leaves what it hides', function_('i64', '', '=r,0', 'i64 7'), '7', '5', 'now'],
  [
    'what goes to other sections, labels and remarks say nothing',
    function_(
      'i32',
      '.pushsection .a\\0A.long 1f\\0A.popsection\\0A1:\\0A\\09lock; xaddl $0, $1 # more',
      '=r,=*m,0,*m',
      `${x}, i32 3, ${x}`,
    ),
    '5',
    '8',
    'now',
  ],
];

test.each(done)('%s', (_what, text, result, memory, of) => {
  const { outcome, ends } = run(text, ['act'], [of]);
  expect([outcome.bugs, outcome.complete]).toEqual([[], true]);
  expect(ends).toEqual([`${result},${memory}`]);
});

describe('for arm64', () => {
  test.each(['', 'nop', '# '])('%j leaves what it hides', (text) => {
    const { ends } = run(function_('i64', text, '=r,0', 'i64 7'), ['act'], ['now'], arm64);
    expect(ends).toEqual(['7,5']);
  });

  test('an output that nothing is put into is an error that names the text', () => {
    expect(() => run(function_('i32', 'nop', '=r', ''), ['act'], [], arm64)).toThrow(
      'the assembler text "nop" is not known',
    );
  });
});

describe('cmpxchg', () => {
  const exchange = (expected: number): string => `${variables}${now}define i32 @act() {
  %r = call { i8, i32 } asm sideeffect "lock; cmpxchgl $3, $1", "={@ccz},=*m,={ax},r,*m,2,${clobbers}"(${x}, i32 9, ${x}, i32 ${expected})
  %z = extractvalue { i8, i32 } %r, 0
  %old = extractvalue { i8, i32 } %r, 1
  %wide = zext i8 %z to i32
  %high = mul i32 %wide, 100
  %both = add i32 %high, %old
  ret i32 %both
}\n`;
  test.each([
    [5, '105,9'],
    [6, '5,5'],
  ])('expecting %i', (expected, ends) => {
    expect(run(exchange(expected), ['act'], ['now']).ends).toEqual([ends]);
  });
});

test('a locked instruction is one step, and one without a lock is two', () => {
  const increment = (lock: string): string =>
    `${variables}define i32 @act() {
  call void asm sideeffect "${lock}incl $0", "=*m,*m,${clobbers}"(${x}, ${x})
  %x = load atomic i32, ptr @x seq_cst, align 4
  ret i32 %x
}\n`;
  expect(run(increment('lock; '), ['act', 'act']).ends).toEqual(['6,7', '7,7']);
  const { outcome } = run(increment(''), ['act', 'act']);
  expect(outcome.bugs.map(({ kind }) => kind)).toContain('data-race');
});

const bug = (flags: number): string => `${variables}define i32 @act() {
  call void asm sideeffect "1: ud2\\0A.pushsection __bug_table\\0A.word \${0:c}\\0A.word \${1:c}\\0A.popsection", "i,i,${clobbers}"(i32 12, i32 ${flags})
  ret i32 0
}\n`;

test.each([
  [2305, 'WARN'],
  [0, 'BUG'],
])('the flags %i of an entry of the table of bugs are a %s()', (flags, says) => {
  const { outcome } = run(bug(flags), ['act']);
  expect(JSON.stringify(outcome.bugs)).toContain(`${says}()`);
});

test.each([
  ['a variable of each CPU', function_('i32', 'movl %gs:$1, $0', '=r,*m', x)],
  [
    'an instruction that is not known',
    function_('i32', 'lock; xyzl $0, $1', '=r,=*m,0,*m', `${x}, i32 3, ${x}`),
  ],
  ['a flag that is not known', function_('i8', 'lock; decl $0', '=*m,={@ccs},*m', `${x}, ${x}`)],
  [
    'more than one instruction',
    function_('i32', 'xchgl $0, $1; xchgl $0, $1', '=r,=*m,0,*m', `${x}, i32 3, ${x}`),
  ],
  ['an output that nothing is put into', function_('i32', '', '=r', '')],
  ['a jump that is taken', function_('i32', 'jmp 1f', '=r,0', 'i32 1')],
])('%s is an error that names the text', (_what, text) => {
  expect(() => run(text, ['act'])).toThrow(/the assembler text ".*" is not known/);
});
