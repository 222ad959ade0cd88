// .fwspec.json: what a project wants of the linter, and what it lives with, each with its reason.

import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Severity } from '../../machine/index.ts';
import { designOf, kernelFor } from '../../series/index.ts';
import { hintFor, UsageError } from '../../util/index.ts';
import { ruleNamed } from '../arguments/asked-lint.ts';
import { severities } from '../arguments/options/lint.ts';
import { isConfined } from '../system/confined.ts';
import { readBytes } from '../system/io.ts';
import { pathBelow } from './paths.ts';

export const configName = '.fwspec.json';

/** What is left out, and why. */
export interface Exception {
  /** A glob, from the folder of the configuration. */
  readonly path: string;
  readonly rule: string;
  /** A glob for the node; null for all. */
  readonly node: string | null;
  readonly reason: string;
}

/** What a project asks for. Options of the command line come first. */
export interface LintConfig {
  /** The configuration's own path, as it is told. */
  readonly path: string;
  /** Its folder; paths in it are from there. */
  readonly folder: string;
  /** Globs of what is looked at where the command line names nothing, from where the command runs. */
  readonly files: readonly string[];
  readonly kernel: string | null;
  readonly severity: Severity | null;
  readonly maxWarnings: number | null;
  readonly baseline: string | null;
  readonly ignore: readonly Exception[];
}

/**
 * The configuration of a folder: its own or the nearest above, up to the root of the repository.
 *
 * @returns null where there is none, or where its files could be somewhere else than may be read
 * @throws UsageError for one that is not understood
 */
export function configFor(folder: string): LintConfig | null {
  if (isConfined()) return null;
  for (let at = resolve(folder); ; at = dirname(at)) {
    const path = join(at, configName);
    if (existsSync(path)) return readConfig(path, at);
    if (existsSync(join(at, '.git')) || dirname(at) === at) return null;
  }
}

type Fields = Readonly<Record<string, unknown>>;

function readConfig(path: string, folder: string): LintConfig {
  const field = reader(path, parsed(path));
  return {
    path,
    folder,
    files: field.strings('files').map((file) => pathBelow(folder, file)),
    kernel: within(`${path}: kernel`, () => kernelIn(field.text('kernel'))),
    severity: field.word('severity', severities),
    maxWarnings: field.count('maxWarnings'),
    baseline: pathIn(folder, field.text('baseline')),
    ignore: field.objects('ignore').map((entry, i) => exception(path, entry, i)),
    ...field.nothingElse(),
  };
}

function exception(path: string, entry: Fields, i: number): Exception {
  const field = reader(path, entry, `ignore[${i}].`);
  const { path: glob, rule, reason } = field.required('path', 'rule', 'reason');
  return {
    path: glob,
    rule: within(`${path}: ignore[${i}].rule`, () => ruleNamed(rule)),
    node: field.text('node'),
    reason,
    ...field.nothingElse(),
  };
}

/** A path of the configuration, as it is from where the command runs. */
function pathIn(folder: string, path: string | null): string | null {
  return path === null ? null : pathBelow(folder, path);
}

function kernelIn(written: string | null): string | null {
  return written === null ? null : designOf(kernelFor(written).name).name;
}

/** What `read` gives; an error says where the name stands. */
function within<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    throw new UsageError(error.code, `${place}: ${error.message}`, error.hint);
  }
}

/** A document's bytes as JSON that is an object. */
function parsed(path: string): Fields {
  let document: unknown;
  try {
    document = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(readBytes(path)));
  } catch (error) {
    if (error instanceof UsageError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new UsageError('cli/bad-config', `${path}: this is no JSON: ${why}`);
  }
  if (!isObject(document)) throw wrong(path, 'the document', 'an object', document);
  return document;
}

function isObject(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function wrong(path: string, field: string, expected: string, found: unknown): UsageError {
  const shown = found === undefined ? 'nothing' : JSON.stringify(found).slice(0, 60);
  return new UsageError(
    'cli/bad-config',
    `${path}: ${field}: expected ${expected}, found ${shown}`,
  );
}

/** Fields of an object by their types; each that is asked for is known. */
function reader(path: string, fields: Fields, inside = '') {
  const known: string[] = [];
  const take = (name: string): unknown => {
    known.push(name);
    return Object.hasOwn(fields, name) ? fields[name] : undefined;
  };
  const bad = (name: string, expected: string, found: unknown): UsageError =>
    wrong(path, inside + name, expected, found);
  const text = (name: string): string | null => {
    const value = take(name);
    if (value === undefined) return null;
    if (typeof value !== 'string' || value === '') throw bad(name, 'a text', value);
    return value;
  };
  const list = <T>(name: string, expected: string, is: (one: unknown) => one is T): T[] => {
    const value = take(name) ?? [];
    if (!Array.isArray(value)) throw bad(name, 'a list', value);
    return value.map((one: unknown, i) => {
      if (!is(one)) throw bad(`${name}[${i}]`, expected, one);
      return one;
    });
  };
  return {
    text,
    strings: (name: string): string[] =>
      list(name, 'a text', (one): one is string => typeof one === 'string'),
    objects: (name: string): Fields[] => list(name, 'an object', isObject),
    count: (name: string): number | null => {
      const value = take(name);
      if (value === undefined) return null;
      if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
        throw bad(name, 'a whole number', value);
      return value;
    },
    word: <T extends string>(name: string, words: readonly T[]): T | null => {
      const value = text(name);
      const found = words.find((word) => word === value);
      if (value !== null && found === undefined) throw bad(name, words.join(' or '), value);
      return found ?? null;
    },
    required: <N extends string>(...names: readonly N[]): Record<N, string> => {
      const entries = names.map((name) => {
        const value = text(name);
        if (value === null) throw bad(name, 'a text', undefined);
        return [name, value] as const;
      });
      return Object.fromEntries(entries) as Record<N, string>;
    },
    /** @throws UsageError for a field that nobody asked for */
    nothingElse: (): Record<never, never> => {
      const other = Object.keys(fields).find((name) => !known.includes(name) && name !== '$schema');
      if (other === undefined) return {};
      throw new UsageError(
        'cli/bad-config',
        `${path}: there is no field ${inside}${other}`,
        hintFor(other, known, 'fields'),
      );
    },
  };
}
