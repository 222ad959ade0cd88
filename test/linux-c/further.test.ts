// Files that are to take part as C besides those of a scenario.
import { expect, test } from 'vitest';
import { calledAsC } from '../../src/linux-c/world/further.ts';
import { Module } from '../../src/llvm/index.ts';

/** A file that defines functions for others, and some for itself. */
function defining(names: readonly string[], own: readonly string[] = []): Module {
  const all = [
    ...names.map((name) => `i32 @${name}`),
    ...own.map((name) => `internal i32 @${name}`),
  ];
  const text = all.map((head) => `define ${head}() {\n  ret i32 0\n}\n`).join('');
  return new Module(`target datalayout = "e-m:e-i64:64"\n${text}`, 'drivers/of/some.ll');
}

test('what they define for others is called, and nothing else', () => {
  expect(calledAsC(defining(['of_dma_get_range', 'of_map_id'], ['of_find_property']))).toEqual([
    'of_dma_get_range',
    'of_map_id',
  ]);
});

test.each(['of_find_property', 'of_find_node_opts_by_path'])(
  'a file that has %s() is refused: the nodes of a machine by hand are empty',
  (name) => {
    expect(() => calledAsC(defining(['of_map_id', name]))).toThrow(
      `drivers/of/some.c cannot take part as C: the devicetree is by hand, and ${name}() of that file would find its nodes empty`,
    );
  },
);
