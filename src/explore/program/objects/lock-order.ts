import type { Failure } from '../failure.ts';

/** A lock was taken while another was held: by whom, and by which event first. */
export interface LockEdge {
  readonly held: string;
  readonly taken: string;
  readonly function: string;
  readonly task: number;
  readonly event: number;
}

/**
 * Locks that one execution takes in contradicting orders, as lockdep finds them within one boot:
 * two tasks that take two locks in opposite orders are reported even where they do not deadlock.
 */
export function lockOrderFailures(edges: readonly LockEdge[]): Failure[] {
  const failures: Failure[] = [];
  const inPairs = new Set<LockEdge>();
  edges.forEach((a, i) => {
    for (const b of edges.slice(i + 1)) {
      if (a.held !== b.taken || a.taken !== b.held) continue;
      inPairs.add(a).add(b);
      failures.push(failure([a, b]));
    }
  });
  const seen = new Set<string>();
  for (const edge of edges) {
    if (inPairs.has(edge)) continue;
    const cycle = shortestCycle(edges, edge);
    if (cycle === null) continue;
    const found = failure(cycle);
    const key = `${found.function}:${found.object}`;
    if (!seen.has(key)) failures.push(found);
    seen.add(key);
  }
  return failures;
}

function failure(cycle: readonly LockEdge[]): Failure {
  const last = cycle.reduce((a, b) => (b.event > a.event ? b : a));
  const orders = cycle.map(({ held, taken, function: by }) => `${held} then ${taken} in ${by}()`);
  return {
    kind: 'lock-order',
    function: sortedNames(cycle.map((edge) => edge.function)),
    object: sortedNames(cycle.map((edge) => edge.held)),
    message: `locks are taken in contradicting orders: ${orders.join(', but ')}`,
    task: last.task,
    event: last.event,
    after: cycle.map(({ event }) => event),
  };
}

/** The shortest way from the taken lock of `edge` back to the held one; ties go by name. */
function shortestCycle(edges: readonly LockEdge[], edge: LockEdge): LockEdge[] | null {
  const sorted = [...edges].sort((a, b) => (a.taken < b.taken ? -1 : a.taken > b.taken ? 1 : 0));
  const seen = new Set([edge.taken]);
  let paths: LockEdge[][] = [[edge]];
  while (paths.length > 0) {
    const longer: LockEdge[][] = [];
    for (const path of paths) {
      const end = path.at(-1)?.taken;
      if (end === edge.held) return path;
      for (const next of sorted) {
        if (next.held !== end || seen.has(next.taken)) continue;
        seen.add(next.taken);
        longer.push([...path, next]);
      }
    }
    paths = longer;
  }
  return null;
}

function sortedNames(names: readonly string[]): string {
  return [...new Set(names)].sort().join(' / ');
}
