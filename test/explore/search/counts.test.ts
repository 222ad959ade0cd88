import { describe, expect, it } from 'vitest';
import { explore, type Program } from '../../../src/explore/index.ts';
import * as families from '../mini/families.ts';

const factorial = (n: number): number => (n < 2 ? 1 : n * factorial(n - 1));
const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);

/** Published or proven numbers of Mazurkiewicz traces. */
const published: readonly (readonly [Program, number])[] = [
  ...[2, 8, 13].map((n) => [families.readers(n), 2 ** n] as const),
  ...[2, 3, 4, 5, 10].map((n) => [families.lastzero(n), 2 ** (n - 2) * (n + 3)] as const),
  ...[11, 12, 13, 14].map((n) => [families.indexer(n), n < 12 ? 1 : 8 ** (n - 11)] as const),
  ...[12, 13, 14].map((n) => [families.indexer(n, true), 8 ** (n - 11)] as const),
  ...[14, 16, 17, 18, 19].map(
    (n) => [families.filesystem(n), n === 14 ? 2 : 2 ** (n - 13)] as const,
  ),
  ...range(2, 7).map((n) => [families.ainc(n), factorial(n)] as const),
  ...range(2, 7).map((n) => [families.lockinc(n), factorial(n)] as const),
  ...range(2, 4).map((n) => [families.inc(n), factorial(n) ** 2] as const),
  ...range(2, 4).map((n) => [families.binc(n), factorial(n) ** 2] as const),
  ...range(2, 4).map((n) => [families.binc(n, 3), factorial(n) ** 3] as const),
  ...[2, 5, 9].map((n) => [families.cas(n), n] as const),
  ...[5, 13, 33, 81, 193, 449, 1025, 2305].map(
    (traces, i) => [families.wcas(i + 2), traces] as const,
  ),
  ...[2, 5, 14, 43, 144, 523, 2048, 8597].map(
    (traces, i) => [families.casrot(i + 2), traces] as const,
  ),
  ...[6, 66, 1200].map((traces, i) => [families.casw(i + 2), traces] as const),
  ...[4, 15, 130, 2028].map((traces, i) => [families.coa(i + 1), traces] as const),
  ...[19, 141, 1107, 8953].map((traces, i) => [families.fib(i + 2), traces] as const),
  ...[2, 3].map((n) => [families.mutexDeadlock(n), n] as const),
  [families.abba, 3],
  ...[26, 218, 1776].map((traces, i) => [families.iommuRace(i + 1), traces] as const),
];

describe('the search visits each Mazurkiewicz trace exactly once', () => {
  it.each(published.map(([program, traces]) => ({ name: program.name, program, traces })))(
    '$name has $traces traces',
    ({ program, traces }) => {
      const outcome = explore(program, { ignore: ['data-race'] });
      expect(outcome.executions).toBe(traces);
      expect(outcome.blocked).toBe(0);
      expect(outcome.complete).toBe(true);
    },
  );
});
