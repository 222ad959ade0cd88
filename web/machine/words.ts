// What outcomes are called on the page, and how each is told without its colour.

import type { DeviceOutcome } from '../../src/machine/index.ts';
import { clip, columnsOf } from '../../src/util/index.ts';

export const outcomes: readonly DeviceOutcome[] = [
  'translated',
  'identity',
  'direct',
  'deferred',
  'failed',
  'absent',
];

const letters: Readonly<Record<DeviceOutcome, string>> = {
  translated: 'T',
  identity: 'I',
  direct: '\u2013',
  deferred: 'W',
  failed: 'F',
  absent: '?',
};

export function letterOf(outcome: DeviceOutcome): string {
  return letters[outcome];
}

const words: Readonly<Record<DeviceOutcome, string>> = {
  translated: 'translated',
  identity: 'identity: passed through',
  direct: 'direct: no IOMMU in the way',
  deferred: 'deferred: waits',
  failed: 'failed',
  absent: 'not there',
};

export function outcomeWord(outcome: DeviceOutcome): string {
  return words[outcome];
}

/** A text that is too long for so many columns, cut off with one character that says so. */
export function shortened(text: string, columns: number): string {
  if (columnsOf(text) <= columns) return text;
  const dots = '...';
  return `${clip(text, columns + dots.length - 1).slice(0, -dots.length)}\u2026`;
}
