import type { Bug } from '../../explore/index.ts';
import type { Exploration } from '../explore/explore.ts';
import {
  type BugDocument,
  bugJson,
  type CauseDocument,
  causeJson,
} from '../explore/explore-json.ts';
import type { Sided } from './difference.ts';
import {
  isWhole,
  type Judged,
  type JudgedScenario,
  type JudgedStep,
  type JudgeVerdict,
  verdictOf,
} from './judgement.ts';

/** The document that `judge --json` prints. */
export interface JudgeDocument {
  readonly version: 1;
  readonly command: 'judge';
  readonly linux: string;
  /** Before is the tree without the patches, which it has. */
  readonly had: boolean;
  /** The worst of the verdicts of all steps. */
  readonly verdict: JudgeVerdict;
  readonly complete: boolean;
  readonly patches: readonly {
    readonly name: string;
    readonly author: string;
    readonly message_id: string | null;
    readonly files: readonly string[];
  }[];
  readonly notes: readonly string[];
  readonly steps: readonly StepDocument[];
}

interface StepDocument {
  /** Which of the patches, from 0. */
  readonly patches: readonly number[];
  readonly verdict: JudgeVerdict;
  readonly complete: boolean;
  readonly scenarios: readonly ScenarioDocument[];
  readonly not_judged: readonly { readonly what: string; readonly why: string }[];
}

interface ScenarioDocument {
  readonly name: string;
  readonly title: string;
  readonly same_code: boolean;
  readonly reason: string | null;
  readonly before: SearchDocument | null;
  readonly after: SearchDocument | null;
  readonly brings: SidedDocument;
  readonly removes: SidedDocument;
  readonly perhaps_brings: SidedDocument;
  readonly perhaps_removes: SidedDocument;
  /** Ids of the causes that are on both sides. */
  readonly stays: readonly string[];
  readonly functions: readonly { readonly name: string; readonly run: boolean }[];
}

interface SearchDocument {
  readonly verdict: string;
  readonly complete: boolean;
  readonly bounds: Exploration['outcome']['bounds'];
  readonly executions: number;
  readonly transitions: number;
  readonly elapsed_ms: number;
  readonly counts: { readonly bugs: number; readonly data_races: number; readonly causes: number };
}

interface SidedDocument {
  readonly causes: readonly (CauseDocument & {
    /** The cause is on both sides, and these of its bugs are not. */
    readonly known: boolean;
    readonly bugs: readonly BugDocument[];
  })[];
  readonly data_races: readonly BugDocument[];
}

export function judgeJson(judged: Judged): JudgeDocument {
  const { linux, had, patches, notes, steps } = judged;
  return {
    version: 1,
    command: 'judge',
    linux,
    had,
    verdict: worstOf(steps),
    complete: steps.length > 0 && steps.every(isWhole),
    patches: patches.map(({ name, author, files, headers }) => ({
      name,
      author,
      message_id: headers?.get('message-id') ?? null,
      files,
    })),
    notes,
    steps: steps.map((step) => ({
      patches: step.patches,
      verdict: verdictOf(step),
      complete: isWhole(step),
      scenarios: step.scenarios.map(scenarioJson),
      not_judged: step.notJudged,
    })),
  };
}

const worstFirst: readonly JudgeVerdict[] = [
  'both',
  'brings',
  'incomplete',
  'not-judged',
  'removes',
  'nothing',
];

function worstOf(steps: readonly JudgedStep[]): JudgeVerdict {
  const verdicts = steps.map(verdictOf);
  return worstFirst.find((verdict) => verdicts.includes(verdict)) ?? 'not-judged';
}

function scenarioJson(scenario: JudgedScenario): ScenarioDocument {
  const { name, title, isSameCode, reason, before, after, difference, functions } = scenario;
  return {
    name,
    title,
    same_code: isSameCode,
    reason,
    before: searchJson(before),
    after: searchJson(after),
    brings: sidedJson(scenario, 'after', difference?.brings),
    removes: sidedJson(scenario, 'before', difference?.removes),
    perhaps_brings: sidedJson(scenario, 'after', difference?.perhapsBrings),
    perhaps_removes: sidedJson(scenario, 'before', difference?.perhapsRemoves),
    stays: difference?.stays.map(({ id }) => id) ?? [],
    functions: functions.map((of) => ({ name: of.name, run: of.isRun })),
  };
}

function searchJson(exploration: Exploration | null): SearchDocument | null {
  if (exploration === null) return null;
  const { outcome, elapsed_ms } = exploration;
  const { verdict, complete, bounds, executions, transitions, bugs, causes } = outcome;
  const races = bugs.filter(({ kind }) => kind === 'data-race').length;
  const counts = { bugs: bugs.length - races, data_races: races, causes: causes.length };
  return { verdict, complete, bounds, executions, transitions, elapsed_ms, counts };
}

function sidedJson(
  { whyOf, tokenOf }: JudgedScenario,
  side: 'before' | 'after',
  { causes, races }: Sided = { causes: [], races: [] },
): SidedDocument {
  const token = (bug: Bug): string | null => tokenOf[side](bug)?.token ?? null;
  return {
    causes: causes.map(({ cause, bugs, isKnown }) => ({
      ...causeJson(cause, [], null),
      known: isKnown,
      bugs: bugs.map((bug, i) =>
        bugJson(bug, token(bug), i === 0 ? (whyOf(bug)?.text ?? null) : null),
      ),
    })),
    data_races: races.map((bug) => bugJson(bug, token(bug))),
  };
}
