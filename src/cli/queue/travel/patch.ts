import { dirname, resolve } from 'node:path';
import { UsageError } from '../../../util/index.ts';
import { nameOf } from '../../kernel/patch-file.ts';
import { kindOf, readBytes } from '../../system/io.ts';
import { canonical, digestOf, type PatchName } from './identity.ts';

/** How many files a patch is in, at most. */
const mostFiles = 200;

/** A patch by the contents of its file and of all that it imports from beside it. */
export function patchName(path: string): PatchName {
  const digests: string[] = [];
  const met = new Set([resolve(path)]);
  for (const file of met) {
    if (met.size > mostFiles)
      throw new UsageError('cli/bad-option', `${path} imports more than ${mostFiles} files`);
    const bytes = readBytes(file);
    digests.push(digestOf(bytes));
    const text = new TextDecoder().decode(bytes);
    for (const [, , name = ''] of text.matchAll(
      /\b(?:from|import)\s*\(?\s*(['"])(\.{1,2}\/[^'"\n]+)\1/g,
    )) {
      const beside = resolve(dirname(file), name);
      if (kindOf(beside) === 'file') met.add(beside);
    }
  }
  const [sole = ''] = digests;
  return { file: nameOf(path), digest: digests.length === 1 ? sole : digestOf(canonical(digests)) };
}

export function patchText({ file, digest }: PatchName): string {
  return `the patch ${file} (sha256 ${digest.slice(0, 12)})`;
}
