import type { InlineAsm } from '../../ir/value.ts';
import type { DebugType } from '../../layout/debug.ts';
import type { RuntimeValue, Scalar } from '../../memory/value.ts';
import type { ArgumentList } from '../values/arguments.ts';
import type { Definition } from '../values/linked.ts';
import type { Pointee } from './pointees.ts';
import type { Site } from './site.ts';

/** What an operand is, given the registers of its function. */
export type Get = (registers: readonly RuntimeValue[]) => RuntimeValue;

/** What happens on the way to a block: all moves at once. */
export interface Edge {
  readonly to: number;
  readonly moves: readonly { readonly to: number; readonly get: Get }[];
  /** It leads to where a loop begins: from outside, or round. */
  readonly loop: 'enters' | 'goes-round' | null;
}

/** How a value stands in memory. */
export interface Format {
  /** In bytes. */
  readonly size: number;
  /** Of an integer or a pointer; of a floating-point number, of its bits. */
  readonly bits: number;
  readonly isFloat: boolean;
}

/**
 * What an access is to others: plain, so that it can race; marked, so that it cannot but orders nothing
 * (volatile, relaxed); or ordered, as everything else that is atomic is taken to be.
 */
export type Order = 'plain' | 'marked' | 'ordered';

/** What an instruction has become; `to` is the register of its result, or -1. */
export type Step = { readonly site: Site } & (
  | { readonly op: 'set'; readonly to: number; readonly get: Get }
  | { readonly op: 'jump'; readonly edge: Edge }
  | { readonly op: 'branch'; readonly condition: Get; readonly yes: Edge; readonly no: Edge }
  | {
      readonly op: 'switch';
      readonly value: Get;
      readonly cases: ReadonlyMap<Scalar, Edge>;
      /** Null where there can be no other value. */
      readonly otherwise: Edge | null;
    }
  | {
      readonly op: 'alloca';
      readonly to: number;
      readonly size: number;
      readonly count: Get | null;
      /** The variable of the source. */
      readonly name: string;
      readonly debug: DebugType | null;
    }
  | {
      readonly op: 'load';
      readonly to: number;
      readonly pointer: Get;
      readonly format: Format;
      readonly order: Order;
    }
  | {
      readonly op: 'store';
      readonly value: Get;
      readonly pointer: Get;
      readonly format: Format;
      readonly order: Order;
      /** What the variable or field that is stored to points to, by the source. */
      readonly pointee: Pointee | null;
    }
  | {
      readonly op: 'update';
      readonly to: number;
      readonly pointer: Get;
      readonly operator: string;
      readonly orders: boolean;
      readonly value: Get;
      readonly format: Format;
    }
  | {
      readonly op: 'exchange';
      readonly to: number;
      readonly pointer: Get;
      readonly expected: Get;
      readonly next: Get;
      readonly orders: boolean;
      readonly format: Format;
    }
  | {
      readonly op: 'call';
      readonly to: number;
      readonly callee: Get | InlineAsm;
      readonly operands: readonly Get[];
      /** Where it goes on; null for the next step. */
      readonly edge: Edge | null;
    }
  | {
      readonly op: 'copy';
      readonly target: Get;
      readonly source: Get;
      readonly size: Get;
      readonly mayOverlap: boolean;
    }
  | { readonly op: 'fill'; readonly target: Get; readonly byte: Get; readonly size: Get }
  /** `va_start()`: the place that says where the operands are that have no names. */
  | { readonly op: 'arguments'; readonly list: Get; readonly format: ArgumentList }
  | { readonly op: 'return'; readonly value: Get | null }
  /** Nothing is known of what comes here, or nothing may. */
  | { readonly op: 'stop'; readonly why: string; readonly isBug: boolean }
);

/** A step that does not know yet what it was made from. */
export type Bare = Step extends infer S ? (S extends Step ? Omit<S, 'site'> : never) : never;

/** A function, ready to run. */
export interface Code {
  readonly definition: Definition;
  readonly name: string;
  /** The registers of its parameters. */
  readonly parameters: readonly number[];
  readonly isVariadic: boolean;
  readonly registers: number;
  readonly steps: readonly Step[];
  /** Registers of variables on the stack of which it is known where their value counts. */
  readonly known: readonly number[];
  /** By the step where a loop begins, those of them that are read from there on. */
  readonly live: ReadonlyMap<number, ReadonlySet<number>>;
  /** How many instructions ask for less than sequential consistency, which is what they get. */
  readonly weaker: number;
  /** Whether relaxed accesses count as ordered, since the program has fences. */
  readonly usesFences: boolean;
  /** It is from a header: reports show what it does as done by its caller. */
  readonly isInline: boolean;
}
