// Listings of IOMMU groups as people have them: what find or ls print below /sys/kernel/iommu_groups,
// and the loops around lspci that every thread about passthrough has in it.

/** What a listing says. */
export interface GroupListing {
  /** The group of each device, by its name. */
  readonly groups: ReadonlyMap<string, string>;
  /** Whether other devices than PCI functions would be in it. */
  readonly all: boolean;
}

const path = /iommu_groups\/(\d{1,9})\/devices\/([\w.:,@-]+)/;
const folder = /iommu_groups\/(\d+)(?:\/devices)?\/?:?\s*$/;
const heading = /^\W*(?:IOMMU[\s_]*)?group\W{0,3}(\d+)\b[\s:=-]*(.*)$/i;
const link = /^l[rwx-]{9}.{0,200}? ([\w.:,@-]{1,100}) -> /;
const pciFunction = /^\W*((?:[\da-f]{4,8}:)?[\da-f]{2}:[01][\da-f]\.[0-7])(?!\w)/i;
const alone = /^\s*([\w.:,@-]+)\s*$/;

/** Null for a text that is none. */
export function groupsListed(text: string): GroupListing | null {
  const groups = new Map<string, string>();
  let all = false;
  let current: string | null = null;
  let names = alone;
  for (const line of text.split(/\r?\n/)) {
    const [, number, name] = path.exec(line) ?? [];
    if (number !== undefined && name !== undefined) {
      groups.set(name, number);
      all = true;
      continue;
    }
    const [, below] = folder.exec(line) ?? [];
    const [, titled, rest = ''] = heading.exec(line) ?? [];
    if (below !== undefined || titled !== undefined) {
      current = below ?? titled ?? null;
      all ||= below !== undefined;
      names = below === undefined ? pciFunction : alone;
    }
    if (current === null || below !== undefined) continue;
    const told = titled === undefined ? line : rest;
    const known = [link, pciFunction, titled === undefined ? names : alone];
    const found = known.map((form) => form.exec(told)?.[1]).find((of) => of !== undefined);
    if (found !== undefined) groups.set(fullName(found), current);
  }
  return groups.size === 0 ? null : { groups, all };
}

/** lspci leaves out the segment where there is one only. */
function fullName(name: string): string {
  return /^[\da-f]{2}:[\da-f]{2}\.[0-7]$/i.test(name) ? `0000:${name.toLowerCase()}` : name;
}
