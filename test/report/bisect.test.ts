import { describe, expect, test } from 'vitest';
import {
  type BisectStep,
  bisectJson,
  bisectText,
  type CompareRow,
  historiesOf,
} from '../../src/report/index.ts';

const steps: BisectStep[] = [
  { kernel: 's/0', subject: null },
  { kernel: 's/1', subject: 'one' },
  { kernel: 's/2', subject: 'two' },
  { kernel: 's/3', subject: 'three' },
];
const bug = 'leak:f:x';

/** Rows of one scenario: `x` has the bug, `.` is clean, `?` was cut short and saw nothing. */
function rowsOf(marks: string, scenario = 'bind', id = bug): CompareRow[] {
  return [...marks].map((mark, i) => ({
    kernel: steps[i]?.kernel ?? '',
    scenario,
    verdict: mark === 'x' ? 'bug' : mark === '?' ? 'incomplete' : 'clean',
    bugs: mark === 'x' ? [id] : [],
    executions: 5,
    complete: mark !== '?',
  }));
}

const change = (n: number, after = n - 1) => ({
  kernel: `s/${n}`,
  subject: steps[n]?.subject,
  after: `s/${after}`,
});

describe('a bug', () => {
  test.each<[string, string, object[]]>([
    ['is there from start to end', 'xxxx', [{ brought: null, removed: null }]],
    ['is removed by a patch', 'xx..', [{ brought: null, removed: change(2) }]],
    ['is brought by a patch', '...x', [{ brought: change(3), removed: null }]],
    [
      'comes and goes',
      '.x.x',
      [
        { brought: change(1), removed: change(2) },
        { brought: change(3), removed: null },
      ],
    ],
    [
      'is brought by one of two, where a search between was cut short',
      '.?x.',
      [{ brought: change(2, 0), removed: change(3) }],
    ],
    ['is not gone because a search was cut short', 'x?xx', [{ brought: null, removed: null }]],
    ['may be there at the end, as far as one can see', 'xx??', [{ brought: null, removed: null }]],
  ])('%s', (_what, marks, spells) => {
    expect(historiesOf(steps, rowsOf(marks))).toEqual([{ scenario: 'bind', bug, spells }]);
  });

  test('that is never seen has no history', () => {
    expect(historiesOf(steps, rowsOf('.?..'))).toEqual([]);
  });

  test('is followed in each scenario by itself', () => {
    const rows = [...rowsOf('x...'), ...rowsOf('..xx', 'unbind')];
    expect(historiesOf(steps, rows).map(({ scenario, spells }) => [scenario, spells])).toEqual([
      ['bind', [{ brought: null, removed: change(1) }]],
      ['unbind', [{ brought: change(2), removed: null }]],
    ]);
  });
});

test('the text goes from patch to patch by their subject lines', () => {
  const rows = [
    ...rowsOf('xx.x'),
    ...rowsOf('xxxx', 'unbind'),
    ...rowsOf('.?xx', 'late', 'warn:g:y'),
    ...rowsOf('x...', 'late', 'data-race:f:x'),
  ];
  expect(bisectText(steps, rows)).toEqual([
    's/0: there from the start',
    `  has     ${bug}`,
    '          bind, unbind',
    '',
    's/2: two',
    '  brings  warn:g:y',
    '          late: here, or by a patch after s/0',
    `  removes ${bug}`,
    '          bind',
    '',
    's/3: three',
    `  brings  ${bug}`,
    '          bind',
    '',
    's/3: there at the end',
    `  has     ${bug}`,
    '          bind, unbind',
    '  has     warn:g:y',
    '          late',
    '',
    '1 data race (--all shows them)',
    '4 kernels, 16 cells: 1 cut short',
  ]);
});

test('the document has the steps, the rows, and what becomes of each bug', () => {
  const rows = rowsOf('x...');
  expect(bisectJson(steps, rows)).toEqual({
    version: 1,
    command: 'compare',
    steps,
    rows,
    bugs: historiesOf(steps, rows),
  });
});
