// Listings of IOMMU groups as people have them: what find or ls print below /sys/kernel/iommu_groups,
// the loops around lspci that every thread about passthrough has in it, and lspci -v.

/** What a listing says. */
export interface GroupListing {
  /** The group of each device, by its name. */
  readonly groups: ReadonlyMap<string, string>;
  /** Whether other devices than PCI functions would be in it. */
  readonly all: boolean;
}

/** `/sys/kernel/iommu_groups/3/devices/0000:00:1f.0`, or from within that folder on. */
const path = /(?:^|[\s/])(\d{1,9})\/devices\/([\w.:,@-]+)/;
const folder = /iommu_groups\/(\d+)(?:\/devices)?\/?:?\s*$/;
const heading = /^\W*(?:IOMMU[\s_]*)?group\W{0,3}(\d+)\b[\s:=-]*(.*)$/i;
const link = /^l[rwx-]{9}.{0,200}? ([\w.:,@-]{1,100}) -> /;
const pciFunction =
  /^\W*(?:[\da-f]{4}:[\da-f]{4}\]\W*(?:R\]\W*)?)?((?:[\da-f]{4,8}:)?[\da-f]{2}:[01][\da-f]\.[0-7])(?!\w)/i;
const alone = /^\s*([\w.:,@-]+)\s*$/;
/** What is beside devices in the folder of a group. */
const others = /^(?:devices|name|reserved_regions|type)$/;
/** `├── 3` and `│   │   └── 0000:00:1f.0 -> ...`, as tree draws it. */
const branch = /^[\s│|]{0,40}[├└|`]?[─-]{2}\s(?:(\d{1,9})|([\w.:,@-]+) -> .*)\s*$/;
/** In what lspci -v says of a function. */
const inFunction = /^\s.{0,200}\bIOMMU group:? (\d{1,9})\s*$/i;

/** Null for a text that is none. */
export function groupsListed(text: string): GroupListing | null {
  const groups = new Map<string, string>();
  let all = false;
  let current: string | null = null;
  let names = alone;
  let told: string | null = null; // the function that lspci -v is at
  for (const line of text.split(/\r?\n/)) {
    const [, number, name] = path.exec(line) ?? [];
    if (number !== undefined && name !== undefined) {
      groups.set(name, number);
      all = true;
      continue;
    }
    const [, drawn, leaf] = branch.exec(line) ?? [];
    if (drawn !== undefined) current = drawn;
    if (leaf !== undefined && current !== null) {
      groups.set(leaf, current);
      all = true;
    }
    const [, of] = told === null ? [] : (inFunction.exec(line) ?? []);
    if (told !== null && of !== undefined) groups.set(fullName(told), of);
    if (!/^\s+\S/.test(line)) told = /^[\da-f]/i.test(line) ? functionIn(line) : null;
    if (drawn !== undefined || leaf !== undefined || of !== undefined) continue;
    const [, below] = folder.exec(line) ?? [];
    const [, titled, rest = ''] = heading.exec(line) ?? [];
    if (below !== undefined || titled !== undefined) {
      current = below ?? titled ?? null;
      all ||= below !== undefined;
      names = below === undefined ? pciFunction : alone;
    }
    if (current === null || below !== undefined) continue;
    const said = titled === undefined ? line : rest;
    const known = [link, pciFunction, titled === undefined ? names : alone];
    const found = known.map((form) => form.exec(said)?.[1]).find((of) => of !== undefined);
    if (found !== undefined && !others.test(found)) groups.set(fullName(found), current);
  }
  return groups.size === 0 ? null : { groups, all };
}

function functionIn(line: string): string | null {
  return pciFunction.exec(line)?.[1] ?? null;
}

/** lspci leaves out the segment where there is one only. */
function fullName(name: string): string {
  return /^[\da-f]{2}:[\da-f]{2}\.[0-7]$/i.test(name) ? `0000:${name.toLowerCase()}` : name;
}
