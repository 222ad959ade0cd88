// A fault is one finding, however many nodes have it.

import type { Finding } from '../inspection.ts';

/**
 * Findings that are equal but for the node that they are about, together, where the first stood. What
 * is to be said of one node twice, at two places, stays apart.
 */
export function groupFindings<Found extends Finding>(findings: readonly Found[]): Found[] {
  const groups: { readonly found: [Found, ...Found[]]; readonly nodes: string[] }[] = [];
  const known = new Map<string, (typeof groups)[number]>();
  const times = new Map<string, number>();
  for (const finding of findings) {
    const { node } = finding;
    const said = saidOfAnyNode(finding);
    const own = `${said}\0${node}`;
    const time = (times.get(own) ?? 0) + 1;
    times.set(own, time);
    const key = `${said}\0${time}`;
    const group = known.get(key);
    const nodes = [...(finding.nodes ?? [node])];
    if (group !== undefined) {
      group.found.push(finding);
      group.nodes.push(...nodes);
    } else {
      const first = { found: [finding] as [Found], nodes };
      known.set(key, first);
      groups.push(first);
    }
  }
  return groups.map(({ found, nodes }) => {
    const [first] = found;
    return nodes.length === 1 ? first : { ...withoutFix(first), ...fixOfAll(found), nodes };
  });
}

function withoutFix<Found extends Finding>(finding: Found): Found {
  const { fix: _, ...rest } = finding;
  return rest as Found;
}

/** What to write for all of them, where that is known of each. */
function fixOfAll(found: readonly Finding[]): Pick<Finding, 'fix'> {
  const fixes = found.map(({ fix }) => fix);
  if (!fixes.every((fix) => fix !== undefined)) return {};
  const edits = new Map(fixes.flat().map((edit) => [JSON.stringify(edit), edit]));
  return { fix: [...edits.values()] };
}

/** What the finding says, as it would be said of any other node. */
function saidOfAnyNode({
  rule,
  severity,
  node,
  property,
  message,
  help,
  devices,
}: Finding): string {
  const texts = [property ?? '', message, help].map((text) =>
    node === '' ? text : text.replaceAll(node, '\0'),
  );
  return JSON.stringify([rule, severity, ...texts, devices ?? []]);
}
