// Which machines operands mean: files, the machine in a directory or all below it, globs, archives.

import { existsSync, realpathSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import { globSync } from 'tinyglobby';
import type { Files } from '../../input/index.ts';
import { isMachineFolder } from '../../input/index.ts';
import { type Source, sourceAt } from '../input/load.ts';
import { isConfined } from '../system/confined.ts';
import { kindOf, namesIn } from '../system/io.ts';

/** One machine to look at. */
export type LintInput = FileInput | MemberInput;

interface FileInput {
  /** A file, a machine's directory, `-` or `live`. */
  readonly path: string;
  /** Nobody named it: where it is no machine, it is nothing. */
  readonly isWalked: boolean;
}

/** Of an archive with several machines in it. */
interface MemberInput extends FileInput {
  readonly member: Source;
}

/** In the order of the operands; below a directory and in an archive by name. */
export async function* inputsOf(operands: readonly string[]): AsyncGenerator<LintInput> {
  for (const operand of operands) yield* inputsAt(operand);
}

async function* inputsAt(operand: string): AsyncGenerator<LintInput> {
  if (operand === '-' || operand === 'live') yield named(operand);
  // Whoever walks for a pattern follows links.
  else if (isConfined() || existsSync(operand)) yield* inputsIn(operand);
  else if (isGlob(operand)) for (const path of globbed(operand)) yield* inputsIn(path);
  else yield named(operand);
}

function named(path: string): LintInput {
  return { path, isWalked: false };
}

function isGlob(operand: string): boolean {
  return /[*?{[]/.test(operand);
}

/** What a pattern names; where that is nothing, the pattern, which is no file then. */
function globbed(pattern: string): readonly string[] {
  const absolute = isAbsolute(pattern);
  const paths = globSync(pattern, { absolute, expandDirectories: false, onlyFiles: false });
  return paths.length === 0 ? [pattern] : paths.sort();
}

async function* inputsIn(path: string): AsyncGenerator<LintInput> {
  if (kindOf(path) === 'directory') yield* walked(path, [], false);
  else if (isArchive(path)) yield* membersOf(path);
  else yield named(path);
}

// ---- directories --------------------------------------------------------------------------------

/** Folders that are no firmware's. */
const skipped = ['.git', 'node_modules'];

/** The machine that a directory is, or all that are below it. */
function* walked(
  folder: string,
  above: readonly string[],
  isWalked: boolean,
): Generator<LintInput> {
  const place = realpathSync(folder);
  if (above.includes(place)) return;
  const names = namesIn(folder);
  const kinds = names.map((name) => kindOf(join(folder, name)));
  const shown = names.map((name, i) => (kinds[i] === 'directory' ? `${name}/` : name));
  if (isMachineFolder(shown)) {
    yield { path: folder, isWalked };
    return;
  }
  const beside = new Set(names);
  for (const [i, name] of names.entries()) {
    if (kinds[i] === 'directory' && !skipped.includes(name))
      yield* walked(join(folder, name), [...above, place], true);
    if (kinds[i] === 'file' && mayBeMachine(name, beside))
      yield { path: join(folder, name), isWalked: true };
  }
}

/** By its name alone; a source beside what it was compiled to is not looked at twice. */
function mayBeMachine(name: string, beside: ReadonlySet<string>): boolean {
  if (/\.dts$/i.test(name)) return !beside.has(name.replace(/s$/i, 'b'));
  return (
    /\.(?:dtb|fdt|aml|acpi|acpidump|dat|bin|hex|txt|lspci|tar|tgz|zip|gz)$/i.test(name) ||
    /^(?:DMAR|IORT|IVRS|VIOT|APIC|MCFG)(?:$|[._-])/i.test(name)
  );
}

// ---- archives -----------------------------------------------------------------------------------

function isArchive(path: string): boolean {
  return /\.(?:tar|tgz|zip)(?:\.gz)?$/i.test(path);
}

/** The machine that an archive is, or those that are in it. One that is none says so when it is read. */
async function* membersOf(path: string): AsyncGenerator<LintInput> {
  let source: Source;
  try {
    source = await sourceAt(path);
  } catch {
    yield named(path);
    return;
  }
  const names = [...source.files.keys()];
  if (names.length < 2 || isMachineFolder(topNames(names, ''))) yield named(path);
  else yield* membersIn(path, source, names.toSorted(), '');
}

function* membersIn(
  archive: string,
  source: Source,
  names: readonly string[],
  folder: string,
): Generator<LintInput> {
  const top = topNames(names, folder);
  if (folder !== '' && isMachineFolder(top)) {
    yield memberOf(archive, source, { folder, path: folder.slice(0, -1) }, names);
    return;
  }
  const beside = new Set(top);
  for (const name of top)
    if (name.endsWith('/'))
      yield* membersIn(archive, source, below(names, folder + name), folder + name);
    else if (mayBeMachine(name, beside))
      yield memberOf(archive, source, { folder, path: folder + name }, [folder + name]);
}

function below(names: readonly string[], folder: string): string[] {
  return names.filter((name) => name.startsWith(folder));
}

/** What is right inside a folder; folders have a `/` at their end. */
function topNames(names: readonly string[], folder: string): string[] {
  const top = below(names, folder).map((name) => {
    const slash = name.indexOf('/', folder.length);
    return name.slice(folder.length, slash < 0 ? undefined : slash + 1);
  });
  return [...new Set(top)].filter((name) => name !== '');
}

/** Some files of an archive, as if they had been given alone. */
function memberOf(
  archive: string,
  source: Source,
  { folder, path: inside }: { readonly folder: string; readonly path: string },
  names: readonly string[],
): MemberInput {
  const files: Files = new Map(
    names.map((name) => [name.slice(folder.length), source.files.get(name) ?? new Uint8Array()]),
  );
  const path = `${archive}/${inside}`;
  const named = { by: 'archive', path, archive, folder } as const;
  const given = { files, tree: null, named, pathOf: () => null };
  return { path, isWalked: true, member: { given, files, notes: [] } };
}
