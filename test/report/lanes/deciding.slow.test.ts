import { describe, expect, test } from 'vitest';
import {
  type Bug,
  explore,
  mutex_lock,
  mutex_unlock,
  type Program,
  type Why,
  why,
} from '../../../src/explore/index.ts';
import { apply, base, type Design, defaultKconfig } from '../../../src/linux/index.ts';
import { bugDiagram } from '../../../src/report/formats/mermaid.ts';
import { bugHtml, bugMail, bugText, bugTrace } from '../../../src/report/index.ts';
import { builtinShape, programOf, scenarios, unfit } from '../../../src/scenarios/index.ts';
import { designOf } from '../../../src/series/index.ts';

/** The patch of docs/guide/write-a-patch.md. */
const patched = apply('v6.7-rc1+lock-the-parse', designOf('v6.7-rc1'), {
  subject: 'iommu/of: take the probe lock while the specifiers are translated',
  replaces: {
    *parseIommus(k, dev, master_np, id) {
      yield* mutex_lock(k.iommu_probe_device_lock);
      const err = yield* base.functions.parseIommus(k, dev, master_np, id);
      yield* mutex_unlock(k.iommu_probe_device_lock);
      return err;
    },
  },
});

/** The lines, notes or slices that each format marks as the first and as the second to decide. */
const formats: Readonly<Record<string, (bug: Bug, why: Why) => readonly string[]>> = {
  text: (bug, why) => bugText(bug, 't', { why, width: 80 }),
  mail: (bug, why) => bugMail(bug, { title: 's', token: 't', why }),
  html: (bug, why) => bugHtml(bug, { title: 's', token: 't', why }).split('\n'),
  mermaid: (bug, why) => bugDiagram(bug, { title: 's', token: 't', why }),
  perfetto: (bug, why) =>
    bugTrace(bug, { title: 's', token: 't', why }).traceEvents.map(({ name = '' }) => name),
};

/** A row, a note or a slice about a place, and not the sentence that says why. */
function marked(lines: readonly string[], nth: 1 | 2): string[] {
  return lines.filter((line) => line.includes(`[${nth}] `) && !/\[1\] before \[2\]/.test(line));
}

/** The worst bug of each kind that a short search finds, with what it hangs on. */
function explained(program: Program): { readonly bug: Bug; readonly reason: Why }[] {
  const { bugs } = explore(program, { maxExecutions: 40 });
  const kinds = new Map<string, Bug>();
  for (const bug of bugs)
    if (bug.steps.length > 0 && !kinds.has(bug.kind)) kinds.set(bug.kind, bug);
  return [...kinds.values()].map((bug) => ({ bug, reason: why(program, bug) }));
}

const designs: readonly Design[] = [...['v6.7-rc1', 'v6.8', 'v7.3'].map(designOf), patched];

describe.each(designs)('the two steps that decide are in every format on $name', (design) => {
  let pairs = 0;
  const fitting = scenarios.filter((one) => unfit(one, builtinShape(one, null)) === null);
  test.each(fitting)('$name', (scenario) => {
    const shape = builtinShape(scenario, null);
    const program = programOf(scenario, design, defaultKconfig, shape);
    for (const { bug, reason } of explained(program)) {
      if (reason.first === null || reason.second === null) continue;
      pairs++;
      for (const [format, shown] of Object.entries(formats)) {
        const lines = shown(bug, reason);
        for (const nth of [1, 2] as const)
          expect([bug.id, format, nth, marked(lines, nth).length > 0]).toEqual([
            bug.id,
            format,
            nth,
            true,
          ]);
      }
    }
  });

  test('and there are some', () => {
    expect(pairs).toBeGreaterThan(10);
  });
});
