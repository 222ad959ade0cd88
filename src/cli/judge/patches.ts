import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { UsageError } from '../../util/index.ts';
import { kindOf, namesIn, nothingThere, readBytes, readStandardInput } from '../system/io.ts';
import { askRepository } from './git.ts';
import { type Mail, mailsOf } from './mails.ts';

/** A patch, wherever it came from. */
export interface Patch {
  /** What it is called in messages: its place in the series and its subject, or its file. */
  readonly name: string;
  /** The mail that it came in; null for a bare diff. */
  readonly mail: Mail | null;
  readonly diff: Uint8Array;
}

/** Patches in the order in which they apply. */
export interface PatchSet {
  readonly patches: readonly Patch[];
  /** What comes before them: a mail without a patch. */
  readonly cover: Mail | null;
  /** What was left out or is missing, a sentence each. */
  readonly notes: readonly string[];
}

/** A file of patches, as a diff or as mails. */
interface Source {
  readonly name: string;
  readonly bytes: Uint8Array;
}

/**
 * Read patches: an mbox, a single mail or diff, a folder of them, `-` for standard input, or a range of
 * commits of the tree.
 *
 * @param work a folder of our own
 * @throws UsageError where there are none
 */
export function readPatches(operands: readonly string[], tree: string, work: string): PatchSet {
  const sets = operands
    .flatMap((operand) => sourcesOf(operand, tree))
    .map((source, i) => patchesIn(source, join(work, `mails-${i}`)));
  const all: PatchSet = {
    patches: sets.flatMap(({ patches }) => patches),
    cover: sets.find(({ cover }) => cover !== null)?.cover ?? null,
    notes: [...new Set(sets.flatMap(({ notes }) => notes))],
  };
  if (all.patches.length > 0) return all;
  throw new UsageError(
    'cli/no-patch',
    `${operands.join(' ')} holds no patch`,
    'an mbox, a .patch or .diff, a folder of them, - or a range of commits A..B',
  );
}

function sourcesOf(operand: string, tree: string): Source[] {
  if (operand === '-') return [{ name: 'standard input', bytes: readStandardInput() }];
  const kind = kindOf(operand);
  if (kind === 'nothing' && operand.includes('..') && !operand.endsWith('.patch'))
    return [{ name: operand, bytes: commits(operand, tree) }];
  if (kind === 'nothing') throw nothingThere(operand);
  if (kind !== 'directory') return [{ name: operand, bytes: readBytes(operand) }];
  return filesIn(operand).map((path) => ({ name: path, bytes: readBytes(path) }));
}

/** The files of a folder as `b4 am` and `git format-patch` write them, in their order. */
function filesIn(folder: string): string[] {
  const series = join(folder, 'series');
  if (existsSync(series)) {
    const lines = Buffer.from(readBytes(series)).toString('utf8').split('\n');
    const named = lines.map((line) => line.replace(/\s*#.*$/, '').split(/\s/)[0] ?? '');
    return named.filter((name) => name !== '').map((name) => inFolder(folder, name, series));
  }
  const names = namesIn(folder);
  const boxes = names.filter((name) => /\.(?:mbx|mbox)$/.test(name));
  const singles = names.filter((name) => /\.(?:patch|diff|eml)$/.test(name));
  if (boxes.length + Math.min(singles.length, 1) > 1)
    throw new UsageError(
      'cli/several-series',
      `${folder} holds several series: ${[...boxes, ...singles].slice(0, 4).join(', ')}`,
      'name the one that is meant',
    );
  return [...boxes, ...singles].map((name) => join(folder, name));
}

/** A list of files in a folder must not lead anybody out of it. */
function inFolder(folder: string, name: string, series: string): string {
  if (!name.startsWith('/') && !name.split('/').includes('..')) return join(folder, name);
  throw new UsageError('cli/bad-series', `${series} names a file outside of its folder: ${name}`);
}

/** Commits as mails, from the repository of the tree, not of a folder that it is in. */
function commits(range: string, tree: string): Uint8Array {
  const inside = askRepository(tree, ['rev-parse', '--show-prefix']);
  if (!inside.ok || inside.stdout.toString('utf8').trim() !== '')
    throw new UsageError(
      'cli/no-commits',
      `cannot read the commits ${range}: ${tree} is no git repository`,
      'give a clone of Linux, or the patches as files',
    );
  const plain = ['--no-ext-diff', '--no-textconv', '--no-attach', '--no-cover-letter'];
  const more = [
    '--no-signature',
    '--no-thread',
    '--numbered',
    '--binary',
    '--subject-prefix=PATCH',
  ];
  const args = ['format-patch', '--stdout', ...plain, ...more, '--end-of-options', range];
  const { ok, stdout, said } = askRepository(tree, args);
  if (ok && stdout.length > 0) return stdout;
  const why = ok ? 'it holds no commit' : (said[0] ?? '').replace(/^fatal: /, '');
  throw new UsageError('cli/no-commits', `cannot read the commits ${range} of ${tree}: ${why}`);
}

function patchesIn({ name, bytes }: Source, work: string): PatchSet {
  if (!isMail(bytes)) {
    if (!hasDiff(bytes)) return { patches: [], cover: null, notes: [] };
    return { patches: [{ name: basename(name), mail: null, diff: bytes }], cover: null, notes: [] };
  }
  mkdirSync(work);
  const box = join(work, 'box');
  writeFileSync(box, bytes);
  return inOrder(name, mailsOf(box, name, work));
}

/** The patches of mails, without cover letter, replies and older versions. */
function inOrder(name: string, mails: readonly Mail[]): PatchSet {
  const notes: string[] = [];
  const isReply = ({ subject }: Mail): boolean => /^\s*re:/i.test(subject);
  const holding = mails.filter((mail) => hasDiff(mail.diff));
  const posted = holding.filter((mail) => !isReply(mail));
  if (posted.length < holding.length) notes.push(`${name}: patches in replies are left out`);
  const newest = Math.max(...posted.map(({ place }) => place?.version ?? 1));
  const ofNewest = posted.filter(({ place }) => (place?.version ?? 1) === newest);
  if (ofNewest.length < posted.length) notes.push(`${name}: only version ${newest} is judged`);
  const numbered = ofNewest.every(({ place }) => place !== null);
  const once: Mail[] = [];
  for (const mail of ofNewest) {
    const twin = once.find(({ place }) => numbered && place?.number === mail.place?.number);
    if (twin === undefined) once.push(mail);
    else if (Buffer.compare(twin.diff, mail.diff) !== 0)
      throw new UsageError(
        'cli/patch-twice',
        `${name} holds patch ${mail.place?.number}/${mail.place?.of} twice, and not the same`,
      );
  }
  if (numbered) once.sort((a, b) => (a.place?.number ?? 0) - (b.place?.number ?? 0));
  const of = once[0]?.place?.of ?? 0;
  const missing = Array.from({ length: numbered ? of : 0 }, (_, i) => i + 1).filter(
    (number) => !once.some(({ place }) => place?.number === number),
  );
  if (once.length > 1 && missing.length > 0)
    notes.push(`${name}: of ${of} patches these are missing: ${missing.join(', ')}`);
  const cover = mails.find(
    (mail) =>
      mail.place?.number === 0 && !isReply(mail) && (mail.place.version === newest || !numbered),
  );
  return {
    patches: once.map((mail) => ({ name: mail.subject, mail, diff: mail.diff })),
    cover: cover ?? null,
    notes,
  };
}

/** Whether it begins as mails do. */
function isMail(bytes: Uint8Array): boolean {
  const [first = ''] = textOf(bytes.subarray(0, 4096)).trimStart().split('\n');
  return /^(?:From |(?!Index:)[\w-]+:[ \t])/.test(first);
}

function hasDiff(bytes: Uint8Array): boolean {
  return /^(?:diff --git |--- \S)/m.test(textOf(bytes));
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1');
}
