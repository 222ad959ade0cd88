// Where things are, by the data layout; what the source calls them, by the debug information.
import { describe, expect, test } from 'vitest';
import { Module } from '../../src/llvm/index.ts';
import { Debug, fieldAt, fieldByPath, partsOf, scalarsOf } from '../../src/llvm/layout/debug.ts';
import { Layout } from '../../src/llvm/layout/layout.ts';

const text = `target datalayout = "e-m:e-i64:64-i128:128-n32:64-S128"
%s.mixed = type { i8, i64, i16, i32, i8 }
%s.packed = type <{ i8, i64, i8 }>
%s.nested = type { i8, [3 x %s.mixed], ptr }
%s.bits = type { i40, i8 }
%s.opaque = type opaque
@dev = global %s.nested zeroinitializer, !dbg !0

!0 = !DIGlobalVariableExpression(var: !1, expr: !DIExpression())
!1 = !DIGlobalVariable(name: "dev", type: !2)
!2 = !DIDerivedType(tag: DW_TAG_typedef, name: "dev_t", baseType: !3)
!3 = distinct !DICompositeType(tag: DW_TAG_structure_type, name: "dev", size: 320, elements: !4)
!4 = !{!5, !6, !7, !8, !15, !17}
!5 = !DIDerivedType(tag: DW_TAG_member, name: "id", baseType: !9, size: 32)
!6 = !DIDerivedType(tag: DW_TAG_member, name: "ids", baseType: !10, size: 96, offset: 32)
!7 = !DIDerivedType(tag: DW_TAG_member, baseType: !13, size: 64, offset: 128)
!8 = !DIDerivedType(tag: DW_TAG_member, name: "lock", baseType: !20, size: 64, offset: 192)
!9 = !DIBasicType(name: "int", size: 32, encoding: DW_ATE_signed)
!10 = !DICompositeType(tag: DW_TAG_array_type, baseType: !9, size: 96, elements: !11)
!11 = !{!12}
!12 = !DISubrange(count: 3)
!13 = !DICompositeType(tag: DW_TAG_union_type, size: 64, elements: !14)
!14 = !{!16, !18}
!15 = !DIDerivedType(tag: DW_TAG_member, name: "low", baseType: !9, size: 3, offset: 256, flags: DIFlagBitField)
!16 = !DIDerivedType(tag: DW_TAG_member, name: "first", baseType: !19, size: 64)
!17 = !DIDerivedType(tag: DW_TAG_member, name: "high", baseType: !9, size: 5, offset: 259, flags: DIFlagBitField)
!18 = !DIDerivedType(tag: DW_TAG_member, name: "second", baseType: !9, size: 32)
!19 = !DIBasicType(name: "long", size: 64)
!20 = !DICompositeType(tag: DW_TAG_structure_type, name: "lock", size: 64, elements: !21)
!21 = !{!22, !23}
!22 = !DIDerivedType(tag: DW_TAG_member, name: "owner", baseType: !9, size: 32)
!23 = !DIDerivedType(tag: DW_TAG_member, name: "next", baseType: !9, size: 32, offset: 32)
`;
const module = new Module(text, 'x.ll');
const layout = new Layout(module);
const named = (name: string) => ({ kind: 'named', name: `s.${name}` }) as const;

describe('a layout', () => {
  test.each<[name: string, size: number, align: number]>([
    ['mixed', 32, 8],
    ['packed', 10, 1],
    ['nested', 112, 8],
    ['bits', 16, 8],
  ])('of %s has size %i and alignment %i', (name, size, align) => {
    expect(layout.extent(named(name))).toMatchObject({ size, align });
  });

  test('has each field at its offset', () => {
    const offsets = [0, 1, 2, 3, 4].map((i) => layout.step(named('mixed'), i).offset);
    expect(offsets).toEqual([0, 8, 16, 20, 24]);
    expect([0, 1, 2].map((i) => layout.step(named('packed'), i).offset)).toEqual([0, 1, 9]);
    expect(layout.step(layout.step(named('nested'), 1).type, 2).offset).toBe(64);
  });

  test('knows all values in it', () => {
    const offsets = [...layout.scalars(named('nested'))].map(({ offset }) => offset);
    expect(offsets).toEqual([0, 8, 16, 24, 28, 32, 40, 48, 56, 60, 64, 72, 80, 88, 92, 96, 104]);
  });

  test.each([
    ['what is not said', () => layout.extent(named('opaque'))],
    ['what is not there', () => layout.step(named('packed'), 3)],
  ])('has no answer for %s', (_what, ask) => {
    expect(ask).toThrow(/has no/);
  });
});

describe('a place in a variable is called as the source calls it', () => {
  const type = new Debug(module).globalType('dev');
  if (type === null) throw new Error('no type');

  test.each<[offset: number, name: string | null]>([
    [0, 'id'],
    [4, 'ids[0]'],
    [12, 'ids[2]'],
    [16, 'first'],
    [24, 'lock.owner'],
    [28, 'lock.next'],
    [32, 'low'],
    [2, null],
  ])('offset %i is %j', (offset, name) => {
    expect(fieldAt(type, offset)).toBe(name);
  });

  test.each<[path: string, offset: number | undefined, size: number | undefined]>([
    ['id', 0, 4],
    ['lock.next', 28, 4],
    ['second', 16, 4],
    ['lock', 24, 8],
    ['lock.gone', undefined, undefined],
    ['gone', undefined, undefined],
  ])('and found by its path: %s', (path, offset, size) => {
    const found = fieldByPath(type, path);
    expect([found?.offset, found?.size]).toEqual([offset, size]);
  });

  test('its values are those that are read as one: of a union the first, of bits their word', () => {
    expect([...scalarsOf(type)]).toEqual([
      { offset: 0, size: 4 },
      { offset: 4, size: 4 },
      { offset: 8, size: 4 },
      { offset: 12, size: 4 },
      { offset: 16, size: 8 },
      { offset: 24, size: 4 },
      { offset: 28, size: 4 },
      { offset: 32, size: 4 },
    ]);
  });

  test('memory for several has the values of each', () => {
    const offsets = partsOf(type, 80).map(({ offset }) => offset);
    const one = [...scalarsOf(type)].map(({ offset }) => offset);
    expect(offsets).toEqual([...one, ...one.map((offset) => 40 + offset)]);
  });

  test('an array without a length goes on to where its memory ends', () => {
    const open = new Module(text.replace('count: 3', 'count: -1'), 'x.ll');
    const ids = [
      ...scalarsOf(
        fieldByPath(new Debug(open).globalType('dev') as never, 'ids')?.type as never,
        4,
        15,
      ),
    ];
    expect(ids).toEqual([
      { offset: 4, size: 4 },
      { offset: 8, size: 4 },
    ]);
  });
});
