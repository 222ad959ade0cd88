// Devices that somebody looks for: by name, path, ID, group, or what they are compatible with.

import { hex } from '../../../src/util/index.ts';
import type { DeviceFacts, MachineFacts } from '../facts.ts';

/**
 * Of the devices: those that have all of the words, those first whose names do, else in their order; null
 * where no word is given.
 */
export function found(facts: MachineFacts, text: string): readonly number[] | null {
  const words = text
    .toLowerCase()
    .split(/\s+/)
    .filter((word) => word !== '');
  // "group 3" is one thing to look for.
  const group = /\bgroup\s+(\d+)/i.exec(text)?.[1];
  const rest = group === undefined ? words : words.filter((word, i) => !isGroup(words, word, i));
  if (words.length === 0) return null;
  const drivers = new Map(facts.document.iommus.map(({ name, driver }) => [name, driver ?? '']));
  const hits = facts.devices.flatMap((device, i) => {
    if (group !== undefined && device.group !== Number(group)) return [];
    return rest.every((word) => has(device, word, drivers)) ? [i] : [];
  });
  const isNamed = (i: number): boolean => {
    const name = facts.devices[i]?.name.toLowerCase() ?? '';
    return rest.every((word) => name.includes(word));
  };
  return [...hits.filter(isNamed), ...hits.filter((i) => !isNamed(i))];
}

function isGroup(words: readonly string[], word: string, i: number): boolean {
  const isNumber = (text: string | undefined): boolean => /^\d+$/.test(text ?? '');
  return word === 'group' ? isNumber(words[i + 1]) : isNumber(word) && words[i - 1] === 'group';
}

function has(device: DeviceFacts, word: string, drivers: ReadonlyMap<string, string>): boolean {
  const { name, path, node, what, outcome, domain, compatible, iommus } = device;
  const texts = [name, path, node ?? '', what, outcome, domain ?? '', ...compatible];
  if (texts.some((text) => text.toLowerCase().includes(word))) return true;
  const names = iommus.flatMap(({ iommu }) => [iommu, drivers.get(iommu) ?? '']);
  if (drivers.get(name)?.includes(word) || names.some((of) => of.toLowerCase().includes(word)))
    return true;
  return /^0x[\da-f]+$/.test(word) && iommus.some(({ ids }) => hasId(ids, word));
}

function hasId(ids: DeviceFacts['iommus'][number]['ids'], word: string): boolean {
  const wanted = Number.parseInt(word, 16);
  return ids.some(({ id, mask }) => hex(id) === word || (wanted & ~mask) === (id & ~mask));
}
