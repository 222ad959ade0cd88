// What patches do to a kernel, as far as scenarios show it.

import type { Bug, Why } from '../../explore/index.ts';
import type { Exploration } from '../explore/explore.ts';
import { type Difference, isEmpty } from './difference.ts';

/** A patch, for people. */
export interface JudgedPatch {
  readonly name: string;
  readonly author: string;
  /** The files that it changes. */
  readonly files: readonly string[];
  /** The headers of its mail, as they stand there; null for what was no mail. */
  readonly headers: ReadonlyMap<string, string> | null;
}

/** A scenario before and after. */
export interface JudgedScenario {
  readonly name: string;
  readonly title: string;
  /** Null where it could not be explored, or did not have to be. */
  readonly before: Exploration | null;
  readonly after: Exploration | null;
  readonly difference: Difference | null;
  /** The same code comes of both: there was nothing to explore. */
  readonly isSameCode: boolean;
  /** Why it could not be judged; null where it was. */
  readonly reason: string | null;
  /** Functions that change, and whether an execution has called them. */
  readonly functions: readonly { readonly name: string; readonly isRun: boolean }[];
  /** What a bug hangs on; null where that is not known. */
  readonly whyOf: (bug: Bug) => Why | null;
  /** What the source says in a place, `drivers/iommu/iommu.c:344`, on each side. */
  readonly lineOf: { readonly before: LineOf; readonly after: LineOf };
  /** What runs a bug of each side again. */
  readonly tokenOf: { readonly before: TokenOf; readonly after: TokenOf };
}

/** Looks up a line of the source; null where there is none. */
export type LineOf = (place: string) => string | null;

/** What runs a bug again, and whether patches have to be on the tree for that; null where nothing does. */
export type TokenOf = (bug: Bug) => ReplayToken | null;

export interface ReplayToken {
  readonly token: string;
  readonly isPatched: boolean;
}

/** What was not looked at, and why. */
export interface NotJudged {
  readonly what: string;
  readonly why: string;
}

/** Some patches of a series, judged as one change. */
export interface JudgedStep {
  /** The numbers of the patches, from 0. */
  readonly patches: readonly number[];
  readonly scenarios: readonly JudgedScenario[];
  readonly notJudged: readonly NotJudged[];
}

/** All that was judged. */
export interface Judged {
  /** The kernel in words: `Linux 6.1.192 (arm64, clang 14, source)`. */
  readonly linux: string;
  readonly patches: readonly JudgedPatch[];
  /** The mail before the patches. */
  readonly cover: ReadonlyMap<string, string> | null;
  /** The tree has the patches already, and was taken back. */
  readonly had: boolean;
  readonly steps: readonly JudgedStep[];
  readonly notes: readonly string[];
}

/** What is said of a change. */
export type JudgeVerdict = 'brings' | 'removes' | 'both' | 'nothing' | 'incomplete' | 'not-judged';

/** The verdict of what was explored; what is sure comes first. */
export function verdictOf({ scenarios }: Pick<JudgedStep, 'scenarios'>): JudgeVerdict {
  const differences = scenarios.flatMap(({ difference }) => difference ?? []);
  const brings = differences.some((one) => !isEmpty(one.brings));
  const removes = differences.some((one) => !isEmpty(one.removes));
  if (brings) return removes ? 'both' : 'brings';
  const judged = scenarios.filter(({ reason }) => reason === null);
  if (judged.length === 0) return scenarios.length === 0 ? 'not-judged' : 'incomplete';
  // A fault that goes away is told, and what may have come beside it is not kept back by that.
  if (removes) return 'removes';
  return isWhole({ scenarios }) ? 'nothing' : 'incomplete';
}

/** Whether all scenarios were explored to their end. */
export function isWhole({ scenarios }: Pick<JudgedStep, 'scenarios'>): boolean {
  return (
    scenarios.length > 0 &&
    scenarios.every(({ isSameCode, difference }) => isSameCode || difference?.complete === true)
  );
}

/** 1 where something is brought for sure, else 3 where something was not looked at, else 0. */
export function judgeExitCode({ steps }: Pick<Judged, 'steps'>): number {
  const verdicts = steps.map(verdictOf);
  if (verdicts.some((verdict) => verdict === 'brings' || verdict === 'both')) return 1;
  return steps.length > 0 && steps.every(isWhole) ? 0 : 3;
}
