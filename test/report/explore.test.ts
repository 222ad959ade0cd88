import { describe, expect, test } from 'vitest';
import { type Bug, bugKinds, type Cause, type Outcome } from '../../src/explore/index.ts';
import {
  bugText,
  counted,
  type Exploration,
  exploreJson,
  exploreText,
} from '../../src/report/index.ts';

function bug(change: Partial<Bug> = {}): Bug {
  return {
    kind: 'null-deref',
    id: 'null-deref:f:x',
    function: 'f',
    object: 'x',
    message: 'x is NULL',
    title: 'x is NULL in f()',
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
    worlds: 'kept',
    ignored: [],
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

function explorationOf(change: Partial<Outcome>): Exploration {
  const of = outcome(change);
  return {
    kernel: 'k',
    scenario: 's',
    tasks: 2,
    outcome: of,
    elapsed_ms: 1500,
    tokens: of.bugs.map((_, i) => `t${i}`),
    whys: [],
    causeTokens: of.causes.map((_, i) => [`c${i}`]),
    crossCheck: null,
  };
}

function texts(change: Partial<Outcome>, options = {}): string {
  return exploreText(explorationOf(change), options).join('\n');
}

describe('the headline', () => {
  test('says how much was searched, and for how long', () => {
    expect(texts({}).split('\n')[0]).toBe(
      's   kernel k   2 tasks   1,234 executions   complete   1.50 s',
    );
  });

  test('does not leave the time alone in a line', () => {
    const lines = texts({}, { width: 60 }).split('\n');
    expect(lines.slice(0, 2)).toEqual([
      's   kernel k   2 tasks   1,234 executions',
      '    complete   1.50 s',
    ]);
  });

  test('says what was asked of the kernel, and so does the document', () => {
    const asked = ['ARM_SMMU=m', 'command line "a\u001b"'];
    const exploration = { ...explorationOf({}), asked };
    expect(exploreText(exploration, { width: 200 })[0]).toMatch(
      /^s {3}kernel k {3}ARM_SMMU=m {3}command line "a\\x1b" {3}2 tasks/,
    );
    expect(exploreJson(exploration)).toMatchObject({ asked });
    expect(exploreJson({ ...exploration, asked: [] })).toMatchObject({ asked: [] });
  });

  test('says when no world could be kept', () => {
    expect(texts({ worlds: 'fresh' })).toMatch(/each execution began in a\s+fresh world/);
    for (const worlds of ['kept', null] as const)
      expect(texts({ worlds })).not.toMatch(/began in a\s/);
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

test.each([
  [
    'in a function that it called',
    'g',
    'CPU0 throws Error: x',
    'property in g(): CPU0 throws Error: x',
  ],
  ['in its own body', 'CPU0', 'CPU0 throws Error: x', 'property: CPU0 throws Error: x'],
])('what a task throws %s says once where', (_where, name, message, title) => {
  const thrown = bug({ kind: 'property', function: name, object: 'Error', message });
  expect(bugText(thrown, null)[0]).toContain(`BUG  ${title}`);
});

const crash: Bug = bug();
const lost: Bug = bug({
  kind: 'leak',
  id: 'leak:f:B',
  title: 'B made in f() is lost',
  preemptions: 2,
});
const race: Bug = bug({
  kind: 'data-race',
  id: 'data-race:f+g:x',
  title: 'data race on x in f() and g()',
});
const cause: Cause = {
  id: 'free:x:f:one:two',
  title: 'one frees x before two uses it',
  sites: [crash.id, lost.id],
  preemptions: 1,
  pair: null,
  witnesses: [crash, lost],
};

test('bugs stand under their cause, with what they cost where that is more', () => {
  const text = texts({ bugs: [crash, lost, race], causes: [cause] });
  expect(text).toContain(
    [
      '2 bugs and 1 data race. 1 cause:',
      '',
      ' 1  one frees x before two uses it',
      '    1 preemption   2 places',
      '    x is NULL in f()',
      '    B made in f() is lost      2 preemptions',
      '',
    ].join('\n'),
  );
  // What is shown with a witness has its token there.
  expect(text).not.toContain('fwspec replay c0');
  expect(texts({ bugs: [lost, crash], causes: [cause] })).toContain('    fwspec replay c0');
  expect(text.match(/^BUG {2}/gm)?.length).toBe(1);
  expect(text).toContain('replay: fwspec replay t0');
  expect(text).toMatch(/^ {2}x in f\(\) and g\(\)/m);
});

test('data races have a line each, and a token each when asked for', () => {
  const change = { bugs: [crash, race], causes: [cause] };
  expect(texts(change)).not.toContain('fwspec replay t1');
  expect(texts(change, { tokens: true })).toContain(
    '1 data race:\n  x in f() and g()      1 preemption\n      fwspec replay t1',
  );
});

test('many places of one cause are counted, and all are named when asked for', () => {
  const witnesses = Array.from({ length: 12 }, (_, i) => bug({ title: `site ${i}` }));
  const change = { bugs: witnesses, causes: [{ ...cause, witnesses }] };
  expect(texts(change)).toContain('\n    site 7\n    and 4 more (--all)\n');
  expect(texts(change, { witnesses: 'all' })).toContain('\n    site 11\n');
});

test('what is known of a cause stands under its title', () => {
  const known = { status: 'real', reported: '', kernels: ['v6.7', null] } as const;
  const change = { bugs: [crash], causes: [cause] };
  expect(texts(change, { knownOf: () => known })).toContain('2 places   real   not reported');
  const reported = { ...known, reported: 'by A, <https://b>' };
  expect(texts(change, { knownOf: () => reported })).toContain('real   reported by A\n');
  expect(texts(change, { knownOf: () => ({ ...known, status: 'model-only' }) })).toContain(
    '2 places   in the model only\n',
  );
});

test('kinds that were not looked for are named, also where nothing was found', () => {
  const lines = texts({ ignored: ['leak', 'warn'] }).split('\n');
  expect(lines).toContain('No bug of a kind looked for in any execution.');
  expect(lines).toContain('Not looked for: leak, warn.');
});

test('every bug that cannot be replayed is shown without a token', () => {
  expect(bugText(bug({ steps: [] }), null).join('\n')).not.toContain('replay');
});

test.each(bugKinds)('a %s is named in the first line', (kind) => {
  const [first = ''] = bugText(bug({ kind }), 't');
  expect(first).toContain(`BUG  ${kind} in f(): x is NULL`);
});

test('a property that falls is told by its title, what is seen at the end without a function', () => {
  const fallen = bug({
    kind: 'property',
    object: 'end',
    function: 'all is well',
    title: 'all is lost',
  });
  expect(bugText(fallen, 't')[0]).toMatch(/^BUG {2}all is lost: x is NULL /);
  const unbalanced = bug({ kind: 'refcount', function: 'end' });
  expect(bugText(unbalanced, 't')[0]).toMatch(/^BUG {2}refcount: x is NULL /);
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
