import type { FdtNode, FdtProperty } from '../firmware/index.ts';
import {
  type device,
  EFAULT,
  EINVAL,
  ENODEV,
  firstCell,
  type kernel,
  type Mapped,
  type Patch,
} from '../linux/index.ts';

// Entries of a map are as long as their targets say.

/** Why a map is read no further. */
type Trouble = (text: string, error: number) => Mapped;

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
  const trouble: Trouble = (text, error) => {
    k.dev_err(dev, `${np.path}: ${text}`);
    return { error };
  };
  const bad_length = `Bad ${map_name} length: ${map.value.length}`;
  if (map.value.length % 4 !== 0) return trouble(bad_length, -EINVAL);
  const words = k.wordsOf(map);
  const map_mask = firstCell(np, map_mask_name) ?? 0xffffffff;
  const masked_id = (id & map_mask) >>> 0;
  const cellsOf = outputCells(k, map, cells_name);
  let offset = 0;
  while (offset < words.length) {
    const [id_base, phandle] = words.slice(offset);
    if (id_base === undefined || phandle === undefined) return trouble(bad_length, -EINVAL);
    if ((id_base & ~map_mask) !== 0) {
      const ignored = `${map_mask_name} (0x${map_mask.toString(16)}) ignores id-base (0x${id_base.toString(16)})`;
      return trouble(`Invalid ${map_name} translation: ${ignored}`, -EFAULT);
    }
    const target = k.fdt?.phandles.get(phandle);
    if (target === undefined) return { error: -ENODEV };
    const cells = cellsOf(target);
    if (cells > MAX_PHANDLE_ARGS)
      return trouble(`${cells_name} of ${target.path} is ${cells}`, -EINVAL);
    const entry = words.slice(offset, offset + 3 + cells);
    const id_len = entry[2 + cells];
    if (id_len === undefined) return trouble(bad_length, -EINVAL);
    offset += 3 + cells;
    const id_off = masked_id - id_base;
    if (id_off < 0 || id_off >= id_len) continue;
    if (id_len > 1 && cells > 1) {
      const range = `a range of ${id_len} IDs for ${cells} output cells`;
      return trouble(`Unsupported ${map_name}: ${range}`, -EINVAL);
    }
    const args = entry.slice(2, -1).map((out_base) => (id_off + out_base) >>> 0);
    return { target, args, entry: { at: offset - entry.length, count: entry.length } };
  }
  k.dev_info(dev, `${np.path}: no ${map_name} translation for id 0x${id.toString(16)}`);
  return { target: null, args: [id] };
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
