import { describe, expect, test } from 'vitest';
import { parseFdt } from '../../src/firmware/index.ts';
import {
  assemble,
  be32,
  beginNode,
  blob,
  END,
  END_NODE,
  joined,
  NOP,
  node,
  problemOf,
  prop,
  propToken,
  raw,
  text,
} from './fdt-builder.ts';

// With no reservations the structure block starts at 56: 40 bytes of header and one empty entry.
const strings = text('reg', 'phandle', 'x'.repeat(256), '');
const root = beginNode('');

function tree(...structure: readonly Uint8Array[]): Uint8Array {
  return assemble({ structure, strings });
}

function many(count: number, part: Uint8Array): Uint8Array {
  return joined(new Array<Uint8Array>(count).fill(part));
}

test('nodes know their path, place and parent', () => {
  const { root, notes } = parseFdt(
    blob(node('', [], [node('soc', [prop('p', raw('ab'))], [node('uart@10')]), node('cpus')])),
  );
  const [soc, cpus] = root.children;
  const uart = soc?.children[0];
  expect([root.name, root.path, root.offset, root.parent]).toEqual(['', '/', 56, null]);
  expect([soc?.name, soc?.path, soc?.offset, soc?.parent]).toEqual(['soc', '/soc', 64, root]);
  expect([uart?.name, uart?.path, uart?.parent]).toEqual(['uart@10', '/soc/uart@10', soc]);
  expect([cpus?.path, cpus?.children, notes]).toEqual(['/cpus', [], []]);
  // Token, name, then token, length and nameoff.
  expect(soc?.properties.get('p')).toEqual({ name: 'p', value: raw('ab'), offset: 64 + 8 + 12 });
});

test('NOP tokens mean nothing', () => {
  const bytes = tree(NOP, root, NOP, propToken(0, be32(1)), NOP, END_NODE, NOP, END);
  const fdt = parseFdt(bytes);
  expect([...fdt.root.properties.keys(), ...fdt.notes]).toEqual(['reg']);
});

test('names keep hostile bytes as they are, and are noted once each', () => {
  const prop_esc = prop('\x1b[2J', raw('v'));
  const { root, notes } = parseFdt(blob(node('', [prop_esc], [node('\xff', [prop_esc])])));
  expect([[...root.properties.keys()], root.children[0]?.path]).toEqual([['\x1b[2J'], '/\xff']);
  expect(notes.map(({ code }) => code)).toEqual(['fdt/bad-property-name', 'fdt/bad-node-name']);
});

describe('phandles', () => {
  const phandle = (value: number) => prop('phandle', be32(value));

  test('of two nodes with one, the first in the blob wins', () => {
    const { phandles, root, notes } = parseFdt(
      blob(node('', [], [node('a', [], [node('deep', [phandle(5)])]), node('b', [phandle(5)])])),
    );
    expect(phandles.get(5)?.path).toBe('/a/deep');
    expect(root.children[1]?.phandle).toBe(5);
    expect(notes.map(({ code }) => code)).toEqual(['fdt/duplicate-phandle']);
  });

  test('the older name counts only without the newer', () => {
    const old = prop('linux,phandle', be32(1));
    const { root, phandles } = parseFdt(
      blob(node('', [], [node('a', [old]), node('b', [old, phandle(2)])])),
    );
    expect(root.children.map((child) => child.phandle)).toEqual([1, 2]);
    expect([...phandles.keys()]).toEqual([1, 2]);
  });

  test.each([
    ['zero', be32(0)],
    ['all ones', be32(0xffffffff)],
    ['too long', be32(1, 2)],
    ['empty', raw('')],
  ])('%s is none, and noted', (_, value) => {
    const { root, phandles, notes } = parseFdt(blob(node('', [prop('phandle', value)])));
    expect([root.phandle, phandles.size]).toEqual([null, 0]);
    expect(notes.map(({ code }) => code)).toEqual(['fdt/bad-phandle']);
  });
});

describe('malformed', () => {
  test.each<[string, Uint8Array, object]>([
    [
      'an empty structure block',
      tree(),
      {
        code: 'fdt/truncated',
        offset: 56,
        field: 'token',
        found: '0 left in the structure block, which ends at 0x38',
      },
    ],
    ['no root', tree(END), { code: 'fdt/no-root', offset: 56 }],
    ['no FDT_END', tree(root, END_NODE), { code: 'fdt/truncated', offset: 68, field: 'token' }],
    [
      'an unknown token',
      tree(root, be32(5), END_NODE, END),
      { code: 'fdt/bad-token', offset: 64, expected: 'one of 1, 2, 3, 4, 9', found: '0x5' },
    ],
    [
      'the end inside a node',
      tree(root, beginNode('a'), END_NODE, END),
      { code: 'fdt/unbalanced-node', offset: 76, found: 'FDT_END with 1 nodes open' },
    ],
    [
      'one FDT_END_NODE too many',
      tree(root, END_NODE, END_NODE, END),
      { code: 'fdt/unbalanced-node', offset: 68, found: 'none' },
    ],
    [
      'two roots',
      tree(root, END_NODE, root, END_NODE, END),
      { code: 'fdt/several-roots', offset: 68 },
    ],
    [
      'a property before the root',
      tree(propToken(0, be32(1)), root, END_NODE, END),
      { code: 'fdt/property-outside', offset: 56 },
    ],
    [
      'a property after the root',
      tree(root, END_NODE, propToken(0, be32(1)), END),
      { code: 'fdt/property-outside', offset: 68 },
    ],
    [
      'a property name past the strings',
      tree(root, propToken(strings.length, be32(1)), END_NODE, END),
      { code: 'fdt/bad-nameoff', offset: 72, found: '0x10e' },
    ],
    [
      'a property name without end',
      assemble({ structure: [root, propToken(0, raw('')), END_NODE, END], strings: raw('abc') }),
      { code: 'fdt/unterminated-string', offset: 84, field: 'property name' },
    ],
    [
      'a value longer than the block',
      tree(root, be32(3, 0xffffffff, 0), END_NODE, END),
      { code: 'fdt/truncated', offset: 76, field: 'FDT_PROP value', expected: '4294967295 bytes' },
    ],
    [
      'a value whose padding is cut',
      tree(root, be32(3, 1, 0), raw('a')),
      { code: 'fdt/truncated', offset: 77, field: 'FDT_PROP padding', expected: '3 bytes' },
    ],
    [
      'a node name without end',
      tree(be32(1), raw('abcd')),
      { code: 'fdt/unterminated-string', offset: 60, field: 'node name' },
    ],
    [
      'too long a node name',
      tree(root, beginNode('x'.repeat(256)), END_NODE, END_NODE, END),
      { code: 'fdt/limit', offset: 68, expected: 'at most 255 characters' },
    ],
    [
      'too long a property name',
      tree(root, propToken(12, be32(1)), END_NODE, END),
      { code: 'fdt/limit', field: 'property name' },
    ],
    [
      'too deep',
      tree(...Array.from({ length: 65 }, () => beginNode(''))),
      { code: 'fdt/limit', offset: 56 + 64 * 8, expected: 'at most 64 levels' },
    ],
    [
      'too long a path',
      tree(root, ...Array.from({ length: 17 }, () => beginNode('x'.repeat(250)))),
      { code: 'fdt/limit', field: 'node path', expected: 'at most 4095 characters' },
    ],
    [
      'too many nodes',
      tree(root, many(1 << 17, joined([beginNode('a'), END_NODE]))),
      { code: 'fdt/limit', expected: 'at most 131072 nodes' },
    ],
  ])('%s', (_, bytes, problem) => {
    expect(problemOf(() => parseFdt(bytes))).toMatchObject(problem);
  });

  test('64 levels are not too deep', () => {
    const levels = Array.from({ length: 64 }, (_, depth) => beginNode(depth === 0 ? '' : 'n'));
    expect(parseFdt(tree(...levels, ...levels.map(() => END_NODE), END)).notes).toEqual([]);
  });
});

describe('odd but complete', () => {
  const a = joined([beginNode('a'), END_NODE]);
  test.each<[string, Uint8Array, string, number]>([
    ['siblings of one name', tree(root, a, a, END_NODE, END), 'fdt/duplicate-node', 76],
    [
      'two properties of one name',
      tree(root, propToken(0, be32(1)), propToken(0, be32(2)), END_NODE, END),
      'fdt/duplicate-property',
      80,
    ],
    [
      'a property after a child',
      tree(root, a, propToken(0, be32(1)), END_NODE, END),
      'fdt/property-after-node',
      76,
    ],
    ['a root with a name', tree(beginNode('/'), END_NODE, END), 'fdt/bad-node-name', 56],
    [
      'a node without a name',
      tree(root, beginNode(''), END_NODE, END_NODE, END),
      'fdt/bad-node-name',
      64,
    ],
    [
      'a slash in a node name',
      tree(root, beginNode('a/b'), END_NODE, END_NODE, END),
      'fdt/bad-node-name',
      64,
    ],
    [
      'a property without a name',
      tree(root, propToken(269, be32(1)), END_NODE, END),
      'fdt/bad-property-name',
      357,
    ],
    [
      'old bytes in the padding',
      tree(root, be32(3, 1, 0), raw('a\0\0z'), END_NODE, END),
      'fdt/nonzero-padding',
      77,
    ],
    ['bytes after FDT_END', tree(root, END_NODE, END, END), 'fdt/structure-tail', 72],
  ])('%s', (_, bytes, code, offset) => {
    expect(parseFdt(bytes).notes.map((note) => [note.code, note.offset])).toEqual([[code, offset]]);
  });

  test('both siblings stay, the first property stays', () => {
    expect(parseFdt(tree(root, a, a, END_NODE, END)).root.children).toHaveLength(2);
    const twice = tree(root, propToken(0, be32(1)), propToken(0, be32(2)), END_NODE, END);
    expect(parseFdt(twice).root.properties.get('reg')?.value).toEqual(be32(1));
  });
});
