import { join, normalize } from 'node:path';
import { kindOf } from '../system/io.ts';
import { textOf } from './store.ts';

/** No file of a kernel's that is read by people is longer. */
const longest = 1 << 24;

/**
 * What the source says in a place, `drivers/iommu/iommu.c:344`.
 *
 * @param folders where the files are, the one first that is asked first
 */
export function sourceLines(folders: readonly string[]): (place: string) => string | null {
  const known = new Map<string, readonly string[]>();
  const linesOf = (file: string): readonly string[] => {
    for (const folder of folders) {
      const path = join(folder, file);
      const text = kindOf(path) === 'file' ? textOf(path) : null;
      if (text !== null && text.length < longest)
        return Buffer.from(text, 'latin1').toString('utf8').split('\n');
    }
    return [];
  };
  return (place) => {
    const [, file, line] = /^(.*):(\d+)$/.exec(place) ?? [];
    if (file === undefined || normalize(file).startsWith('..')) return null;
    let lines = known.get(file);
    if (lines === undefined) {
      lines = linesOf(file);
      known.set(file, lines);
    }
    return lines[Number(line) - 1] ?? null;
  };
}
