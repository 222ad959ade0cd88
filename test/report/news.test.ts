// What explorations one after the other add to each other.
import { expect, test } from 'vitest';
import type { Bug, Cause } from '../../src/explore/index.ts';
import { type Exploration, newsOf } from '../../src/report/index.ts';
import { smallBug } from './small-bug.ts';

const bug = (id: string, kind: Bug['kind'] = 'leak'): Bug => ({ ...smallBug, id, kind });

function exploration(bugs: readonly Bug[], causes: Readonly<Record<string, string[]>>): Exploration {
  const found = Object.entries(causes).map(([id, sites]): Cause => {
    const witnesses = bugs.filter((one) => sites.includes(one.id));
    return { id, title: id, sites, preemptions: 0, pair: null, witnesses };
  });
  const outcome = { bugs, causes: found } as unknown as Exploration['outcome'];
  return { outcome } as unknown as Exploration;
}

test('what two explorations find is told with the first; data races are counted apart', () => {
  const race = bug('r', 'data-race');
  const news = newsOf([
    exploration([bug('a'), race], { x: ['a'] }),
    exploration([bug('a'), bug('b'), race, bug('s', 'data-race')], { x: ['a'], y: ['b'] }),
    exploration([bug('b')], { y: ['b'] }),
  ]);
  const told = news.map(({ causes, bugs, dataRaces }) => [causes, bugs, dataRaces].map(idsOf));
  expect(told).toEqual([
    [['x'], ['a'], ['r']],
    [['y'], ['b'], ['s']],
    [[], [], []],
  ]);
});

test('a cause under another name is new only with a bug that is new', () => {
  const news = newsOf([
    exploration([bug('a')], { 'x of CPU0': ['a'] }),
    exploration([bug('a')], { 'x of CPU1': ['a'] }),
    exploration([bug('a'), bug('b')], { 'x of CPU2': ['a', 'b'] }),
  ]);
  expect(news.map(({ causes }) => idsOf(causes))).toEqual([['x of CPU0'], [], ['x of CPU2']]);
});

function idsOf(things: readonly { readonly id: string }[]): string[] {
  return things.map(({ id }) => id);
}
