// Terms that put objects into the namespace (ACPI 6.5, 20.2.5.1 and 20.2.5.2).

import { fieldList } from '../grammar/fields.ts';
import type { AmlName, Span } from '../grammar/reader.ts';
import type { Term } from '../grammar/term.ts';
import { AmlNode, type Content, missing, type Plain, spelled } from '../tree/node.ts';
import {
  AmlBuffer,
  copyOf,
  Failure,
  integerOf,
  isCertain,
  isSame,
  textOf,
  Unknown,
  type Value,
} from '../tree/value.ts';
import { configOf } from './config-space.ts';
import type { Context } from './frame.ts';
import type { Machine } from './machine.ts';
import type { Run } from './run.ts';

/** The terms inside an object, and where they are to run. */
export interface Inside {
  readonly scope: AmlNode;
  readonly span: Span;
}

type Handler = (run: Run, term: Term) => Inside | null;

/** Do what a declaration says; what is in it is up to the caller. */
export function declare(run: Run, term: Term): Inside | null {
  return declarations.get(term.opcode.name)?.(run, term) ?? null;
}

const spaces: readonly string[] = [
  'SystemMemory',
  'SystemIO',
  'PCI_Config',
  'EmbeddedControl',
  'SMBus',
  'SystemCMOS',
  'PciBarTarget',
  'IPMI',
  'GeneralPurposeIO',
  'GenericSerialBus',
  'PCC',
];

/** An object that holds terms; of the operands behind its name, those come last. */
function scoped(kind: Plain['kind'], last: number): Handler {
  return (run, term) => {
    const scope = create(run, term.aml(0), { kind });
    return { scope, span: term.span(last) };
  };
}

function plain(contentOf: () => Content): Handler {
  return (run, term) => {
    create(run, term.aml(0), contentOf());
    return null;
  };
}

/** `CreateByteField` and its like; without `bits` the length is an operand. */
function bufferField(unit: number, bits: number | null): Handler {
  return (run, term) => {
    const buffer = run.operand(term.term(0));
    if (!(buffer instanceof AmlBuffer || buffer instanceof Unknown)) {
      throw new Failure('a field of what is no buffer');
    }
    const index = integerOf(run.operand(term.term(1)), run.machine.width);
    const last = bits === null ? run.operand(term.term(2)) : BigInt(bits);
    const size = integerOf(last, run.machine.width);
    const known = typeof size === 'bigint' ? Number(size) : 0;
    const offset =
      size instanceof Unknown ? size : index instanceof Unknown ? index : Number(index) * unit;
    if (buffer instanceof AmlBuffer && typeof offset === 'number') {
      if (known === 0 || offset + known > 8 * buffer.bytes.length) {
        throw new Failure('a field that passes the end of its buffer');
      }
    }
    const content = { kind: 'buffer-field', buffer, offset, length: known } as const;
    create(run, term.aml(bits === null ? 3 : 2), content);
    return null;
  };
}

/** Fields of a region, or of registers behind other fields: the rest of the term is their list. */
function fields(of: 'Region' | 'Bank' | 'Index', list: number): Handler {
  return (run, term) => {
    const first = find(term.aml(0), run.context);
    if (of !== 'Region') find(term.aml(1), run.context);
    const region = of === 'Region' && first.content.kind === 'region' ? first : null;
    const why = new Unknown(regionName(first, of));
    for (const { name, offset, length } of fieldList(run.context.code.bytes, term.span(list))) {
      run.machine.work(1);
      const content = { kind: 'field', of, region, offset, length, why } as const;
      try {
        create(run, { absolute: false, up: 0, segments: [name] }, content);
      } catch (error) {
        if (!(error instanceof Taken)) throw error;
      }
    }
    return null;
  };
}

function regionName({ path, content }: AmlNode, of: string): string {
  if (content.kind !== 'region') return `${of.toLowerCase()} fields of ${path}`;
  const space = spaces[content.space] ?? `space 0x${content.space.toString(16)}`;
  return `${space} at ${path}`;
}

/** A name that another object has. */
class Taken extends Failure {}

/** Put an object into the namespace. Where it may be there already, both are one. */
function create(run: Run, name: AmlName, content: Content): AmlNode {
  let parent = run.context.scope.base(name.absolute, name.up);
  for (const segment of name.segments.slice(0, -1)) {
    parent = parent?.children.get(segment)?.target ?? null;
  }
  const last = name.segments.at(-1);
  if (parent === null || last === undefined) throw missing(name);
  run.machine.work(1);
  const there = parent.children.get(last);
  if (there !== undefined) {
    if (isCertain(there.born, run.machine.doubt))
      throw new Taken(`${spelled(name)} is there already`);
    there.content = merged(there.content, content, run.machine);
    return there;
  }
  const since = { born: run.machine.doubt, age: run.machine.nextAge() };
  const node = new AmlNode(last, parent, content, since);
  parent.children.set(last, node);
  if (run.context.frame.kind === 'method') run.context.frame.created.push(node);
  else run.machine.changes++;
  return node;
}

/** What is known of an object that is either one or the other. */
function merged(old: Content, now: Content, machine: Machine): Content {
  const why = (): Unknown => machine.doubt?.why ?? new Unknown('code');
  if (old.kind === 'data' && now.kind === 'data') {
    return isSame(old.value, now.value) ? old : { kind: 'data', value: why() };
  }
  if (old.kind === 'method' && now.kind === 'method') {
    return { kind: 'method', arity: now.arity, body: why };
  }
  return old.kind === now.kind ? old : { kind: 'data', value: why() };
}

function find(name: AmlName, { scope }: Context): AmlNode {
  const found = scope.find(name);
  if (found === null) throw missing(name);
  return found;
}

/** Where the value of a name begins: what is stored there later does not change the constant. */
function data(run: Run, term: Term): null {
  const value: Value = copyOf(run.value(term.term(1)));
  create(run, term.aml(0), { kind: 'data', value });
  return null;
}

function scopeOf(run: Run, term: Term): Inside {
  const scope = run.context.scope.find(term.aml(0));
  if (scope === null && run.machine.unseen !== null) {
    const message = `what is in ${spelled(term.aml(0))} is not known: ${run.machine.unseen.why}`;
    run.machine.gap(run.context.code, term.offset, message);
  }
  if (scope === null) throw missing(term.aml(0));
  if (!scope.isScope && scope.content.kind !== 'data') throw new Failure('no scope');
  return { scope, span: term.span(1) };
}

function methodOf(run: Run, term: Term): null {
  const arity = Number(term.number(1) & 7n);
  const body = { code: run.context.code, span: term.span(2) };
  create(run, term.aml(0), { kind: 'method', arity, body });
  return null;
}

function tableRegion(run: Run, term: Term): null {
  const [signature = '', oem = '', table = ''] = [1, 2, 3].map((index) => {
    const text = textOf(run.operand(term.term(index)), run.machine.width);
    return text instanceof Unknown ? '' : text;
  });
  const bytes = run.machine.around.tableBytes(signature, oem, table);
  const bytesOf = () => bytes;
  create(run, term.aml(0), { kind: 'region', space: 0x7e, bytesOf, isStored: false });
  return null;
}

/** Of configuration space something may be shown; where the others lie makes no difference. */
function region(run: Run, term: Term): null {
  const space = Number(term.number(1));
  const { functions } = run.machine.around;
  const shown = space === PCI_CONFIG && functions.size > 0;
  const [start, length] = shown ? [2, 3].map((at) => constant(run, term.term(at))) : [];
  const bytesOf = (of: AmlNode): Uint8Array | null =>
    start === undefined || length === undefined ? null : configOf(of, start, length, functions);
  create(run, term.aml(0), { kind: 'region', space, bytesOf, isStored: false });
  return null;
}

const PCI_CONFIG = 2;

/** A number of a term that has nothing to run. */
function constant(run: Run, term: Term): number | undefined {
  if (!/^(Zero|One|Byte|Word|DWord|QWord)$/.test(term.opcode.name)) return undefined;
  const value = run.value(term);
  return typeof value === 'bigint' ? Number(value) : undefined;
}

export const declarations: ReadonlyMap<string, Handler> = new Map<string, Handler>([
  ['Name', data],
  ['Scope', scopeOf],
  ['Method', methodOf],
  ['External', () => null],
  ['Device', scoped('device', 1)],
  ['Processor', scoped('processor', 4)],
  ['PowerRes', scoped('power', 3)],
  ['ThermalZone', scoped('thermal', 1)],
  ['Mutex', plain(() => ({ kind: 'mutex' }))],
  ['Event', plain(() => ({ kind: 'event', signals: 0 }))],
  [
    'Alias',
    (run, term) => {
      const of = find(term.aml(0), run.context);
      create(run, term.aml(1), { kind: 'alias', of });
      return null;
    },
  ],
  ['OpRegion', region],
  ['DataRegion', tableRegion],
  ['Field', fields('Region', 2)],
  ['IndexField', fields('Index', 3)],
  ['BankField', fields('Bank', 4)],
  ['CreateBitField', bufferField(1, 1)],
  ['CreateByteField', bufferField(8, 8)],
  ['CreateWordField', bufferField(8, 16)],
  ['CreateDWordField', bufferField(8, 32)],
  ['CreateQWordField', bufferField(8, 64)],
  ['CreateField', bufferField(1, null)],
]);
