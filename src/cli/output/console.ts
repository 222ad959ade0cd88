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
  /** The result in the way that is asked for. */
  readonly answer: (answer: Answer) => void;
  /** A line about the result, which is no part of it. */
  readonly note: (text: string) => void;
  /** A line that says how far a long search is; replaces the one before. Only on a terminal. */
  readonly progress: (text: string | null) => void;
}

/** A result in each of the ways that it can be asked for; nobody makes the other one. */
export interface Answer {
  readonly document: () => unknown;
  readonly lines: () => Iterable<string>;
}

/** Gives an answer as a document or in lines. */
export function answering(
  { json: asDocument }: Pick<Options, 'json'>,
  { json, line }: Pick<Console, 'json' | 'line'>,
): Console['answer'] {
  return ({ document, lines }) => {
    if (asDocument) json(document());
    else for (const text of lines()) line(text);
  };
}

export function styleFor(colors: boolean): Style {
  return colors ? (kind, text) => styleText(kind, text, { validateStream: false }) : plain;
}

export function makeConsole(options: Pick<Options, 'color' | 'json' | 'quiet'>): Console {
  const { stdout, stderr, env } = process;
  const results = destinationOf(stdout);
  const colors = colorsFor(options.color, env, results);
  const shows = showsProgress(results, destinationOf(stderr)) && !options.quiet;
  let shown = false;
  const line = (text = ''): void => {
    stdout.write(`${text}\n`);
  };
  const json = (document: unknown): void => {
    for (const piece of jsonPieces(document)) stdout.write(piece);
    stdout.write('\n');
  };
  return {
    style: styleFor(colors),
    width: widthFor(env, stdout.columns),
    line,
    json,
    answer: answering(options, { line, json }),
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
