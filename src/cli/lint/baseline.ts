// A baseline: what was wrong on the day that a project took the linter up. It is not told again.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { findingKey, type Linted, masked } from '../../report/index.ts';
import { UsageError } from '../../util/index.ts';
import { reason } from '../system/io.ts';
import { pathFrom } from './paths.ts';

/** A finding as a baseline has it: without what moves when something else changes. */
interface Known {
  readonly file: string;
  readonly rule: string;
  readonly node: string;
  readonly property: string | null;
  readonly message: string;
}

/** What a baseline leaves of findings. */
export interface Compared {
  readonly linted: readonly Linted[];
  /** How many findings it knows. */
  readonly known: number;
  /** How many it has of these files that are there no more. */
  readonly gone: number;
}

/** @throws UsageError for a baseline that is not there or not understood */
export function againstBaseline(linted: readonly Linted[], path: string): Compared {
  const left = new Map<string, number>();
  for (const known of readBaseline(path)) {
    const key = keyOf(known);
    left.set(key, (left.get(key) ?? 0) + 1);
  }
  const folder = dirname(resolve(path));
  let known = 0;
  const files = new Set<string>();
  const news = linted.map((of) => {
    if (of.error === null) files.add(pathFrom(folder, of.file));
    const findings = of.findings.filter((finding) => {
      const file = pathFrom(folder, of.file);
      const key = keyOf({ ...finding, file, message: masked(finding.message) });
      const count = left.get(key) ?? 0;
      if (count === 0) return true;
      left.set(key, count - 1);
      known++;
      return false;
    });
    return { ...of, findings };
  });
  let gone = 0;
  for (const [key, count] of left) if (files.has(fileIn(key))) gone += count;
  return { linted: news, known, gone };
}

/** Write what is there now: sorted, a finding a line, so that two people's changes merge. */
export function writeBaseline(linted: readonly Linted[], path: string): number {
  const folder = dirname(resolve(path));
  const rows = linted
    .flatMap((of) =>
      of.findings.map(({ rule, node, property, message }) => ({
        file: pathFrom(folder, of.file),
        rule,
        node,
        property,
        message: masked(message),
      })),
    )
    .map((known) => ({ key: keyOf(known), line: `    ${JSON.stringify(known)}` }))
    .sort((a, b) => (a.key < b.key ? -1 : a.key > b.key ? 1 : 0));
  const lines = rows.map(({ line }) => line).join(',\n');
  const list = rows.length === 0 ? '[]' : `[\n${lines}\n  ]`;
  const text = `{\n  "version": 1,\n  "command": "lint",\n  "findings": ${list}\n}\n`;
  try {
    writeFileSync(path, text);
  } catch (error) {
    throw new UsageError('cli/unwritable', `cannot write ${path}: ${reason(error)}`);
  }
  return rows.length;
}

function keyOf(known: Known): string {
  return `${known.file}\0${findingKey(known)}`;
}

function fileIn(key: string): string {
  return key.slice(0, key.indexOf('\0'));
}

function readBaseline(path: string): readonly Known[] {
  if (!existsSync(path)) {
    const hint = '--update-baseline writes one of what is wrong now';
    throw new UsageError('cli/bad-baseline', `there is no baseline ${path}`, hint);
  }
  let document: unknown;
  try {
    document = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw badBaseline(path, `this is no JSON: ${reason(error)}`);
  }
  const { version, findings } = Object(document) as Record<string, unknown>;
  if (version !== 1 || !Array.isArray(findings))
    throw badBaseline(path, 'expected what --update-baseline writes, of version 1');
  return findings.map((one: unknown, i) => {
    if (!isKnown(one)) throw badBaseline(path, `findings[${i}] is no finding`);
    return one;
  });
}

function isKnown(one: unknown): one is Known {
  const { file, rule, node, property, message } = Object(one) as Record<string, unknown>;
  const texts = [file, rule, node, message].every((field) => typeof field === 'string');
  return texts && (property === null || typeof property === 'string');
}

function badBaseline(path: string, why: string): UsageError {
  return new UsageError('cli/bad-baseline', `${path}: ${why}`);
}
