// What `explain` prints: the chain from bytes of firmware to a group, link by link.

import type { ExplainStep, Explanation, InspectedDevice, TraceLine } from '../machine/index.ts';
import { escapeText, hex } from '../util/index.ts';
import { plain, type Style } from './style.ts';
import { words, wrap } from './wrap.ts';

export interface ExplainDocument {
  readonly version: 1;
  readonly command: 'explain';
  readonly kernel: string;
  readonly device: InspectedDevice;
  readonly steps: readonly ExplainStep[];
  /** Only when it is asked for. */
  readonly trace?: readonly TraceLine[];
}

export interface ExplainOptions {
  /** The calls, reads and writes that led there, too. */
  readonly full?: boolean;
  readonly style?: Style;
}

/** Of the column that says what a link is about. */
const whatWidth = 13;

/** The explanation as the JSON document that `--json` prints. */
export function explainJson(
  { device, steps, trace }: Explanation,
  kernel: string,
  { full = false }: ExplainOptions = {},
): ExplainDocument {
  const document = { version: 1, command: 'explain', kernel, device, steps } as const;
  return full ? { ...document, trace } : document;
}

/** The explanation as lines for a person. Nothing in them can control a terminal but `style`. */
export function explainText(
  { device, steps, trace }: Explanation,
  kernel: string,
  { full = false, style = plain }: ExplainOptions = {},
): string[] {
  const lines = [
    `${style('bold', escapeText(device.name))}   ${outcomeText(device)}   kernel ${escapeText(kernel)}`,
    '',
    ...steps.flatMap((step, i) => stepLines(step, steps[i - 1]?.what === step.what, style)),
  ];
  if (full) lines.push('', style('bold', 'What the boot did about it'), ...trace.map(traceLine));
  return lines;
}

function outcomeText({ outcome, group, domain }: InspectedDevice): string {
  if (group === null) return outcome;
  return `${outcome}, group ${group}, ${domain ?? 'no domain'}`;
}

function stepLines(step: ExplainStep, same: boolean, style: Style): string[] {
  const margin = ' '.repeat(whatWidth + 2);
  const [first = margin, ...rest] = wrap(words(step.text), margin);
  const what = `  ${(same ? '' : step.what).padEnd(whatWidth)}`;
  const text = [first.slice(margin.length), ...rest];
  const marked = step.failed ? text.map((line) => style('red', line)) : text;
  const place = placeText(step);
  return [
    `${what}${marked.join('\n')}`,
    ...(place === '' ? [] : [`${margin}${style('dim', place)}`]),
    ...(step.failed ? [`${margin}${style('red', '^ this is where it ends')}`] : []),
  ]
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd());
}

/** File, offset and bytes. */
function placeText({ table, file, node, property, offset, bytes }: ExplainStep): string {
  if (offset === null) return '';
  const where = file ?? (table === 'config' ? `configuration space of ${node}` : (table ?? ''));
  const what = property === null ? '' : ` ${property}`;
  const value = bytes === null ? '' : `: ${bytes}`;
  return escapeText(`${where} at ${hex(offset)}${what}${value}`);
}

function traceLine({ depth, op, target, value }: TraceLine): string {
  const text =
    op === 'call'
      ? `${target}${value === '' ? '' : ` = ${value}`}`
      : op === 'read'
        ? `${target} is ${value}`
        : op === 'write'
          ? `${target} = ${value}`
          : `${op} ${target} ${value}`;
  return `  ${' '.repeat(depth)}${escapeText(text).trimEnd()}`;
}
