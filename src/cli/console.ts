import { styleText } from 'node:util';
import { plain, type Style } from '../report/index.ts';
import { escapeText, jsonText } from '../util/index.ts';
import type { Options } from './options.ts';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Console {
  readonly style: Style;
  /** One line of the result. */
  readonly line: (text?: string) => void;
  /** The result as a document. */
  readonly json: (document: unknown) => void;
  /** A line about the result, which is no part of it. */
  readonly note: (text: string) => void;
  /** A line that says how far a long search is; replaces the one before. Only on a terminal. */
  readonly progress: (text: string | null) => void;
}

export function makeConsole(options: Pick<Options, 'color' | 'quiet'>): Console {
  const colors = options.color === 'always' || (options.color === 'auto' && hasColors());
  const shows = process.stderr.isTTY === true && !options.quiet;
  let shown = false;
  return {
    style: colors ? (kind, text) => styleText(kind, text, { validateStream: false }) : plain,
    line: (text = '') => {
      process.stdout.write(`${text}\n`);
    },
    json: (document) => {
      process.stdout.write(`${jsonText(document)}\n`);
    },
    note: (text) => {
      if (!options.quiet) process.stderr.write(`fwspec: ${escapeText(text)}\n`);
    },
    progress: (text) => {
      if (!shows || (text === null && !shown)) return;
      process.stderr.write(text === null ? '\r\x1b[K' : `\r\x1b[K${text}`);
      shown = text !== null;
    },
  };
}

function hasColors(): boolean {
  return process.stdout.isTTY === true && !process.env.NO_COLOR;
}
