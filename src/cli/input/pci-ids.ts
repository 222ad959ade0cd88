import { existsSync } from 'node:fs';
import { parsePciIds } from '../../firmware/index.ts';
import { naming } from '../../input/index.ts';
import type { Names } from '../../machine/index.ts';
import { readBytes } from '../system/io.ts';

/** Where distributions put the list. */
export const pciIdsPlaces: readonly string[] = [
  '/usr/share/misc/pci.ids',
  '/usr/share/hwdata/pci.ids',
];

/** The list that somebody names, else that of this system; null where there is none. */
export async function pciNames(file: string | null): Promise<Names | null> {
  const from = file ?? pciIdsPlaces.find((place) => existsSync(place)) ?? null;
  if (from === null) return null;
  const text = Buffer.from(readBytes(from)).toString('utf8');
  return { from, ids: await naming(from, () => parsePciIds(text)) };
}
