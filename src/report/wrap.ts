import { escapeText } from '../util/index.ts';

/** Columns that lines are kept within where their words allow it. */
const width = 100;

/** The words of a text from outside, safe for a terminal. */
export function words(text: string): string[] {
  return escapeText(text).split(' ');
}

/** Words in lines that begin with `margin`, as many in each as fit. */
export function wrap(words: readonly string[], margin: string, columns: number = width): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    if (line === '') line = margin + word;
    else if (line.length + 1 + word.length <= columns) line += ` ${word}`;
    else {
      lines.push(line);
      line = margin + word;
    }
  }
  if (line !== '') lines.push(line);
  return lines;
}
