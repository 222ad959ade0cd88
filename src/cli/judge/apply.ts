import {
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { type GitAnswer, gitIn } from './git.ts';
import type { Patch } from './patches.ts';

/** Files that stand in front of those of a tree. */
export interface Overlay {
  readonly folder: string;
  /** Their paths in the tree, sorted; those that are deleted are among them. */
  readonly files: readonly string[];
}

/** The trees that patches lead through. */
export interface Applied {
  /** One more than there are patches; null for the tree as it is. */
  readonly states: readonly (Overlay | null)[];
  /** By patch, the files that it changes, sorted. */
  readonly touched: readonly (readonly string[])[];
  /** The tree is what the last patch leads to. */
  readonly had: boolean;
}

/** What stands in place of a file that a patch deletes, for whoever includes it. */
const deleted = '#error "a patch deletes this file"\n';

/**
 * Apply patches one after the other, to copies of the files that they touch. A tree that has them all
 * already is taken back instead.
 *
 * @param work a folder of our own
 * @throws UsageError for a patch that does not apply, or that no tree of C can be judged with
 */
export function apply(patches: readonly Patch[], tree: string, work: string): Applied {
  const files = patches.map((patch, i) => {
    const path = join(work, `patch-${i}`);
    writeFileSync(path, patch.diff);
    return { patch, path, touched: touchedBy(patch, path, work) };
  });
  const touched = files.map((file) => file.touched);
  const there = walk(files, tree, join(work, 'with'), false);
  if (!(there instanceof UsageError)) return { states: [null, ...there], touched, had: false };
  const back = walk(files.toReversed(), tree, join(work, 'without'), true);
  if (back instanceof UsageError) throw there;
  return { states: [...back.toReversed(), null], touched, had: true };
}

interface PatchFile {
  readonly patch: Patch;
  readonly path: string;
  readonly touched: readonly string[];
}

/** The trees after each patch, or why one does not apply. */
function walk(
  patches: readonly PatchFile[],
  tree: string,
  folder: string,
  isReverse: boolean,
): Overlay[] | UsageError {
  const states: Overlay[] = [];
  const known = new Set<string>();
  const gone = new Set<string>();
  let before: string | null = null;
  for (const [i, { patch, path, touched }] of patches.entries()) {
    const to = join(folder, String(i));
    mkdirSync(to, { recursive: true });
    if (before !== null) cpSync(before, to, { recursive: true });
    for (const file of touched) {
      if (gone.has(file)) rmSync(join(to, file), { force: true });
      else if (!known.has(file)) bring(tree, file, to, patch);
      known.add(file);
    }
    const options = ['--whitespace=nowarn', '-p1', ...(isReverse ? ['--reverse'] : [])];
    const answer = gitIn(to, [...asPosted, 'apply', ...options, path]);
    if (!answer.ok) return refusal(patch, answer);
    for (const file of touched) {
      const isThere = existsSync(join(to, file));
      if (isThere) gone.delete(file);
      else {
        gone.add(file);
        mkdirSync(dirname(join(to, file)), { recursive: true });
        writeFileSync(join(to, file), deleted);
      }
    }
    states.push({ folder: to, files: [...known].sort() });
    before = to;
  }
  return states;
}

/** What somebody has set for patches of their own does not hold here. */
const asPosted = ['-c', 'apply.ignoreWhitespace=no', '-c', 'core.autocrlf=false'];

/** A copy of a file of the tree, if it has it. */
function bring(tree: string, file: string, to: string, { name }: Patch): void {
  const parts = file.split('/');
  let found: Stats | undefined;
  for (let i = 1; i <= parts.length; i++) {
    found = lstatSync(join(tree, ...parts.slice(0, i)), { throwIfNoEntry: false });
    if (found === undefined) return;
    const isLast = i === parts.length;
    if (isLast ? !found.isFile() : !found.isDirectory())
      throw refused(
        name,
        `${parts.slice(0, i).join('/')} is a ${isLast ? 'link or no file' : 'link'} in the tree`,
      );
  }
  mkdirSync(dirname(join(to, file)), { recursive: true });
  copyFileSync(join(tree, file), join(to, file));
}

/** The files that a patch reads or writes. */
function touchedBy(patch: Patch, path: string, work: string): string[] {
  const answer = gitIn(work, ['apply', '--numstat', '-z', '-p1', path]);
  if (!answer.ok) throw refusal(patch, answer);
  const text = Buffer.from(patch.diff).toString('latin1');
  if (/^(?:(?:new|old|deleted)(?: file)? mode|index [0-9a-f.]+) 1[26]0000\s*$/m.test(text))
    throw refused(patch.name, 'it changes a symbolic link or a submodule');
  const written = answer.stdout
    .toString('utf8')
    .split('\0')
    .map((line) => line.split('\t').slice(2).join('\t'));
  const moved = [...text.matchAll(/^(?:rename|copy) from (.*)$/gm)].map(([, from = '']) => from);
  const all = [...new Set([...written, ...moved])].filter((file) => file !== '').sort();
  for (const file of all)
    if (!isInside(file)) throw refused(patch.name, `${file} is outside of the tree`);
  return all;
}

function isInside(file: string): boolean {
  return file.split('/').every((part) => !['', '.', '..', '.git'].includes(part.toLowerCase()));
}

/** What git says in its own words, as one line. */
function refusal({ name }: Patch, { said }: GitAnswer): UsageError {
  const first = said.find((line) => /^(?:error|fatal): /.test(line)) ?? said[0] ?? 'error: ';
  const why = first
    .replace(/^(?:error|fatal): /, '')
    .replace(/^patch failed: (.*):(\d+)$/, '$1, line $2')
    .replace(/^(.*): No such file or directory$/, 'there is no file $1')
    .replace(/^No valid patches in input.*$/, 'it holds no change of a file');
  const isOther = /^error: patch failed: /.test(first);
  return refused(name, why, isOther ? 'the tree has to be what it was made for' : null);
}

function refused(name: string, why: string, hint: string | null = null): UsageError {
  return new UsageError('cli/patch-failed', `the patch "${name}" does not apply: ${why}`, hint);
}
