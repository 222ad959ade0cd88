import { fstatSync } from 'node:fs';
import { defaultWidth } from '../../report/index.ts';

/** Columns below which nothing can be laid out: narrower terminals get lines of this width. */
const narrowest = 40;

/** What the environment says of colours and width. */
export type Environment = Readonly<
  Partial<Record<'COLUMNS' | 'NO_COLOR' | 'FORCE_COLOR' | 'TERM', string>>
>;

/** Where one of the standard streams leads. */
export type Destination = 'terminal' | 'file' | 'pipe';

/** How wide lines may be: what COLUMNS says, else the terminal, else a width that suits most. */
export function widthFor({ COLUMNS }: Environment, terminal: number | undefined): number {
  const asked = /^[1-9]\d{0,5}$/.test(COLUMNS ?? '') ? Number(COLUMNS) : (terminal ?? 0);
  return asked > 0 ? Math.max(asked, narrowest) : defaultWidth;
}

/**
 * Whether there are colours: as the option says; else as FORCE_COLOR says; else on a terminal that
 * has them, unless NO_COLOR is set.
 */
export function colorsFor(
  option: 'auto' | 'always' | 'never',
  { FORCE_COLOR, NO_COLOR, TERM }: Environment,
  destination: Destination,
): boolean {
  if (option !== 'auto') return option === 'always';
  if (FORCE_COLOR) return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  return destination === 'terminal' && !NO_COLOR && TERM !== 'dumb';
}

/**
 * Whether a line of progress is in nobody's way: it is for a terminal, and the results do not go
 * through a pipe to a program, a pager for example, that may be painting that same terminal.
 */
export function showsProgress(results: Destination, errors: Destination): boolean {
  return errors === 'terminal' && results !== 'pipe';
}

export function destinationOf(stream: {
  readonly isTTY?: boolean;
  readonly fd: number;
}): Destination {
  if (stream.isTTY === true) return 'terminal';
  try {
    const stat = fstatSync(stream.fd);
    return stat.isFIFO() || stat.isSocket() ? 'pipe' : 'file';
  } catch {
    return 'file'; // closed: nobody reads it
  }
}
