import { describe, expect, test } from 'vitest';
import { type Bug, bugKinds, type Outcome } from '../../src/explore/index.ts';
import { bugText, counted, exploreJson, exploreText } from '../../src/report/index.ts';

function bug(change: Partial<Bug> = {}): Bug {
  return {
    kind: 'null-deref',
    id: 'null-deref:f:x',
    function: 'f',
    object: 'x',
    message: 'x is NULL',
    preemptions: 1,
    switches: 2,
    events: 3,
    minimal: true,
    classes: 4,
    tasks: ['one', 'two'],
    schedule: [],
    steps: [{ task: 0, depth: 0, function: 'f', op: 'read', target: 'x', value: '', event: 0 }],
    at: 0,
    ...change,
  };
}

function outcome(change: Partial<Outcome> = {}): Outcome {
  const bugs = change.bugs ?? [];
  const complete = change.complete ?? true;
  return {
    program: 'p',
    verdict: bugs.length > 0 ? 'bug' : complete ? 'clean' : 'incomplete',
    complete,
    bounds: { preemptions: null, executions: null },
    executions: 1234,
    blocked: 0,
    transitions: 5,
    bugs,
    causes: [],
    outcomes: [],
    histogram: null,
    ...change,
  };
}

function texts(change: Partial<Outcome>, options = {}): string {
  const of = outcome(change);
  const tokens = of.bugs.map((_, i) => `t${i}`);
  const exploration = {
    kernel: 'k',
    scenario: 's',
    tasks: 2,
    outcome: of,
    elapsed_ms: 1500,
    tokens,
    whys: [],
    causeTokens: [],
    crossCheck: null,
  };
  return exploreText(exploration, options).join('\n');
}

describe('the headline', () => {
  test('says how much was searched, and for how long', () => {
    expect(texts({}).split('\n')[0]).toBe(
      's   kernel k   2 tasks   1,234 executions   complete   1.50 s',
    );
  });

  test('says when the search was cut short, and so does the last line', () => {
    const lines = texts({ complete: false }).split('\n');
    expect(lines[0]).toContain('   incomplete   ');
    expect(lines.at(-1)).toMatch(/cut short/);
    expect(lines.join()).not.toContain('No bug');
  });

  test('a complete search without a bug says so', () => {
    expect(texts({}).split('\n').at(-1)).toBe('No bug in any execution.');
  });
});

test('the worst bug has a witness, the others a line and a token each', () => {
  const text = texts({ bugs: [bug(), bug({ kind: 'leak', message: 'B is lost' })] });
  expect(text.match(/^BUG {2}/gm)?.length).toBe(1);
  expect(text).toContain('replay: fwspec replay t0');
  expect(text).toContain('1 more bug ');
  expect(text).toMatch(/leak in f\(\): B is lost {6}1 preemption\n {6}fwspec replay t1/);
});

test('every bug that cannot be replayed is shown without a token', () => {
  expect(bugText(bug({ steps: [] }), null).join('\n')).not.toContain('replay');
});

test.each(bugKinds)('a %s is named in the first line', (kind) => {
  const [first = ''] = bugText(bug({ kind }), 't');
  expect(first).toContain(`BUG  ${kind} in f(): x is NULL`);
});

test('a property that falls is named by its name', () => {
  const [first] = bugText(bug({ kind: 'property', object: 'end', function: 'all is well' }), 't');
  expect(first).toContain('property "all is well": x is NULL');
});

test('nothing in a bug can control a terminal', () => {
  const evil = bug({ function: '\x1b[2Jf', message: '\x1b]0;x\x07', kind: 'data-race' });
  const text = texts({ bugs: [evil, evil, bug()] });
  for (const control of ['\x1b', '\x07']) expect(text).not.toContain(control);
});

test('the JSON has one token and the steps without event numbers for each bug', () => {
  const document = exploreJson({
    kernel: 'k',
    scenario: 's',
    outcome: outcome({ bugs: [bug()] }),
    elapsed_ms: 1,
    tasks: 2,
    whys: [],
    causeTokens: [],
    crossCheck: null,
    tokens: ['t0'],
  });
  expect(document).toMatchObject({ version: 1, command: 'explore', verdict: 'bug' });
  expect(document.bugs[0]?.token).toBe('t0');
  expect(document.bugs[0]?.steps).toEqual([
    { task: 0, depth: 0, function: 'f', op: 'read', target: 'x', value: '' },
  ]);
});

test.each([
  [0, '0 bugs'],
  [1, '1 bug'],
  [999, '999 bugs'],
  [1000, '1,000 bugs'],
  [1234567, '1,234,567 bugs'],
])('%i is written %s', (count, text) => {
  expect(counted(count, 'bug')).toBe(text);
});
