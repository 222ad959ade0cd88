import { styleText } from 'node:util';
import { plain, type Style } from '../../report/index.ts';
import { clip, escapeText, jsonPieces } from '../../util/index.ts';
import type { Options } from '../arguments/checked.ts';
import { colorsFor, destinationOf, showsProgress, widthFor } from '../system/terminal.ts';
import { saidText } from './message.ts';

/** Where a command writes: results to standard output, everything else to standard error. */
export interface Console {
  readonly style: Style;
  /** How wide lines of the result may be, in columns. */
  readonly width: number;
  /** One line of the result. */
  readonly line: (text?: string) => void;
  /** The result as a document. */
  readonly json: (document: unknown) => void;
  /** A line about the result, which is no part of it. */
  readonly note: (text: string) => void;
  /** A line that says how far a long search is; replaces the one before. Only on a terminal. */
  readonly progress: (text: string | null) => void;
}

export function styleFor(colors: boolean): Style {
  return colors ? (kind, text) => styleText(kind, text, { validateStream: false }) : plain;
}

export function makeConsole(options: Pick<Options, 'color' | 'quiet'>): Console {
  const { stdout, stderr, env } = process;
  const results = destinationOf(stdout);
  const colors = colorsFor(options.color, env, results);
  const shows = showsProgress(results, destinationOf(stderr)) && !options.quiet;
  let shown = false;
  return {
    style: styleFor(colors),
    width: widthFor(env, stdout.columns),
    line: (text = '') => {
      stdout.write(`${text}\n`);
    },
    json: (document) => {
      for (const piece of jsonPieces(document)) stdout.write(piece);
      stdout.write('\n');
    },
    note: (text) => {
      if (!options.quiet) stderr.write(saidText(escapeText(text), env, stderr));
    },
    progress: (text) => {
      if (!shows || (text === null && !shown)) return;
      // A line that is wider than the terminal, now, could not be wiped off again.
      const room = Math.min(widthFor(env, stderr.columns), stderr.columns) - 1;
      stderr.write(`\r\x1b[K${text === null ? '' : clip(escapeText(text), room)}`);
      shown = text !== null;
    },
  };
}
