import type { Bug, Cause } from '../explore/index.ts';
import type { Exploration } from './explore.ts';

/** What an exploration adds to those before it. */
export interface News {
  readonly exploration: Exploration;
  readonly causes: readonly Cause[];
  /** Bugs that are no data races. */
  readonly bugs: readonly Bug[];
  readonly dataRaces: readonly Bug[];
}

/**
 * Explorations one after the other, each with what it adds: what two of them find is told once. A
 * cause is new when nothing that hangs on it was found before.
 */
export function newsOf(explorations: readonly Exploration[]): News[] {
  const told = new Set<string>();
  return explorations.map((exploration) => {
    const { bugs, causes } = exploration.outcome;
    const isNew = (id: string): boolean => !told.has(id);
    const fresh = bugs.filter(({ id }) => isNew(id));
    const news = {
      exploration,
      causes: causes.filter(({ id, sites }) => isNew(`cause ${id}`) && sites.some(isNew)),
      bugs: fresh.filter(({ kind }) => kind !== 'data-race'),
      dataRaces: fresh.filter(({ kind }) => kind === 'data-race'),
    };
    for (const { id } of bugs) told.add(id);
    for (const { id } of causes) told.add(`cause ${id}`);
    return news;
  });
}
