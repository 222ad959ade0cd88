import { quoted } from '../text/command.ts';

/** Commands one below the other, to be copied; one that is too long for a line goes on in the next. */
export function nextText(commands: readonly (readonly string[])[], width: number): string[] {
  const [first = '', ...others] = commands.flatMap((words) => commandLines(words, margin, width));
  return [`next       ${first.trimStart()}`, ...others];
}

const margin = ' '.repeat(11);

/** A command in lines that a shell puts together again. */
export function commandLines(words: readonly string[], margin: string, width: number): string[] {
  const lines: string[] = [];
  let line = margin;
  for (const word of unitsOf(words)) {
    if (line.trim() !== '' && line.length + 3 + word.length > width) {
      lines.push(`${line} \\`);
      line = `${margin}    ${word}`;
    } else {
      line += line.trim() === '' ? word : ` ${word}`;
    }
  }
  return [...lines, line];
}

/** Words for a shell; an option and its value stay together. */
function unitsOf(words: readonly string[]): string[] {
  const units: string[] = [];
  for (const word of words) {
    const last = units.at(-1);
    if (last !== undefined && /^--\S+$/.test(last) && !word.startsWith('-'))
      units[units.length - 1] = `${last} ${quoted(word)}`;
    else units.push(quoted(word));
  }
  return units;
}
