import { calledIn, type Given, type Named } from './given.ts';
import { type Source, sourceIn } from './load.ts';

/** What somebody has given, as plain data: it can be sent to where it is looked at. */
export interface Parcel {
  readonly named: Named;
  readonly tree: number | null;
  /** What it was packed in is gone already. */
  readonly isOpened: boolean;
  /**
   * Null where it was given; else it has come from another machine, what it includes has not, and these sources
   * were compiled there: {@link compiledBytes}.
   */
  readonly brought: ReadonlyMap<string, Uint8Array> | null;
  /** By their names; null for an empty folder. */
  readonly files: ReadonlyMap<string, Uint8Array | null>;
}

/** Everything in what was given, read now. */
export function parcelOf({ named, tree, files }: Given, isOpened: boolean): Parcel {
  const read = [...files.keys()].map((name) => [name, files.get(name) ?? null] as const);
  return { named, tree, isOpened, brought: null, files: new Map(read) };
}

/** What is in a parcel, as if it had been given here. */
export async function sourceOf({ named, tree, isOpened, brought, files }: Parcel): Promise<Source> {
  const given: Given = {
    files: {
      has: (name) => files.has(name),
      keys: () => files.keys(),
      get: (name) => files.get(name) ?? undefined,
    },
    tree,
    named,
    pathOf: () => null,
    brought,
  };
  return isOpened ? { given, files: given.files, notes: [] } : await sourceIn(given);
}

/** What all of it is called. */
export function parcelName({ named }: Parcel): string {
  return calledIn(named, '');
}
