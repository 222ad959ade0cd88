import type { FdtNode, FdtProperty } from '../../firmware/index.ts';
import {
  type device,
  EFAULT,
  EINVAL,
  ENODEV,
  entryFor,
  type errno,
  firstCell,
  type IdMap,
  type kernel,
  type MapEntry,
  type Mapped,
  type Patch,
} from '../../linux/index.ts';

// Entries of a map are as long as their targets say.

/** Why a map is read no further; nothing is said of a target that is not there. */
interface Trouble {
  readonly text: string;
  readonly error: errno;
}

const MAX_PHANDLE_ARGS = 16;

/**
 * An entry has as many output cells as its target wants. The entries before the one that matches
 * have to be read for that, so what is wrong with them is wrong with the map. A whole map of 4-cell
 * entries for single IDs of one target is read as such even where that target wants two cells.
 *
 * @linux drivers/of/base.c of_map_id
 */
function of_map_id(
  k: kernel,
  dev: device,
  np: FdtNode,
  id: number,
  map_name: string,
  map_mask_name: string,
  cells_name: string,
): Mapped {
  const map = np.properties.get(map_name);
  if (map === undefined) return { error: -ENODEV };
  const fail = ({ text, error }: Trouble): Mapped => {
    if (text !== '') k.dev_err(dev, `${np.path}: ${text}`);
    return { error };
  };
  if (map.value.length % 4 !== 0) return fail(badLength(map));
  const map_mask = firstCell(np, map_mask_name) ?? 0xffffffff;
  const masked_id = (id & map_mask) >>> 0;
  const read = (): IdMap<Entry, Trouble> => readMap(k, map, map_mask, map_mask_name, cells_name);
  const found = entryFor(map, masked_id, of_map_id, read);
  if (found !== null && 'trouble' in found) return fail(found.trouble);
  if (found !== null) {
    const { target, from, until, at, cells } = found.entry;
    const id_len = until - from;
    if (id_len > 1 && cells > 1) {
      const range = `a range of ${id_len} IDs for ${cells} output cells`;
      return fail({ text: `Unsupported ${map_name}: ${range}`, error: -EINVAL });
    }
    const output = k.wordsOf(map).slice(at + 2, at + 2 + cells);
    const args = output.map((out_base) => (masked_id - from + out_base) >>> 0);
    return { target, args, entry: { at, count: 3 + cells } };
  }
  k.dev_info(dev, `${np.path}: no ${map_name} translation for id 0x${id.toString(16)}`);
  return { target: null, args: [id] };
}

/** An entry, and the word that it begins with. */
interface Entry extends MapEntry {
  readonly target: FdtNode;
  readonly at: number;
  readonly cells: number;
}

function badLength({ name, value }: FdtProperty): Trouble {
  return { text: `Bad ${name} length: ${value.length}`, error: -EINVAL };
}

/** All entries, or those before the first that something is wrong with. */
function readMap(
  k: kernel,
  map: FdtProperty,
  map_mask: number,
  map_mask_name: string,
  cells_name: string,
): IdMap<Entry, Trouble> {
  const words = k.wordsOf(map);
  const cellsOf = outputCells(k, map, cells_name);
  const entries: Entry[] = [];
  const until = (trouble: Trouble): IdMap<Entry, Trouble> => ({ entries, trouble });
  for (let at = 0; at < words.length; ) {
    const id_base = words[at];
    const phandle = words[at + 1];
    if (id_base === undefined || phandle === undefined) return until(badLength(map));
    if ((id_base & ~map_mask) !== 0) {
      const ignored = `${map_mask_name} (0x${map_mask.toString(16)}) ignores id-base (0x${id_base.toString(16)})`;
      return until({ text: `Invalid ${map.name} translation: ${ignored}`, error: -EFAULT });
    }
    const target = k.fdt?.phandles.get(phandle);
    if (target === undefined) return until({ text: '', error: -ENODEV });
    const cells = cellsOf(target);
    if (cells > MAX_PHANDLE_ARGS)
      return until({ text: `${cells_name} of ${target.path} is ${cells}`, error: -EINVAL });
    const id_len = words[at + 2 + cells];
    if (id_len === undefined) return until(badLength(map));
    entries.push({ from: id_base, until: id_base + id_len, target, at, cells });
    at += 3 + cells;
  }
  return { entries, trouble: null };
}

/** As many as the target wants, or one where it does not say, or where the whole map has one. */
function outputCells(k: kernel, map: FdtProperty, cells_name: string): (target: FdtNode) => number {
  const words = map.value.length % 4 === 0 ? k.wordsOf(map) : [];
  const first = k.fdt?.phandles.get(words[1] ?? 0);
  const one = first !== undefined && firstCell(first, cells_name) === 2 && hasOneCell(words);
  return (target) => (one ? 1 : (firstCell(target, cells_name) ?? 1));
}

/** `of_check_bad_map()`. */
function hasOneCell(words: readonly number[]): boolean {
  return (
    words.length % 4 === 0 &&
    words.every((word, i) => (i % 4 === 1 ? word === words[1] : i % 4 !== 3 || word === 1))
  );
}

export const cellsInMaps: Patch = {
  subject: 'of: Respect #{iommu,msi}-cells in maps', // ccb2fd725d41
  replaces: { of_map_id, outputCells },
};
