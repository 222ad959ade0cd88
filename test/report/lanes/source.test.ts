// Steps of C in a witness: where in the source they are, and what it says there.
import { expect, test } from 'vitest';
import type { TraceStep } from '../../../src/explore/index.ts';
import { lanes } from '../../../src/report/lanes/lanes.ts';
import { stepText } from '../../../src/report/lanes/rows.ts';

const step = (place: string): TraceStep => ({
  ...{ task: 0, depth: 0, function: 'probe', op: 'read', target: 'dev->iommu', value: '0' },
  ...{ event: 0, place },
});
const bug = (place: string) => ({
  ...({ kind: 'null-deref', steps: [step(place)], at: 0, tasks: ['CPU0'] } as const),
});
const place = 'drivers/iommu/iommu.c:344';

test('a place has its folders where they are asked for', () => {
  expect(stepText({ ...bug(place), at: null }, 0)).toBe('dev->iommu is 0   iommu.c:344');
  expect(stepText({ ...bug(place), at: null }, 0, { paths: true })).toBe(
    `dev->iommu is 0   ${place}`,
  );
});

test('a place that has no room is shown without its folders, and keeps its line', () => {
  const long = `drivers/${'very/'.repeat(20)}long.c:12`;
  const shown = lanes(bug(long), { paths: true, width: 40 }).join('\n');
  expect(shown).toContain('long.c:12');
  expect(shown).not.toContain('very');
  expect(lanes(bug(place), { paths: true, width: 40 }).join('\n')).toContain(place);
});

test.each<[what: string, line: string | null, shown: string]>([
  ['its line', '\t\tdev->iommu->fwspec =\tfwspec;', ': dev->iommu->fwspec = fwspec;'],
  ['nothing where that is not known', null, ''],
  ['nothing of an empty line', '  ', ''],
  ['what a terminal would obey as text', 'a \u001b[31m b', ': a \\x1b[31m b'],
  ['the beginning of a line without end', 'x'.repeat(500), `: ${'x'.repeat(117)}...`],
])('the step that fails shows %s', (_what, line, shown) => {
  const asked: string[] = [];
  const lineOf = (of: string): string | null => {
    asked.push(of);
    return line;
  };
  expect(stepText(bug(place), 0, { lineOf })).toBe(
    `dev->iommu is 0   iommu.c:344   *** NULL pointer dereference${shown}`,
  );
  expect(asked).toEqual([place]);
});
