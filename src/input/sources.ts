import { type Acpi, lspciTitles, type SourceLines } from '../firmware/index.ts';
import { type Machine, type Source, type Sources, withShortDumps } from '../machine/index.ts';

/** The machine, with the bytes that it was read from. */
export function withSources(machine: Machine, ...from: readonly Sources[]): Machine {
  return { ...machine, sources: new Map(from.flatMap((sources) => [...sources])) };
}

/** A machine whose functions the text of lspci shows: what they are called, and whether bytes are missing. */
export function titled(shown: Machine, from: string, text: string): Machine {
  const machine = withShortDumps(shown);
  const titles = lspciTitles(text);
  return titles.size === 0 ? machine : { ...machine, titles: { from, of: titles } };
}

export function blobSource(file: string, bytes: Uint8Array, lines: SourceLines | null): Sources {
  const written = lines === null ? {} : { lines };
  return new Map([['devicetree', { file, bytes, ...written }]]);
}

/** Of several tables with one signature the first is the one that counts. */
export function tableSources({ tables, files }: Acpi, place: (file: string) => string): Sources {
  const sources = new Map<string, Source>();
  tables.forEach(({ header, bytes }, i) => {
    const file = files[i] ?? null;
    if (sources.has(header.signature)) return;
    sources.set(header.signature, { file: place(file ?? ''), bytes });
  });
  return sources;
}

/** Configuration spaces by function. */
export function pciSources(
  spaces: ReadonlyMap<string, Uint8Array>,
  place: (name: string) => string,
): Sources {
  return new Map(
    [...spaces].map(([name, bytes]) => [name.toLowerCase(), { file: place(name), bytes }]),
  );
}
