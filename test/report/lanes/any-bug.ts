import fc from 'fast-check';
import { type Bug, bugKinds, type TraceStep } from '../../../src/explore/index.ts';
import { smallBug } from './small-bug.ts';

/** Text as a hostile firmware would write it: markup, escape sequences, words with a meaning. */
export const hostile: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    '<script>alert(1)</script>',
    '</script><img src=x onerror=alert(1)>',
    '</style>',
    '<!--',
    ']]>',
    '" onload="alert(1)',
    "' onload='alert(1)",
    '&lt;b&gt;',
    '&#60;b',
    '\x1b]0;owned\x07\x1b[31m',
    'safe\u202egnp.exe',
    'a\nb\r\nc\u2028d',
    '\ud800',
    'end',
    'END',
    'a;b#c',
    '#35;',
    '%%{init: {"securityLevel":"loose"}}%%',
    '$$x^2$$',
    'wrap: x',
    'style: a#b;',
    'A->v',
    'dev->iommu',
    '__proto__',
    '',
    ' ',
  ),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.string({ unit: fc.constantFrom(...'<>&"\'#;%{}:\\ \n\x1b\u202eab'), maxLength: 12 }),
);

const ops = [
  'read',
  'write',
  'lock',
  'unlock',
  'alloc',
  'free',
  'get',
  'put',
  'spawn',
  'join',
  'note',
  'call',
  'return',
] as const;

const tasks = 3;

const anyStep: fc.Arbitrary<TraceStep> = fc.record({
  task: fc.nat({ max: tasks - 1 }),
  depth: fc.nat({ max: 4 }),
  function: hostile,
  op: fc.constantFrom(...ops),
  target: fc.oneof(hostile, fc.constantFrom('x', 'A', 'A->v', 'm')),
  value: fc.oneof(hostile, fc.constantFrom('NULL', 'A', 'busy', '-19')),
  event: fc.nat({ max: 20 }),
});

/** Any bug at all: no order in its steps, and every text hostile. */
export const anyBug: fc.Arbitrary<Bug> = fc
  .record({
    kind: fc.constantFrom(...bugKinds),
    function: hostile,
    object: hostile,
    message: hostile,
    tasks: fc.array(hostile, { minLength: tasks, maxLength: tasks }),
    steps: fc.array(anyStep, { maxLength: 30 }),
    at: fc.option(fc.nat({ max: 29 })),
  })
  .map((bug) => {
    const at = bug.steps.length === 0 || bug.at === null ? null : bug.at % bug.steps.length;
    const { op } = bug.steps[at ?? -1] ?? { op: 'call' };
    return { ...smallBug, ...bug, at: op === 'call' || op === 'return' ? null : at };
  });
