// What `explain` prints: the chain from bytes of firmware to a group, link by link.

import type { ExplainStep, Explanation, InspectedDevice, TraceLine } from '../../machine/index.ts';
import { escapeText, hex } from '../../util/index.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { facts, hanging, words, wrap } from '../text/wrap.ts';
import { killsLines, killsTitle } from './findings.ts';

export interface ExplainDocument {
  readonly version: 1;
  readonly command: 'explain';
  readonly kernel: string;
  readonly device: InspectedDevice;
  readonly steps: readonly ExplainStep[];
  readonly findings?: Explanation['findings'];
  /** Only when it is asked for. */
  readonly trace?: readonly TraceLine[];
  /** The other devices that are called so, where the name is that of several. */
  readonly others?: readonly Pick<ExplainDocument, 'device' | 'steps' | 'trace'>[];
}

export interface ExplainOptions extends TextOptions {
  /** The calls, reads and writes that led there, too. */
  readonly full?: boolean;
}

/** Of the column that says what a link is about. */
const whatWidth = 13;
const margin = ' '.repeat(whatWidth + 2);

/** The explanations of all devices of a name as the JSON document that `--json` prints. */
export function explainJson(
  [first, ...others]: readonly [Explanation, ...Explanation[]],
  kernel: string,
  { full = false }: ExplainOptions = {},
): ExplainDocument {
  const { findings } = first;
  const told = ({ device, steps, trace }: Explanation) =>
    full && trace !== null ? { device, steps, trace } : { device, steps };
  return {
    version: 1,
    command: 'explain',
    kernel,
    ...told(first),
    ...(findings === undefined ? {} : { findings }),
    ...(others.length === 0 ? {} : { others: others.map(told) }),
  };
}

/** The explanation as lines for a person. Nothing in them can control a terminal but `style`. */
export function explainText(
  { device, steps, trace, findings = [] }: Explanation,
  kernel: string,
  { full = false, style = plain, width = defaultWidth }: ExplainOptions = {},
): string[] {
  const name = escapeText(device.name);
  const lines = [
    ...facts([device.name, outcomeText(device), `kernel ${kernel}`], width).map((line, i) =>
      i === 0 && line.startsWith(name) ? style('bold', name) + line.slice(name.length) : line,
    ),
    '',
    ...steps.flatMap((step, i) =>
      stepLines(step, steps[i - 1]?.what === step.what, { style, width }),
    ),
  ];
  for (const [i, text] of (device.assumes ?? []).entries())
    lines.push(...labelled(i === 0 ? 'assumed' : '', wrap(words(text), margin, width)));
  if (findings.length > 0)
    lines.push('', style('bold', killsTitle(findings)), ...killsLines(findings, width));
  if (full && trace !== null)
    lines.push(
      '',
      style('bold', 'What the boot did about it'),
      ...trace.flatMap((line) => traceLines(line, width)),
    );
  return lines;
}

function outcomeText({ outcome, group, domain }: InspectedDevice): string {
  if (group === null) return outcome;
  return `${outcome}, group ${group}, ${domain ?? 'no domain'}`;
}

function stepLines(
  step: ExplainStep,
  same: boolean,
  { style, width }: Required<TextOptions>,
): string[] {
  const text = wrap(words(step.text), margin, width);
  const place = placeText(step);
  return [
    ...labelled(
      same ? '' : step.what,
      text,
      step.failed ? (line) => style('red', line) : undefined,
    ),
    ...(place === ''
      ? []
      : hanging(place.split(' '), margin, 2, width).map((line) => style('dim', line))),
    ...(step.failed ? [`${margin}${style('red', '^ this is where it ends')}`] : []),
  ]
    .join('\n')
    .split('\n')
    .map((line) => line.trimEnd());
}

/** Lines behind the margin, with what they are about before the first. */
function labelled(
  what: string,
  [first = margin, ...rest]: readonly string[],
  marked: (line: string) => string = (line) => line,
): string[] {
  return [
    `  ${what.padEnd(whatWidth)}${marked(first.slice(margin.length))}`,
    ...rest.map((line) => marked(line)),
  ];
}

/** File, offset and bytes. */
function placeText({ table, file, line, node, property, offset, bytes }: ExplainStep): string {
  if (offset === null) return '';
  const where = file ?? (table === 'config' ? `configuration space of ${node}` : (table ?? ''));
  const what = property === null ? '' : ` ${property}`;
  const value = bytes === null ? '' : `: ${bytes}`;
  const at = line === undefined ? ` at ${hex(offset)}` : `:${line}`;
  return escapeText(`${where}${at}${what}${value}`);
}

function traceLines({ depth, op, target, value }: TraceLine, width: number): string[] {
  const text =
    op === 'call'
      ? `${target}${value === '' ? '' : ` = ${value}`}`
      : op === 'read'
        ? `${target} is ${value}`
        : op === 'write'
          ? `${target} = ${value}`
          : `${op} ${target} ${value}`;
  return hanging(words(text.trimEnd()), `  ${' '.repeat(depth)}`, 4, width);
}
