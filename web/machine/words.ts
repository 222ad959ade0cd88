// What outcomes are called on the page, and how each is told without its colour.

import type { DeviceOutcome } from '../../src/machine/index.ts';

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
