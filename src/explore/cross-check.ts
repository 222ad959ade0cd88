import { explore } from './explore.ts';
import type { Program } from './program/program.ts';
import type { ExploreOptions } from './search/options.ts';
import { StateGraph, type StateGraphOutcome } from './search/state-graph.ts';
import type { Outcome } from './witness/outcome.ts';

export interface CrossCheck {
  readonly outcome: Outcome;
  readonly states: StateGraphOutcome;
  /** In which ways the two engines disagree; none, or one of them has a bug. */
  readonly differences: readonly string[];
}

/**
 * Explore a program with both engines, which share nothing but the execution of steps. They must
 * find the same bugs and need as few preemptions for each.
 */
export function crossCheck(program: Program, options: ExploreOptions = {}): CrossCheck {
  const outcome = explore(program, options);
  const states = new StateGraph(program, { ignore: options.ignore ?? [] }).run();
  const differences: string[] = [];
  const found = new Map(
    outcome.bugs
      .filter(
        ({ kind, object }) =>
          kind !== 'data-race' && kind !== 'lock-order' && object !== 'sometimes',
      )
      .map((bug) => [bug.id, bug.preemptions]),
  );
  for (const [id, preemptions] of found) {
    const other = states.bugs.get(id);
    if (other === undefined) differences.push(`${id} is found by the search alone`);
    else if (other.preemptions !== preemptions)
      differences.push(`${id} takes ${preemptions} preemptions, or ${other.preemptions}`);
  }
  for (const id of states.bugs.keys())
    if (!found.has(id)) differences.push(`${id} is found by the state graph alone`);
  return { outcome, states, differences };
}
