import type { FunctionType, Type } from './type.ts';
import type { Constant, MetadataOperand, Typed, Value } from './value.ts';

export const binaryOperators = [
  'add',
  'sub',
  'mul',
  'udiv',
  'sdiv',
  'urem',
  'srem',
  'shl',
  'lshr',
  'ashr',
  'and',
  'or',
  'xor',
  'fadd',
  'fsub',
  'fmul',
  'fdiv',
  'frem',
] as const;
export type BinaryOperator = (typeof binaryOperators)[number];

export const casts = [
  'trunc',
  'zext',
  'sext',
  'fptrunc',
  'fpext',
  'fptoui',
  'fptosi',
  'uitofp',
  'sitofp',
  'ptrtoint',
  'inttoptr',
  'bitcast',
  'addrspacecast',
] as const;
export type Cast = (typeof casts)[number];

export const orderings = [
  'unordered',
  'monotonic',
  'acquire',
  'release',
  'acq_rel',
  'seq_cst',
] as const;
export type Ordering = (typeof orderings)[number];

/** How memory is accessed. */
export interface Access {
  readonly pointer: Typed<Value>;
  readonly isVolatile: boolean;
  /** Null for what is not atomic. */
  readonly ordering: Ordering | null;
}

/** What a function is called with. */
export interface Operand extends Typed<Value> {
  /** Whether it is a pointer to what is given by value. */
  readonly isCopied?: boolean;
}

/** What is called, with what. */
export interface CallSite {
  readonly callee: Value;
  readonly result: Type;
  /** Said where it cannot be made up from the arguments: a function of any number of them. */
  readonly signature: FunctionType | null;
  readonly operands: readonly Operand[];
}

/** What an instruction does, in the words of the LLVM language reference. */
export type Action =
  | ({ readonly op: 'binary'; readonly operator: BinaryOperator; readonly type: Type } & Two)
  | { readonly op: 'fneg' | 'freeze'; readonly value: Typed<Value> }
  | { readonly op: 'cast'; readonly cast: Cast; readonly value: Typed<Value>; readonly to: Type }
  | ({ readonly op: 'icmp' | 'fcmp'; readonly predicate: string; readonly type: Type } & Two)
  | {
      readonly op: 'select';
      readonly condition: Typed<Value>;
      readonly yes: Typed<Value>;
      readonly no: Typed<Value>;
    }
  | {
      readonly op: 'phi';
      readonly type: Type;
      readonly incoming: readonly { readonly value: Value; readonly from: string }[];
    }
  | { readonly op: 'alloca'; readonly type: Type; readonly count: Typed<Value> | null }
  | ({ readonly op: 'load'; readonly type: Type } & Access)
  | ({ readonly op: 'store'; readonly value: Typed<Value> } & Access)
  | {
      readonly op: 'getelementptr';
      readonly type: Type;
      readonly pointer: Typed<Value>;
      readonly indices: readonly Typed<Value>[];
    }
  | ({ readonly op: 'call' } & CallSite)
  | ({
      readonly op: 'callbr' | 'invoke';
      /** Where it goes on when nothing happens. */
      readonly next: string;
      readonly others: readonly string[];
    } & CallSite)
  | { readonly op: 'ret'; readonly value: Typed<Value> | null }
  | { readonly op: 'br'; readonly to: string }
  | {
      readonly op: 'condbr';
      readonly condition: Value;
      readonly yes: string;
      readonly no: string;
    }
  | {
      readonly op: 'switch';
      readonly value: Typed<Value>;
      readonly otherwise: string;
      readonly cases: readonly { readonly value: Constant; readonly to: string }[];
    }
  | { readonly op: 'indirectbr'; readonly value: Typed<Value>; readonly to: readonly string[] }
  | { readonly op: 'unreachable' }
  | {
      readonly op: 'extractvalue';
      readonly value: Typed<Value>;
      readonly path: readonly number[];
    }
  | {
      readonly op: 'insertvalue';
      readonly value: Typed<Value>;
      readonly element: Typed<Value>;
      readonly path: readonly number[];
    }
  | ({
      readonly op: 'cmpxchg';
      readonly expected: Typed<Value>;
      readonly next: Typed<Value>;
      readonly failure: Ordering;
    } & Access)
  | ({ readonly op: 'atomicrmw'; readonly operator: string; readonly value: Typed<Value> } & Access)
  | { readonly op: 'fence'; readonly ordering: Ordering }
  | { readonly op: 'va_arg'; readonly list: Typed<Value>; readonly type: Type }
  /** A debug record: `#dbg_value(...)`, `#dbg_declare(...)`. */
  | { readonly op: 'debug'; readonly record: string; readonly operands: readonly MetadataOperand[] }
  /** Not understood. Whoever comes to it is told why. */
  | { readonly op: 'unknown'; readonly why: string };

interface Two {
  readonly left: Value;
  readonly right: Value;
}

export type Instruction = Action & {
  /** The local name of what it returns. */
  readonly name: string | null;
  /** The number of its `!dbg` node. */
  readonly location: number | null;
  /** Where it begins in the text of the module. */
  readonly at: number;
};

export interface Block {
  readonly label: string;
  readonly instructions: readonly Instruction[];
}

export interface Parameter {
  readonly name: string;
  readonly type: Type;
  /** Of a pointer to what is given by value, what that is: the function has a copy of it. */
  readonly copied: Type | null;
}

/** A function with a body. */
export interface FunctionBody {
  readonly name: string;
  readonly type: FunctionType;
  readonly parameters: readonly Parameter[];
  /** The first is where it begins. */
  readonly blocks: readonly Block[];
  /** The number of its DISubprogram. */
  readonly subprogram: number | null;
}
