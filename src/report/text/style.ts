/** How a report asks for emphasis; the caller decides whether there is any. */
export type Style = (kind: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string) => string;

/** No emphasis at all. */
export const plain: Style = (_kind, text) => text;

/** How a report is written. */
export interface TextOptions {
  readonly style?: Style;
  /** Columns that lines are kept within. Only a single word that is longer gets a longer line. */
  readonly width?: number;
}

/** Columns of a page where nobody says how wide it is. */
export const defaultWidth = 100;
