const known = new WeakMap<readonly unknown[], ReadonlySet<unknown>>();

/** Whether something is in a list that does not change, asked for many things. */
export function isMember<T>(list: readonly T[], of: T): boolean {
  let members = known.get(list);
  if (members === undefined) {
    members = new Set(list);
    known.set(list, members);
  }
  return members.has(of);
}
