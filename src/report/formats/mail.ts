import type { Bug } from '../../explore/index.ts';
import { escapeText } from '../../util/index.ts';
import { bugTitle, counted, whyText } from '../explore/explore.ts';
import { lanes } from '../lanes/lanes.ts';
import { withPair } from '../lanes/pair.ts';
import { needsOf, type ReplayNeeds } from '../text/command.ts';
import { hanging } from '../text/wrap.ts';
import type { DiagramOptions } from './mermaid.ts';

/** Columns of a mail. */
const columns = 72;

/**
 * A witness to be pasted into a mail: no line is longer than a mail allows, one column per CPU as in
 * the mails about such races, why it happens, and the command that runs it again.
 */
export function bugMail(
  whole: Bug,
  { title, token, why = null, ...rest }: DiagramOptions,
): string[] {
  const { bug, pair } = withPair(whole, why);
  const facts = `(${title}, ${counted(bug.preemptions, 'preemption')})`;
  const diagram = lanes(bug, { ...rest, pair, numbers: false, calls: true, width: columns - 2 });
  const lines = [
    ...hanging(bugTitle(bug).split(' '), '', 2, columns),
    ...hanging(escapeText(facts).split(' '), '', 1, columns),
    '',
    ...diagram.map((line) => `  ${line}`),
    ...(why === null ? [] : ['', ...whyText(why, pair, columns)]),
    ...(token === null ? [] : ['', 'To run it again:', '', ...replayCommand(token, columns, rest)]),
  ];
  return lines.map((line) => line.trimEnd());
}

/**
 * The command that replays a token, in lines that a shell puts together again. They begin in the
 * first column: what a shell finds before a word would end the word before.
 */
export function replayCommand(token: string, width: number, needs: ReplayNeeds = {}): string[] {
  const command = 'fwspec replay ';
  const options = needsOf(needs).flatMap(([option, value]) => [
    ' ',
    option,
    ' ',
    ...Array.from(escapeText(value), quoted),
  ]);
  const pieces = [...Array.from(token, quoted), ...options];
  if (command.length + pieces.join('').length <= width) return [command + pieces.join('')];
  const lines = [`${command}\\`];
  let line = '';
  // Where the parts of a token end is where a line ends best.
  let end = 0;
  for (const piece of pieces) {
    if (line.length + piece.length > width - 1) {
      const cut = end > width / 2 ? end : line.length;
      lines.push(`${line.slice(0, cut)}\\`);
      line = line.slice(cut);
      end = 0;
    }
    line += piece;
    if (/^[/+,:]$/.test(piece)) end = line.length;
  }
  return [...lines, line];
}

/** A character as a shell takes it for itself. */
function quoted(char: string): string {
  return /^[\w@%+=:,./-]$/.test(char) ? char : `\\${char}`;
}
