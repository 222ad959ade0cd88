// Every opcode of ACPI Machine Language and what follows it (ACPI 6.5, 20.2 and 20.3).

/**
 * What an operand is: numbers of that size, `text` up to a zero byte, a `name`, a `term` that has a
 * value, the `place` that a SuperName means or a `target` that may be missing. After `package` a
 * length is next that counts all that follows, and to whose end go a list of terms (`terms`), of
 * `fields`, of `elements` of a package, or `bytes`.
 */
export type Operand =
  | 'byte'
  | 'word'
  | 'dword'
  | 'qword'
  | 'text'
  | 'name'
  | 'term'
  | 'place'
  | 'target'
  | 'package'
  | 'terms'
  | 'fields'
  | 'elements'
  | 'bytes';

export interface Opcode {
  readonly code: number;
  /** As in the specification, without `Op`. */
  readonly name: string;
  readonly operands: readonly Operand[];
}

const rows: readonly [code: number, name: string, operands?: string][] = [
  [0x00, 'Zero'],
  [0x01, 'One'],
  [0x06, 'Alias', 'name name'],
  [0x08, 'Name', 'name term'],
  [0x0a, 'Byte', 'byte'],
  [0x0b, 'Word', 'word'],
  [0x0c, 'DWord', 'dword'],
  [0x0d, 'String', 'text'],
  [0x0e, 'QWord', 'qword'],
  [0x10, 'Scope', 'package name terms'],
  [0x11, 'Buffer', 'package term bytes'],
  [0x12, 'Package', 'package byte elements'],
  [0x13, 'VarPackage', 'package term elements'],
  [0x14, 'Method', 'package name byte terms'],
  [0x15, 'External', 'name byte byte'],
  ...Array.from({ length: 8 }, (_, i): [number, string] => [0x60 + i, 'Local']),
  ...Array.from({ length: 7 }, (_, i): [number, string] => [0x68 + i, 'Arg']),
  [0x70, 'Store', 'term place'],
  [0x71, 'RefOf', 'place'],
  [0x72, 'Add', 'term term target'],
  [0x73, 'Concat', 'term term target'],
  [0x74, 'Subtract', 'term term target'],
  [0x75, 'Increment', 'place'],
  [0x76, 'Decrement', 'place'],
  [0x77, 'Multiply', 'term term target'],
  [0x78, 'Divide', 'term term target target'],
  [0x79, 'ShiftLeft', 'term term target'],
  [0x7a, 'ShiftRight', 'term term target'],
  [0x7b, 'And', 'term term target'],
  [0x7c, 'Nand', 'term term target'],
  [0x7d, 'Or', 'term term target'],
  [0x7e, 'Nor', 'term term target'],
  [0x7f, 'Xor', 'term term target'],
  [0x80, 'Not', 'term target'],
  [0x81, 'FindSetLeftBit', 'term target'],
  [0x82, 'FindSetRightBit', 'term target'],
  [0x83, 'DerefOf', 'term'],
  [0x84, 'ConcatRes', 'term term target'],
  [0x85, 'Mod', 'term term target'],
  [0x86, 'Notify', 'place term'],
  [0x87, 'SizeOf', 'place'],
  [0x88, 'Index', 'term term target'],
  [0x89, 'Match', 'term byte term byte term term'],
  [0x8a, 'CreateDWordField', 'term term name'],
  [0x8b, 'CreateWordField', 'term term name'],
  [0x8c, 'CreateByteField', 'term term name'],
  [0x8d, 'CreateBitField', 'term term name'],
  [0x8e, 'ObjectType', 'place'],
  [0x8f, 'CreateQWordField', 'term term name'],
  [0x90, 'LAnd', 'term term'],
  [0x91, 'LOr', 'term term'],
  [0x92, 'LNot', 'term'],
  [0x93, 'LEqual', 'term term'],
  [0x94, 'LGreater', 'term term'],
  [0x95, 'LLess', 'term term'],
  [0x96, 'ToBuffer', 'term target'],
  [0x97, 'ToDecimalString', 'term target'],
  [0x98, 'ToHexString', 'term target'],
  [0x99, 'ToInteger', 'term target'],
  [0x9c, 'ToString', 'term term target'],
  [0x9d, 'CopyObject', 'term place'],
  [0x9e, 'Mid', 'term term term target'],
  [0x9f, 'Continue'],
  [0xa0, 'If', 'package term terms'],
  [0xa1, 'Else', 'package terms'],
  [0xa2, 'While', 'package term terms'],
  [0xa3, 'Noop'],
  [0xa4, 'Return', 'term'],
  [0xa5, 'Break'],
  [0xcc, 'BreakPoint'],
  [0xff, 'Ones'],
  [0x5b01, 'Mutex', 'name byte'],
  [0x5b02, 'Event', 'name'],
  [0x5b12, 'CondRefOf', 'place target'],
  [0x5b13, 'CreateField', 'term term term name'],
  [0x5b1f, 'LoadTable', 'term term term term term term'],
  [0x5b20, 'Load', 'place target'],
  [0x5b21, 'Stall', 'term'],
  [0x5b22, 'Sleep', 'term'],
  [0x5b23, 'Acquire', 'place word'],
  [0x5b24, 'Signal', 'place'],
  [0x5b25, 'Wait', 'place term'],
  [0x5b26, 'Reset', 'place'],
  [0x5b27, 'Release', 'place'],
  [0x5b28, 'FromBCD', 'term target'],
  [0x5b29, 'ToBCD', 'term target'],
  [0x5b2a, 'Unload', 'place'],
  [0x5b30, 'Revision'],
  [0x5b31, 'Debug'],
  [0x5b32, 'Fatal', 'byte dword term'],
  [0x5b33, 'Timer'],
  [0x5b80, 'OpRegion', 'name byte term term'],
  [0x5b81, 'Field', 'package name byte fields'],
  [0x5b82, 'Device', 'package name terms'],
  [0x5b83, 'Processor', 'package name byte dword byte terms'],
  [0x5b84, 'PowerRes', 'package name byte word terms'],
  [0x5b85, 'ThermalZone', 'package name terms'],
  [0x5b86, 'IndexField', 'package name name byte fields'],
  [0x5b87, 'BankField', 'package name name term byte fields'],
  [0x5b88, 'DataRegion', 'name term term term'],
];

export const opcodes: ReadonlyMap<number, Opcode> = new Map(
  rows.map(([code, name, operands = '']) => [
    code,
    { code, name, operands: operands.split(' ').filter((word) => word !== '') as Operand[] },
  ]),
);

/** A name where a term is: the object's value, or a call with as many terms as its method wants. */
export const nameOpcode: Opcode = { code: -1, name: 'NameString', operands: ['name'] };

/** Where there is no target. */
export const noTarget: Opcode = { code: -2, name: 'NullName', operands: [] };
