import { FormatError } from '../../util/index.ts';
import { readTypeBehindAttributes } from './attributes.ts';
import { Cursor } from './cursor.ts';
import type { FunctionBody } from './instruction.ts';
import { Metadata } from './metadata.ts';
import { type FunctionHead, readFunction, readHead } from './read-function.ts';
import { readType } from './read-type.ts';
import { readConstant } from './read-value.ts';
import type { Type } from './type.ts';
import type { Constant } from './value.ts';

/** A variable of a module, or a name for another thing. */
export interface GlobalVariable {
  readonly name: string;
  readonly type: Type;
  /** Null for what another module has. */
  readonly initializer: Constant | null;
  readonly isConstant: boolean;
  readonly isThreadLocal: boolean;
  /** Only this module knows the name. */
  readonly isInternal: boolean;
  /** It may be nowhere, and is NULL then. */
  readonly isWeak: boolean;
  /** The numbers of its DIGlobalVariableExpressions. */
  readonly debug: readonly number[];
}

/** Another name for a function or a variable. */
export interface Alias {
  readonly name: string;
  readonly of: Constant;
}

/** Where something of a module stands, to be read when it is asked for. */
interface Place {
  readonly at: number;
  readonly end: number;
}

const quotable = '(?:"[^"]*"|[-a-zA-Z$._0-9]+)';

/**
 * A module of LLVM IR as text: what clang 14 to 19 write with `-S -emit-llvm`. Its lines are looked at
 * once, to know what is where; a function is read when somebody asks for it.
 */
export class Module {
  /** The file it was read from, for people. */
  readonly file: string;
  readonly text: string;
  dataLayout = '';
  triple = '';
  readonly metadata: Metadata;
  /** Functions that have been called, in any execution. */
  readonly called: Set<string> = new Set();
  readonly #types = new Map<string, Place>();
  readonly #knownTypes = new Map<string, Type>();
  readonly #globals = new Map<string, Place>();
  readonly #knownGlobals = new Map<string, GlobalVariable | Alias>();
  readonly #defined = new Map<string, Place>();
  readonly #declared = new Map<string, Place>();
  readonly #internal = new Set<string>();
  readonly #bodies = new Map<string, FunctionBody>();

  /** @throws FormatError where the text is no module */
  constructor(text: string, file = 'module') {
    this.file = file;
    this.text = text;
    this.metadata = new Metadata(text, this.#lookOver());
  }

  /** Names of the functions that have a body here, in the order they stand. */
  get functions(): readonly string[] {
    return [...this.#defined.keys()];
  }

  /** Whether only this module knows a function of that name. */
  isInternal(name: string): boolean {
    return this.#internal.has(name);
  }

  /** Whether a function that is declared here may be nowhere. */
  isWeak(name: string): boolean {
    const place = this.#declared.get(name);
    const head = place === undefined ? '' : this.text.slice(place.at, place.at + 80);
    return /^declare (?:!\w+ !\d+ )*extern_weak /.test(head);
  }

  /** Names of the variables and aliases. */
  get globals(): readonly string[] {
    return [...this.#globals.keys()];
  }

  /** A function that has its body here, else null. */
  body(name: string): FunctionBody | null {
    const known = this.#bodies.get(name);
    if (known !== undefined) return known;
    const place = this.#defined.get(name);
    if (place === undefined) return null;
    const body = this.#inFile(() => readFunction(this.text, place.at, place.end));
    this.#bodies.set(name, body);
    return body;
  }

  /** The text of a function that has its body here, else null. */
  source(name: string): string | null {
    const place = this.#defined.get(name);
    return place === undefined ? null : this.text.slice(place.at, place.end);
  }

  /** What is said of a function that has its body elsewhere. */
  declaration(name: string): FunctionHead | null {
    const place = this.#declared.get(name);
    if (place === undefined) return null;
    return this.#inFile(() => readHead(new Cursor(this.text, place.at, place.end)));
  }

  global(name: string): GlobalVariable | Alias | null {
    const known = this.#knownGlobals.get(name);
    if (known !== undefined) return known;
    const place = this.#globals.get(name);
    if (place === undefined) return null;
    const global = this.#inFile(() => readGlobal(new Cursor(this.text, place.at, place.end)));
    this.#knownGlobals.set(name, global);
    return global;
  }

  /** What a name stands for: a type that is no name. */
  resolve(type: Type): Type {
    if (type.kind !== 'named') return type;
    const { name } = type;
    const known = this.#knownTypes.get(name);
    if (known !== undefined) return known;
    const place = this.#types.get(name);
    const found: Type =
      place === undefined
        ? { kind: 'opaque' }
        : this.#inFile(() => readType(new Cursor(this.text, place.at, place.end)));
    if (found.kind === 'named') this.#refuseName(name);
    this.#knownTypes.set(name, found);
    return found;
  }

  #refuseName(name: string): never {
    const at = this.#types.get(name)?.at ?? 0;
    return this.#inFile(() => new Cursor(this.text, at).fail('a type that is no name'));
  }

  /** The number of the line, from 1, that a place in the text is on. */
  lineAt(at: number): number {
    return new Cursor(this.text, at).line;
  }

  #inFile<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (error instanceof FormatError) error.file ??= this.file;
      throw error;
    }
  }

  /** What each line begins. */
  #lookOver(): Map<number, number> {
    const nodes = new Map<number, number>();
    const { text } = this;
    let known = 0;
    for (let at = 0; at < text.length; ) {
      let end = text.indexOf('\n', at);
      if (end < 0) end = text.length;
      switch (text[at]) {
        case '!': {
          const id = /(\d{1,9}) = /y;
          id.lastIndex = at + 1;
          const [, number] = id.exec(text) ?? [];
          if (number !== undefined) nodes.set(Number(number), id.lastIndex);
          break;
        }
        case '%':
        case '@':
          this.#noteNamed(at, end);
          known++;
          break;
        case 'd': {
          if (text.startsWith('define ', at)) {
            const close = text.indexOf('\n}', end);
            const to = close < 0 ? text.length : close + 2;
            const name = this.#note(this.#defined, /@("[^"]*"|[-a-zA-Z$._0-9]+)\(/y, at, end, to);
            if (/^define (?:internal|private) /.test(text.slice(at, at + 20)))
              this.#internal.add(name);
            known++;
            end = text.indexOf('\n', to);
            if (end < 0) end = text.length;
          } else if (text.startsWith('declare ', at)) {
            this.#note(this.#declared, /@("[^"]*"|[-a-zA-Z$._0-9]+)\(/y, at, end, end);
            known++;
          }
          break;
        }
        case 't': {
          const [, what, value = ''] =
            /^target (datalayout|triple) = "([^"]*)"/.exec(text.slice(at, end)) ?? [];
          if (what === 'datalayout') this.dataLayout = value;
          else if (what === 'triple') this.triple = value;
          if (what !== undefined) known++;
          break;
        }
        default:
      }
      at = end + 1;
    }
    if (known === 0) this.#isNone();
    return nodes;
  }

  #isNone(): never {
    const error = new FormatError({
      code: 'llvm/no-module',
      offset: 0,
      field: 'module',
      expected: 'LLVM IR as text',
      found: this.text.startsWith('BC\u00c0\u00de') ? 'bitcode' : 'none of its lines',
      hint: 'clang writes it with -S -emit-llvm',
    });
    error.file = this.file;
    throw error;
  }

  #noteNamed(at: number, end: number): void {
    const line = this.text.slice(at, Math.min(end, at + 400));
    const [head, name = ''] = named.exec(line) ?? [];
    if (head === undefined) return;
    const clean = name.startsWith('"') ? new Cursor(name).takeName() : name;
    if (line[0] === '%') this.#types.set(clean, { at: at + head.length, end });
    else this.#globals.set(clean, { at, end });
  }

  #note(into: Map<string, Place>, pattern: RegExp, at: number, line: number, end: number): string {
    // A quoted name may hold anything, but no @ stands before the name of the function.
    const head = this.text.slice(at, line);
    pattern.lastIndex = Math.max(0, head.indexOf('@'));
    const [, name = ''] = pattern.exec(head) ?? [];
    if (name === '') return '';
    const clean = name.startsWith('"') ? new Cursor(name).takeName() : name;
    into.set(clean, { at, end });
    return clean;
  }
}

const named = new RegExp(`^[%@](${quotable}) = (?:type )?`);

/** `@name = internal thread_local global i32 3, align 4, !dbg !0` */
function readGlobal(cursor: Cursor): GlobalVariable | Alias {
  cursor.expect('@');
  const name = cursor.takeName();
  cursor.expect('=');
  let isThreadLocal = false;
  let isInternal = false;
  let hasInitializer = true;
  let isWeak = false;
  for (;;) {
    const word = cursor.takeWord();
    if (word === 'global' || word === 'constant') {
      const type = readTypeBehindAttributes(cursor);
      const initializer = hasInitializer ? readConstant(cursor, type) : null;
      const isConstant = word === 'constant';
      const debug = readDebug(cursor);
      return { name, type, initializer, isConstant, isThreadLocal, isInternal, isWeak, debug };
    }
    if (word === 'alias' || word === 'ifunc') {
      readType(cursor);
      cursor.expect(',');
      return { name, of: readConstant(cursor, readType(cursor)) };
    }
    if (word === 'extern_weak') isWeak = true;
    if (word === 'external' || word === 'extern_weak') hasInitializer = false;
    else if (word === 'internal' || word === 'private') isInternal = true;
    else if (word === 'thread_local') isThreadLocal = true;
    if (cursor.peek() === '(') cursor.skipBrackets();
  }
}

function readDebug(cursor: Cursor): number[] {
  const rest = cursor.text.slice(cursor.at, cursor.end);
  return [...rest.matchAll(/, !dbg !(\d+)/g)].map(([, id]) => Number(id));
}
