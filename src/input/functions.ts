import { parseLspci } from '../firmware/index.ts';
import type { Sources } from '../machine/index.ts';
import { FormatError } from '../util/index.ts';
import { refuse } from './bytes.ts';
import { bytesIn, type Files, namesIn, textOf } from './files.ts';
import { listed } from './parts.ts';
import { plainBytes } from './recognise/recognise.ts';
import { pciSources } from './sources.ts';

/** The PCI functions that are shown, by their names. */
export interface Functions {
  readonly pci: ReadonlyMap<string, Uint8Array>;
  readonly sources: Sources;
  /** What lspci printed, where they are from that. */
  readonly text: { readonly file: string; readonly content: string } | null;
}

export const noFunctions: Functions = { pci: new Map(), sources: new Map(), text: null };

/** Those of `pci/`, else of the file with what lspci printed, where there is one. */
export function functionsIn(files: Files, lspci: string | null): Functions {
  const names = namesIn(files, 'pci/');
  if (names.length > 0 || files.has('pci/')) return folderOf(files, names);
  if (lspci === null) return noFunctions;
  const content = textOf(plainBytes(bytesIn(files, lspci)));
  try {
    const pci = parseLspci(content);
    return { pci, sources: pciSources(pci, () => lspci), text: { file: lspci, content } };
  } catch (error) {
    if (error instanceof FormatError) error.file ??= lspci;
    throw error;
  }
}

function folderOf(files: Files, names: readonly string[]): Functions {
  const pci = new Map(
    names
      .filter((name) => name.endsWith('.bin'))
      .map((name) => [name.slice(0, -'.bin'.length), bytesIn(files, `pci/${name}`)]),
  );
  if (pci.size === 0 && names.length > 0) {
    const error = refuse(
      'no-functions',
      'directory',
      null,
      'files such as 0000:00:01.0.bin',
      listed(names),
    );
    error.file = 'pci';
    throw error;
  }
  return { pci, sources: pciSources(pci, (name) => `pci/${name}.bin`), text: null };
}
