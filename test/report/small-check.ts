import type { Bug, Cause } from '../../src/explore/index.ts';
import type { CheckedSearch, Exploration } from '../../src/report/index.ts';

/** A cause with these bugs. */
export function causeOf(
  id: string,
  witnesses: readonly Bug[],
  changes: Partial<Cause> = {},
): Cause {
  return {
    id,
    title: `because of ${id}`,
    sites: witnesses.map((bug) => bug.id),
    preemptions: Math.min(...witnesses.map(({ preemptions }) => preemptions)),
    pair: null,
    witnesses,
    ...changes,
  };
}

interface Changes {
  readonly scenario?: string;
  readonly complete?: boolean;
  readonly causes?: readonly Cause[];
}

/** An exploration that found these bugs: each has a cause of its own, if nothing is said. */
export function explorationOf(
  bugs: readonly Bug[],
  { scenario = 'cover-letter', complete = true, causes }: Changes = {},
): Exploration {
  const found = bugs.length > 0;
  const because =
    causes ?? bugs.filter(({ kind }) => kind !== 'data-race').map((bug) => causeOf(bug.id, [bug]));
  return {
    kernel: 'v7.3',
    scenario,
    tasks: 2,
    outcome: {
      program: scenario,
      verdict: found ? 'bug' : complete ? 'clean' : 'incomplete',
      complete,
      bounds: { preemptions: null, executions: null },
      worlds: 'kept',
      ignored: [],
      executions: 12,
      blocked: 0,
      transitions: 100,
      bugs,
      causes: because,
      outcomes: [],
      histogram: null,
    },
    elapsed_ms: 1,
    tokens: bugs.map(({ id }) => `token/${id}`),
    whys: bugs.map(() => null),
    causeTokens: because.map(({ witnesses }) => witnesses.map(({ id }) => `token/${id}`)),
    crossCheck: null,
  };
}

export function searchOf(
  exploration: Exploration,
  devices: readonly string[] = ['dev'],
): CheckedSearch {
  return { exploration, devices, drivers: ['arm-smmu-v3'] };
}
