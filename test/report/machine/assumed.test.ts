// What answers rest on: each assumption once, whatever it is about.
import { expect, test } from 'vitest';
import { assumedLines } from '../../../src/report/machine/assumed.ts';

const rests = (name: string, ...assumes: string[]) => ({ name, assumes });

test.each<[string, Parameters<typeof assumedLines>[0], string[]]>([
  [
    'of several IOMMUs those are named, and the devices of all',
    [rests('a', 'made: up (x.iommu)'), rests('b', 'made: up (y.iommu)', 'else: z'), rests('c')],
    ['  else: z', '    b', '  made: up (x.iommu, y.iommu)', '    a, b'],
  ],
  [
    'of many objects the first are named, and how many more there are',
    [1, 2, 3, 4, 5, 6].map((n) => rests(`d${n}`, `status: is taken (\\_SB_.D${n})`)),
    [
      '  status: is taken (\\_SB_.D1, \\_SB_.D2, \\_SB_.D3, \\_SB_.D4 and 2 more)',
      '    d1, d2, d3, d4, d5, d6',
    ],
  ],
  [
    'of all devices of one IOMMU none is named',
    [rests('a', 'made: up (x.iommu)'), rests('b', 'made: up (x.iommu)')],
    ['  made: up (x.iommu)'],
  ],
])('%s', (_what, devices, lines) => {
  expect(assumedLines(devices, 80)).toEqual(lines);
});
