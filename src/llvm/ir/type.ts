/** A type of LLVM IR. Pointers say what they point to where the text does (before LLVM 15). */
export type Type =
  | { readonly kind: 'void' | 'label' | 'metadata' | 'token' | 'opaque' }
  | IntType
  | { readonly kind: 'float'; readonly name: FloatName }
  | PointerType
  | { readonly kind: 'array'; readonly count: number; readonly element: Type }
  | { readonly kind: 'vector'; readonly count: number; readonly element: Type }
  | { readonly kind: 'struct'; readonly fields: readonly Type[]; readonly packed: boolean }
  | { readonly kind: 'named'; readonly name: string }
  | FunctionType;

export interface IntType {
  readonly kind: 'int';
  /** Width in bits. */
  readonly bits: number;
}

export interface PointerType {
  readonly kind: 'pointer';
  /** What it points to; null for `ptr`. */
  readonly to: Type | null;
  readonly space: number;
}

export interface FunctionType {
  readonly kind: 'function';
  readonly result: Type;
  readonly parameters: readonly Type[];
  readonly isVariadic: boolean;
}

export const floatNames = [
  'half',
  'bfloat',
  'float',
  'double',
  'x86_fp80',
  'fp128',
  'ppc_fp128',
] as const;
export type FloatName = (typeof floatNames)[number];

export const voidType: Type = { kind: 'void' };
export const pointer: PointerType = { kind: 'pointer', to: null, space: 0 };

const ints = new Map<number, IntType>();

/** `iN` */
export function int(bits: number): IntType {
  let type = ints.get(bits);
  if (type === undefined) {
    type = { kind: 'int', bits };
    ints.set(bits, type);
  }
  return type;
}

/** How LLVM writes it, pointers without what they point to. */
export function typeText(type: Type): string {
  switch (type.kind) {
    case 'int':
      return `i${type.bits}`;
    case 'float':
      return type.name;
    case 'pointer':
      return 'ptr';
    case 'array':
      return `[${type.count} x ${typeText(type.element)}]`;
    case 'vector':
      return `<${type.count} x ${typeText(type.element)}>`;
    case 'struct':
      return `{ ${type.fields.map(typeText).join(', ')} }`;
    case 'named':
      return `%${type.name}`;
    case 'function': {
      const parameters = type.parameters.map(typeText);
      if (type.isVariadic) parameters.push('...');
      return `${typeText(type.result)} (${parameters.join(', ')})`;
    }
    default:
      return type.kind;
  }
}
