import type { Bug, TraceStep } from '../../../src/explore/index.ts';
import type { Deciding } from '../../../src/report/index.ts';

/** A step written as `task op target value`, with `function@depth` before the op where it matters. */
export function step(line: string, event = 0): TraceStep {
  const [task = '', ...rest] = line.split(' ');
  const [name = 'f', depth = '1'] = rest[0]?.includes('@') ? (rest.shift() ?? '').split('@') : [];
  const [op = '', target = '', ...value] = rest;
  return {
    task: Number(task),
    depth: Number(depth),
    function: name,
    op: op as TraceStep['op'],
    target,
    value: value.join(' '),
    event,
  };
}

/** A witness: CPU1 takes away what CPU0 has just made and is about to use. */
export const smallBug: Bug = {
  kind: 'null-deref',
  id: 'null-deref:init:dev->iommu',
  function: 'init',
  object: 'dev->iommu',
  message: 'dev->iommu is NULL',
  title: 'x is NULL in f()',
  preemptions: 1,
  switches: 2,
  events: 6,
  minimal: true,
  classes: 3,
  tasks: ['CPU0  bind', 'CPU1  register'],
  schedule: [],
  steps: [
    '0 init@0 call init',
    '0 get@1 call get',
    '0 get@2 write dev->iommu A',
    '0 get@1 return get A',
    '1 free@0 call free',
    '1 free@1 lock m',
    '1 free@1 read dev->iommu A',
    '1 free@1 write dev->iommu NULL',
    '1 free@1 free A',
    '1 free@1 unlock m',
    '1 free@0 return free',
    '0 init@1 read dev->iommu NULL',
    '0 init@1 read dev->iommu->fwspec',
  ].map((line, event) => step(line, event)),
  at: 12,
};

/** What it hangs on. */
export const smallWhy: Deciding = {
  first: { task: 'CPU1  register', function: 'free', op: 'write', object: 'dev->iommu', event: 7 },
  second: { task: 'CPU0  bind', function: 'init', op: 'read', object: 'dev->iommu', event: 11 },
  text: "It happens because CPU1's write comes before CPU0's read.",
};
