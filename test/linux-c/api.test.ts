// What functions of the kernel that are by hand return, free and count: as the kernel's own do.
import { describe, expect, test } from 'vitest';
import { explore, type Outcome, type Task } from '../../src/explore/index.ts';
import { atomics } from '../../src/linux-c/api/counts/atomics.ts';
import { ida } from '../../src/linux-c/api/counts/ida.ts';
import { kobjects } from '../../src/linux-c/api/counts/kobject.ts';
import { References } from '../../src/linux-c/api/counts/references.ts';
import { probeCount } from '../../src/linux-c/api/deferred.ts';
import { locks } from '../../src/linux-c/api/locks/locks.ts';
import { rwLocks } from '../../src/linux-c/api/locks/rw-locks.ts';
import { waiting } from '../../src/linux-c/api/locks/waiting.ts';
import { memory } from '../../src/linux-c/api/memory.ts';
import { notifiers } from '../../src/linux-c/api/notifiers.ts';
import { strings, textAt } from '../../src/linux-c/api/strings.ts';
import { type ByName, EEXIST, ENOENT, ENOSPC, errno } from '../../src/linux-c/by-hand.ts';
import { Structs } from '../../src/linux-c/structs.ts';
import {
  big,
  Compiled,
  Linked,
  Machine,
  Module,
  type Pointer,
  type Scalar,
  Thread,
  type Variable,
} from '../../src/llvm/index.ts';

/** What a kernel's debug information says of the structures of notifiers and tasks. */
const debug = `
!llvm.dbg.cu = !{}
!1 = !DIBasicType(name: "long", size: 64, encoding: DW_ATE_signed)
!2 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!10 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "notifier_block", size: 192, elements: !11)
!11 = !{!12, !13, !14}
!12 = !DIDerivedType(tag: DW_TAG_member, name: "notifier_call", baseType: !1, size: 64)
!13 = !DIDerivedType(tag: DW_TAG_member, name: "next", baseType: !1, size: 64, offset: 64)
!14 = !DIDerivedType(tag: DW_TAG_member, name: "priority", baseType: !2, size: 32, offset: 128)
!20 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "blocking_notifier_head", size: 64, elements: !21)
!21 = !{!22}
!22 = !DIDerivedType(tag: DW_TAG_member, name: "head", baseType: !1, size: 64)
!30 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "task_struct", size: 128, elements: !31)
!31 = !{!32, !33}
!32 = !DIDerivedType(tag: DW_TAG_member, name: "__state", baseType: !2, size: 32)
!33 = !DIDerivedType(tag: DW_TAG_member, name: "usage", baseType: !34, size: 32, offset: 64)
!34 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "refcount_struct", size: 32, elements: !35)
!35 = !{!36}
!36 = !DIDerivedType(tag: DW_TAG_member, name: "refs", baseType: !37, size: 32)
!37 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "atomic", size: 32, elements: !38)
!38 = !{!39}
!39 = !DIDerivedType(tag: DW_TAG_member, name: "counter", baseType: !2, size: 32)
`;

const text = `
target datalayout = "e-m:e-i64:64-i128:128-n8:16:32:64-S128"
@lock = global [40 x i8] zeroinitializer, align 8
@numbers = global [16 x i8] zeroinitializer, align 8
@shared = global i32 0, align 4
@name = constant [5 x i8] c"iommu", align 1
@text = constant [6 x i8] c"iommu\\00", align 1
@chain = global [8 x i8] zeroinitializer, align 8
@low = global [24 x i8] zeroinitializer, align 8
@high = global [24 x i8] zeroinitializer, align 8
@sleeper = global [16 x i8] zeroinitializer, align 8
@word = global i64 0, align 8
@probe_count = global i32 0, align 4
${debug}`;

const linked = new Linked([new Module(text, 'api.ll')], new Set());
const compiled = new Compiled(linked);
const structs = new Structs(linked);
const at = (name: string): Pointer => (structs.variable(name) as Variable).at(0);
const [lock, numbers, shared, constant] = ['lock', 'numbers', 'shared', 'text'].map(at) as [
  Pointer,
  Pointer,
  Pointer,
  Pointer,
];

const api = {
  ...atomics,
  ...probeCount(structs, atomics),
  ...notifiers(structs),
  ...waiting(structs),
  ...locks,
  ...rwLocks,
  ...ida,
  ...memory,
  ...strings,
  ...kobjects(structs),
} as ByName;

type Call = (name: string, ...operands: Scalar[]) => Task<Scalar>;
type Body = (call: Call, thread: Thread) => Task<unknown>;

function run(...bodies: readonly Body[]): Outcome {
  return explore({
    name: 'api',
    setup(world) {
      const machine = new Machine(world, compiled, { functions: new Map(), remedy: '' });
      const tasks = bodies.map((body, i) => ({
        name: `CPU${i}`,
        *body() {
          const thread = new Thread(machine);
          const call: Call = function* (name, ...operands) {
            const known = api[name];
            if (known === undefined) throw new Error(`${name}() is not there`);
            return (yield* known(thread, ...operands)) as Scalar;
          };
          yield* body(call, thread);
          thread.memory.end();
        },
      }));
      return { tasks, properties: [] };
    },
  });
}

/** What calls by one task return, one after the other. */
function returned(
  calls: readonly (readonly [name: string, ...operands: Scalar[]])[],
): readonly Scalar[] {
  // A task may be made anew, and end before its end: what counts is one that has done all.
  let values: readonly Scalar[] = [];
  const { bugs } = run(function* (call) {
    const own: Scalar[] = [];
    for (const [name, ...operands] of calls) own.push(yield* call(name, ...operands));
    values = own;
  });
  expect(bugs.map(({ message }) => message)).toEqual([]);
  return values;
}

function kindsOf(...bodies: readonly Body[]): string[] {
  return [...new Set(run(...bodies).bugs.map(({ kind }) => kind))].sort();
}

const GFP = 0xcc0;

describe('a count', () => {
  const steps = [
    ['arch_atomic_add', 1],
    ['arch_atomic_inc'],
    ['arch_atomic_dec'],
    ['arch_atomic_sub', 1],
  ] as const;
  const changing = (place: Pointer): Body =>
    function* (call) {
      for (const [name, ...by] of steps) yield* call(name, ...by, place);
    };

  test('that somebody may look at keeps tasks apart', () => {
    expect(run(changing(shared), changing(shared)).executions).toBe(70);
  });

  test('of probes under way keeps nobody apart, by whatever it is counted', () => {
    const probes = at('probe_count');
    expect(run(changing(probes), changing(probes)).executions).toBe(1);
  });
});

describe('what calls return', () => {
  test.each<[string, [string, ...Scalar[]][], Scalar[]]>([
    [
      'a mutex',
      [
        ['mutex_lock', lock],
        ['mutex_unlock', lock],
      ],
      [0, 0],
    ],
    [
      'a mutex that is held is not taken twice',
      [
        ['mutex_trylock', lock],
        ['mutex_trylock', lock],
        ['mutex_unlock', lock],
      ],
      [1, 0, 0],
    ],
    [
      'flags of interrupts are a long',
      [
        ['_raw_spin_lock_irqsave', lock],
        ['_raw_spin_unlock_irqrestore', lock, 0n],
      ],
      [0n, 0],
    ],
    [
      'readers come in beside one another, and no writer',
      [
        ['down_read', lock],
        ['down_read_trylock', lock],
        ['down_write_trylock', lock],
        ['up_read', lock],
        ['up_read', lock],
        ['down_write_trylock', lock],
        ['up_write', lock],
      ],
      [0, 1, 0, 0, 0, 1, 0],
    ],
    [
      'beside a writer nobody comes in, and after a downgrade readers do',
      [
        ['down_write_killable', lock],
        ['down_read_trylock', lock],
        ['downgrade_write', lock],
        ['down_read_trylock', lock],
        ['down_write_trylock', lock],
        ['up_read', lock],
        ['up_read', lock],
      ],
      [0, 0, 0, 1, 0, 0, 0],
    ],
    [
      'numbers are the smallest that are free',
      [
        ['ida_alloc_range', numbers, 0, 0xffff_ffff, GFP],
        ['ida_alloc_range', numbers, 0, 0xffff_ffff, GFP],
        ['ida_free', numbers, 0],
        ['ida_alloc_range', numbers, 0, 7, GFP],
      ],
      [0, 1, 0, 0],
    ],
    [
      'numbers end',
      [
        ['ida_alloc_range', numbers, 3, 4, GFP],
        ['ida_alloc_range', numbers, 3, 4, GFP],
        ['ida_alloc_range', numbers, 3, 4, GFP],
        ['ida_alloc_range', numbers, 0x8000_0000, 0xffff_ffff, GFP],
      ],
      [3, 4, errno(ENOSPC), errno(ENOSPC)],
    ],
    [
      'a counter says what it was, what it is, and whether it has come to 0',
      [
        ['arch_atomic_fetch_add', 3, shared],
        ['arch_atomic_inc', shared],
        ['arch_atomic_sub_return', 2, shared],
        ['arch_atomic_dec_and_test', shared],
        ['arch_atomic_dec', shared],
        ['arch_atomic_inc_and_test', shared],
        ['arch_atomic_sub_and_test', 1, shared],
      ],
      [0, 3, 2, 0, 1, 0, 1],
    ],
    [
      'a counter of 64 bits, too',
      [
        ['arch_atomic64_inc', at('word')],
        ['arch_atomic64_dec_and_test', at('word')],
      ],
      [0n, 1],
    ],
    [
      'of no bytes is no memory, and is freed',
      [
        ['__kmalloc', 0n, GFP],
        ['kfree', 16n],
        ['kfree', 0n],
      ],
      [16n, 0, 0],
    ],
    [
      'to no bytes is freed',
      [
        ['krealloc', 0n, 0n, GFP],
        ['krealloc', 16n, 0n, GFP],
      ],
      [16n, 16n],
    ],
    [
      'NULL has no copy',
      [
        ['kstrdup', 0n, GFP],
        ['kstrndup', 0n, 3n, GFP],
      ],
      [0n, 0n],
    ],
    [
      'a text of the image is its own copy',
      [
        ['kstrdup_const', constant, GFP],
        ['kfree_const', constant],
      ],
      [constant, 0],
    ],
    [
      'texts are compared',
      [
        ['strcmp', constant, constant],
        ['strlen', constant],
      ],
      [0, 5n],
    ],
  ])('%s', (_title, calls, expected) => {
    expect(returned(calls)).toEqual(expected);
  });

  test('a text that is copied is there, as much as is asked for', () => {
    let texts: readonly string[] = [];
    const { bugs } = run(function* (call, thread) {
      const own: string[] = [];
      for (const copy of [
        yield* call('kstrdup', constant, GFP),
        yield* call('kstrndup', constant, 2n, GFP),
      ]) {
        own.push(yield* textAt(thread, copy));
        yield* call('kfree', copy);
      }
      texts = own;
    });
    expect([texts, bugs]).toEqual([['iommu', 'io'], []]);
  });

  test('what is made longer keeps what is in it, and the old is freed', () => {
    let kept: Scalar = 0;
    const { bugs } = run(function* (call, thread) {
      const old = yield* call('__kmalloc', 4n, GFP);
      yield* thread.memory.store(old, 4, 7);
      const longer = yield* call('krealloc', old, 8n, GFP);
      kept = yield* thread.memory.load(longer, 4);
      yield* call('kfree', longer);
      expect(longer).not.toBe(old);
    });
    expect([kept, bugs]).toEqual([7, []]);
  });
});

describe('what calls find', () => {
  test.each<[string, string[], Body]>([
    ['kfree() of an error pointer', ['out-of-bounds'], (call) => call('kfree', 2n ** 64n - 12n)],
    [
      'kfree() twice',
      ['double-free'],
      function* (call) {
        const it = yield* call('__kmalloc', 8n, GFP);
        yield* call('kfree', it);
        yield* call('kfree', it);
      },
    ],
    [
      'a read after kvfree_call_rcu()',
      ['use-after-free'],
      function* (call, { memory: own }) {
        const it = yield* call('__kmalloc', 8n, GFP | 0x100);
        yield* call('kvfree_call_rcu', it, it);
        yield* own.load(it, 8);
      },
    ],
    ['nothing freed', ['leak'], (call) => call('__kmalloc', 8n, GFP)],
    [
      'a number that is freed and was not given out',
      ['warn'],
      (call) => call('ida_free', numbers, 3),
    ],
    [
      'a lock to read that is unlocked to write',
      ['lockdep'],
      function* (call) {
        yield* call('down_read', lock);
        yield* call('up_write', lock);
      },
    ],
    [
      'a lock to read that is downgraded',
      ['lockdep'],
      function* (call) {
        yield* call('down_read', lock);
        yield* call('downgrade_write', lock);
        yield* call('up_read', lock);
      },
    ],
    [
      'a writer that waits for itself',
      ['deadlock'],
      function* (call) {
        yield* call('down_read', lock);
        yield* call('down_write', lock);
      },
    ],
  ])('%s', (_title, kinds, body) => {
    expect(kindsOf(body)).toEqual(kinds);
  });

  const writing = (take: string, drop: string): Body =>
    function* (call, thread) {
      yield* call(take, lock);
      yield* thread.memory.store(shared, 4, 1);
      yield* call(drop, lock);
    };

  test.each(['down', '_raw'])('%s: writers keep one another out, and readers', (kind) => {
    const [write, unwrite, read, unread] =
      kind === 'down'
        ? ['down_write', 'up_write', 'down_read', 'up_read']
        : ['_raw_write_lock', '_raw_write_unlock', '_raw_read_lock', '_raw_read_unlock'];
    const writer = writing(write as string, unwrite as string);
    const reader: Body = function* (call, thread) {
      yield* call(read as string, lock);
      yield* thread.memory.load(shared, 4);
      yield* call(unread as string, lock);
    };
    expect(kindsOf(writer, writer)).toEqual([]);
    expect(kindsOf(writer, reader)).toEqual([]);
    expect(kindsOf(writer, (_call, thread) => thread.memory.load(shared, 4))).toEqual([
      'data-race',
    ]);
  });

  test('what is downgraded lets no other writer in between', () => {
    const seen: Scalar[] = [];
    const downgrading: Body = function* (call, thread) {
      yield* call('down_write', lock);
      yield* thread.memory.store(shared, 4, 1);
      yield* call('downgrade_write', lock);
      seen.push(yield* thread.memory.load(shared, 4));
      yield* call('up_read', lock);
    };
    const other: Body = function* (call, thread) {
      yield* call('down_write', lock);
      yield* thread.memory.store(shared, 4, 2);
      yield* call('up_write', lock);
    };
    expect(kindsOf(downgrading, other)).toEqual([]);
    expect(new Set(seen)).toEqual(new Set([1]));
  });
});

describe('notifiers', () => {
  const [chain, low, high] = ['chain', 'low', 'high'].map(at) as [Pointer, Pointer, Pointer];

  test('stand by priority, once, until they are taken out', () => {
    const next = (of: Pointer): Pointer => of.memory.at(8);
    let seen: readonly Scalar[] = [];
    const { bugs } = run(function* (call, { memory: own }) {
      const all: Scalar[] = [];
      yield* own.store(high.memory.at(16), 4, 1);
      all.push(yield* call('blocking_notifier_chain_register', chain, low));
      all.push(yield* call('blocking_notifier_chain_register', chain, high));
      all.push(yield* own.load(chain, 8), yield* own.load(next(high), 8));
      all.push(yield* call('blocking_notifier_chain_register', chain, low));
      all.push(yield* call('blocking_notifier_chain_unregister', chain, high));
      all.push(yield* call('blocking_notifier_chain_unregister', chain, high));
      all.push(yield* own.load(chain, 8));
      seen = all;
    });
    expect(seen).toEqual([0, 0, high, low, errno(EEXIST), 0, errno(ENOENT), low]);
    expect(bugs.map(({ kind }) => kind)).toEqual(['warn']);
  });
});

test('wake_up_process() says whether the task slept', () => {
  const sleeper = at('sleeper');
  let seen: readonly Scalar[] = [];
  run(function* (call, { memory: own }) {
    yield* own.store(sleeper, 4, 2);
    const first = yield* call('wake_up_process', sleeper);
    seen = [first, yield* call('wake_up_process', sleeper)];
  });
  expect(seen).toEqual([1, 0]);
});

describe('bits of one word, set by two tasks', () => {
  const word = at('word');
  const atomic =
    (bit: bigint): Body =>
    (call) =>
      call('arch_atomic64_or', bit, word);
  const plain = (bit: bigint): Body =>
    function* (_call, { memory: own }) {
      const before = yield* own.load(word, 8);
      yield* own.store(word, 8, big(before) | bit);
    };

  test('race when one of them is plain, as __set_bit() is, and not when both are atomic', () => {
    expect(kindsOf(atomic(1n), atomic(2n))).toEqual([]);
    expect(kindsOf(plain(1n), atomic(2n))).toEqual(['data-race']);
    expect(kindsOf(plain(1n), plain(2n))).toEqual(['data-race']);
  });
});

describe('references', () => {
  test.each<[string, readonly ('get' | 'put')[], boolean]>([
    ['as many as were got', ['get', 'get', 'put', 'put'], false],
    ['one that was not got', ['get', 'put', 'put'], true],
    ['fewer than were got', ['get'], false],
  ])('are put: %s', (_title, changes, isFreed) => {
    const references = new References();
    const variable = structs.variable('lock') as Variable;
    let freed: Variable | null = null;
    run(function* (_call, thread) {
      for (const change of changes) references[change](thread, variable);
      yield* thread.memory.load(shared, 4);
      freed = references.freed(thread.machine);
    });
    expect(freed !== null).toBe(isFreed);
  });

  test('to a kobject: the last frees it, and one more is found', () => {
    const put = (times: number): Body =>
      function* (call) {
        const kobj = yield* call('__kmalloc', 64n, GFP | 0x100);
        yield* call('kobject_init_and_add', kobj, 0n, 0n, 0n);
        yield* call('kobject_get', kobj);
        for (let i = 0; i < times; i++) yield* call('kobject_put', kobj);
      };
    expect(kindsOf(put(2))).toEqual([]);
    expect(kindsOf(put(3))).toContain('use-after-free');
  });
});
