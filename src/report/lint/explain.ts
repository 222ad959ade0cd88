import type { Example, Rule } from '../../machine/index.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { words, wrap } from '../text/wrap.ts';

/**
 * What a rule asks, what Linux does where it is broken, and how to mend it.
 *
 * @param page where that stands, too
 */
export function ruleText(
  { name, severity, about, linux, fix, example }: Rule,
  page: string,
  { style = plain, width = defaultWidth }: TextOptions = {},
): string[] {
  const part = (title: string, text: string): string[] => [
    '',
    style('bold', title),
    ...wrap(words(text), '  ', width),
  ];
  return [
    `${style('bold', name)}   ${severity}`,
    ...wrap(words(`What it asks: ${about}.`), '  ', width),
    ...part('What Linux does', linux),
    ...part('How to mend it', fix),
    ...exampleLines(example),
    '',
    `page   ${page}`,
  ];
}

function exampleLines(example: Example): string[] {
  if ('edits' in example)
    return [
      '',
      'Example',
      ...example.edits.flatMap(({ in: where, at, field, bad, good }) => [
        `  ${where} at offset 0x${at.toString(16)}: ${field}`,
        `    wrong  0x${bad.toString(16)}`,
        `    right  0x${good.toString(16)}`,
      ]),
      ...(example.kconfig === undefined
        ? []
        : [`  the kernel: ${example.kconfig}`, '    wrong  n', '    right  y']),
    ];
  const shown = (title: string, text: string): string[] => [
    '',
    title,
    ...text
      .trim()
      .split('\n')
      .map((line) => `  ${line}`.trimEnd()),
  ];
  const functions = Object.entries(example.functions ?? {});
  return [
    ...shown('Wrong', example.bad),
    ...shown('Right', example.good),
    ...functions.flatMap(([name, rows]) => shown(`Configuration space of ${name}`, rows)),
  ];
}
