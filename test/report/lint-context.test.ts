import { describe, expect, test } from 'vitest';
import { fieldAt, parseIort, readAcpi } from '../../src/firmware/index.ts';
import { type Context, contextOf, machineFromAcpi } from '../../src/machine/index.ts';
import { contextLines } from '../../src/report/lint/context.ts';
import { iort, rootComplex, smmuV3 } from '../firmware/acpi-builder.ts';
import { be32, node, prop, text } from '../firmware/fdt-builder.ts';
import { machineOf } from '../machine/trees.ts';

// An SMMUv3 at 0x30, 68 bytes long, and a root complex behind it with a mapping at its 36th byte.
const mapping = { from: 0, count: 1, to: 0, reference: 0x30 };
const bytes = iort(smmuV3(), rootComplex(0, { mappings: [mapping] }));
const rootAt = 0x30 + 68;

describe('a byte of a table is part of', () => {
  test.each([
    [0, 'table header', 'signature'],
    [9, 'table header', 'checksum'],
    [36, 'IORT', 'node_count'],
    [0x30, 'IORT node', 'type'],
    [0x31, 'IORT node', 'length'],
    [0x30 + 19, 'SMMUv3', 'base_address'],
    [0x30 + 40, 'SMMUv3', 'model'],
    [rootAt + 28, 'root complex', 'pci_segment_number'],
    [rootAt + 36 + 4, 'IORT ID mapping', 'id_count'],
    [rootAt + 36 + 13, 'IORT ID mapping', 'output_reference'],
  ])('offset 0x%x: the %s, %s', (offset, structure, field) => {
    const found = fieldAt(parseIort(bytes), offset);
    expect([found?.structure, found?.field?.name]).toEqual([structure, field]);
  });

  test('nothing, where nothing was read', () => {
    expect(fieldAt(parseIort(bytes), bytes.length)).toBeNull();
  });
});

const finding = { rule: 'x', severity: 'error', message: '', help: '' } as const;

test('a table is shown as a hexdump has it, with its field marked', () => {
  const machine = machineFromAcpi(readAcpi([{ name: 'IORT', bytes }]), new Map());
  const at = rootAt + 36 + 12;
  const context = contextOf(machine, { ...finding, node: 'IORT', property: null, offset: at });
  expect(contextLines(context as Context, '  ', 80)).toEqual([
    '  00a0  00 00 00 00 30 00 00 00 00 00 00 00',
    '                    ^^^^^^^^^^^ output_reference of IORT ID mapping at 0x98',
  ]);
});

describe('a property is shown as its cells', () => {
  const cells = (...values: number[]) => {
    const tree = node('dma@1000', [
      prop('iommus', Uint8Array.from(values.flatMap((v) => [...be32(v)]))),
    ]);
    const machine = machineOf([tree]);
    const value = machine.fdt?.root.children
      .find(({ name }) => name === 'dma@1000')
      ?.properties.get('iommus');
    return { machine, offset: value?.offset ?? 0 };
  };
  const shown = (values: number[], wrong: number | null): string[] => {
    const { machine, offset } = cells(...values);
    const at = wrong === null ? 0 : offset + 4 * wrong;
    const place = { node: '/dma@1000', property: 'iommus', offset: at };
    return contextLines(contextOf(machine, { ...finding, ...place }) as Context, '', 80);
  };

  test('with the one that is wrong', () => {
    expect(shown([1, 0x20, 3], 1)).toEqual(['<0x1 0x20 0x3>', '     ^^^^']);
  });

  test('or all, where the finding is about the node', () => {
    expect(shown([1, 0x20], null)).toEqual(['<0x1 0x20>', ' ^^^^^^^^']);
  });

  test('but not where it is text', () => {
    const machine = machineOf([node('dma@1000', [prop('status', text('disabled'))])]);
    const place = { node: '/dma@1000', property: 'status', offset: 0 };
    expect(contextOf(machine, { ...finding, ...place })).toBeNull();
  });

  test('or those around it of many', () => {
    const many = Array.from({ length: 1000 }, (_, i) => i);
    const [line = '', marks = ''] = shown(many, 500);
    expect(line).toBe('... <0x1f0 0x1f1 0x1f2 0x1f3 0x1f4 0x1f5 0x1f6 0x1f7> ...');
    expect(line.slice(marks.indexOf('^'), marks.length)).toBe('0x1f4');
  });
});
