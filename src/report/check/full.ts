// All that a check finds, exploration by exploration.

import { escapeText } from '../../util/index.ts';
import {
  counted,
  type Exploration,
  type ExploreTextOptions,
  exploreText,
} from '../explore/explore.ts';
import { defaultWidth, plain, type TextOptions } from '../text/style.ts';
import { words, wrap } from '../text/wrap.ts';
import { type CheckedSearch, isComplete, type KernelVerdict } from './verdict.ts';

/** One exploration: what it adds to those before it. */
export function checkFullText(
  search: CheckedSearch,
  before: readonly CheckedSearch[],
  options: ExploreTextOptions,
): string[] {
  const { style = plain, width = defaultWidth } = options;
  const fresh = before.at(-1)?.devices === search.devices;
  const head = wrap(words(shapeText(search)), '', width).map((line) => style('bold', line));
  const { exploration, told } = withoutTold(search.exploration, before);
  const again =
    told === 0
      ? []
      : ['', `What it shares with those above is told there: ${told} of its bugs and data races.`];
  return [
    ...(fresh ? [] : ['', ...head]),
    '',
    ...exploreText(exploration, { ...options, tokens: true }),
    ...again,
  ];
}

function shapeText({ devices, drivers }: CheckedSearch): string {
  const [first = '', ...others] = devices;
  const same = others.length === 0 ? '' : `, and ${counted(others.length, 'device')} like it`;
  return `${escapeText(first)} (behind ${drivers.join(' and ')})${same}`;
}

/** The exploration without the bugs of those before it, and how many of its own those are. */
function withoutTold(
  exploration: Exploration,
  before: readonly CheckedSearch[],
): { readonly exploration: Exploration; readonly told: number } {
  const known = new Set(before.flatMap((of) => of.exploration.outcome.bugs.map(({ id }) => id)));
  const causes = new Set(before.flatMap((of) => of.exploration.outcome.causes.map(({ id }) => id)));
  const { outcome, tokens, whys, causeTokens } = exploration;
  const fresh = outcome.bugs.map(({ id }) => !known.has(id));
  const isFresh = (_: unknown, i: number): boolean => fresh[i] === true;
  return {
    exploration: {
      ...exploration,
      outcome: {
        ...outcome,
        bugs: outcome.bugs.filter(isFresh),
        causes: outcome.causes.filter(({ id }) => !causes.has(id)),
      },
      causeTokens: causeTokens.filter((_, i) => !causes.has(outcome.causes[i]?.id ?? '')),
      tokens: tokens.filter(isFresh),
      whys: whys.filter(isFresh),
    },
    told: fresh.filter((is) => !is).length,
  };
}

/** What it came to, in a sentence: bugs and data races apart. */
export function checkSummary(
  { nothing, searches, left, causes, dataRaces }: KernelVerdict,
  { width = defaultWidth }: TextOptions = {},
): string[] {
  if (nothing !== null) return wrap(words(`nothing to explore: ${nothing}`), '', width);
  const shapes = new Set(searches.map(({ devices }) => devices)).size;
  const total = searches.length + left.length;
  const bugs = new Set(causes.flatMap(({ sites }) => sites)).size;
  const found = [
    bugs === 0 ? 'no bug' : counted(bugs, 'bug'),
    ...(dataRaces.length === 0 ? [] : [counted(dataRaces.length, 'data race')]),
  ];
  const complete = left.length === 0 && searches.every(isComplete);
  const done = complete ? 'every search complete' : 'not every search complete';
  const text = `${counted(shapes, 'shape')}, ${searches.length} of ${counted(total, 'exploration')}: ${found.join(', ')}, ${done}`;
  return wrap(words(text), '', width);
}
