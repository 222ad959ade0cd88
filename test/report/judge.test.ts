import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Bug } from '../../src/explore/index.ts';
import {
  differenceOf,
  type Exploration,
  type Judged,
  type JudgedPatch,
  type JudgedScenario,
  judgeExitCode,
  judgeJson,
  judgeMail,
  judgeText,
  verdictOf,
} from '../../src/report/index.ts';
import { columnsOf } from '../../src/util/index.ts';
import { wrongIn } from '../cli/child/documents.ts';
import { hostile } from './lanes/any-bug.ts';
import { smallBug } from './lanes/small-bug.ts';
import { causeOf, explorationOf } from './small-check.ts';

function bug(id: string, changes: Partial<Bug> = {}): Bug {
  return { ...smallBug, id, title: `bug ${id}`, ...changes };
}

const [a, b] = [bug('a'), bug('b')];
const race = bug('race', { kind: 'data-race', title: 'data race on x' });

/** Cut short, after all executions with so few preemptions. */
function cut(bugs: readonly Bug[], preemptions: number | null = null): Exploration {
  const whole = explorationOf(bugs, { complete: false });
  const bounds = { preemptions, executions: 1 };
  return { ...whole, outcome: { ...whole.outcome, bounds } };
}

const tokenOf = {
  before: (one: Bug) => ({ token: `l1/before/${one.id}`, isPatched: false }),
  after: (one: Bug) => ({ token: `l1/after/${one.id}`, isPatched: true }),
};
const lineOf = { before: () => 'old line', after: () => 'new line' };

function scenario(before: Exploration, after: Exploration, name = 'cover-letter'): JudgedScenario {
  const difference = differenceOf(before.outcome, after.outcome);
  const rest = {
    isSameCode: false,
    reason: null,
    functions: [],
    whyOf: () => null,
    lineOf,
    tokenOf,
  };
  return { name, title: name, before, after, difference, ...rest };
}

const unjudged: JudgedScenario = {
  ...scenario(explorationOf([]), explorationOf([])),
  after: null,
  difference: null,
  reason: 'after: f() is called',
};

const sameCode: JudgedScenario = { ...unjudged, before: null, reason: null, isSameCode: true };

const patch: JudgedPatch = {
  name: '[PATCH 1/2] iommu: drop the lock',
  author: 'A Writer',
  files: ['drivers/iommu/iommu.c'],
  headers: new Map([
    ['from', 'A Writer <writer@example.org>'],
    ['to', 'List One <one@example.org>, two@example.org'],
    ['cc', 'three@example.org'],
    ['date', 'Fri, 2 Jan 2026 10:00:00 +0100'],
    ['subject', '[PATCH 1/2] iommu: drop the lock'],
    ['message-id', '<one@example.org>'],
    ['references', '<zero@example.org>'],
  ]),
};

function judged(scenarios: readonly JudgedScenario[], changes: Partial<Judged> = {}): Judged {
  return {
    linux: 'Linux 6.1.192 (arm64, clang 14, source)',
    patches: [patch],
    cover: null,
    had: false,
    steps: [{ patches: [0], scenarios, notJudged: [] }],
    notes: [],
    ...changes,
  };
}

const table: [what: string, JudgedScenario[], verdict: string, code: number][] = [
  ['a bug more', [scenario(explorationOf([a]), explorationOf([a, b]))], 'brings', 1],
  ['a bug less', [scenario(explorationOf([a, b]), explorationOf([a]))], 'removes', 0],
  ['another bug', [scenario(explorationOf([a]), explorationOf([b]))], 'both', 1],
  ['the same bugs', [scenario(explorationOf([a, race]), explorationOf([a, race]))], 'nothing', 0],
  ['a data race more', [scenario(explorationOf([]), explorationOf([race]))], 'brings', 1],
  ['a data race less', [scenario(explorationOf([race]), explorationOf([]))], 'removes', 0],
  ['no scenario', [], 'not-judged', 3],
  ['the same code', [sameCode], 'nothing', 0],
  ['what cannot be explored', [unjudged], 'incomplete', 3],
  [
    'that beside a bug more',
    [unjudged, scenario(explorationOf([]), explorationOf([a]))],
    'brings',
    1,
  ],
  [
    'that beside a bug less',
    [unjudged, scenario(explorationOf([a]), explorationOf([]))],
    'removes',
    3,
  ],
  ['that beside no change', [unjudged, sameCode], 'incomplete', 3],
  ['a bug more after half a search', [scenario(cut([]), explorationOf([a]))], 'incomplete', 3],
  [
    'one that few preemptions show',
    [scenario(cut([], a.preemptions), explorationOf([a]))],
    'brings',
    1,
  ],
  [
    'one that more show',
    [scenario(cut([], a.preemptions - 1), explorationOf([a]))],
    'incomplete',
    3,
  ],
  ['a bug less in half a search', [scenario(explorationOf([a]), cut([]))], 'incomplete', 3],
  ['that within few preemptions', [scenario(explorationOf([a]), cut([], 9))], 'incomplete', 3],
  ['a bug more in half a search', [scenario(explorationOf([]), cut([a]))], 'brings', 1],
  ['the same bugs in half a search', [scenario(explorationOf([a]), cut([a]))], 'incomplete', 3],
  [
    'a race more after half a search',
    [scenario(cut([], 9), explorationOf([race]))],
    'incomplete',
    3,
  ],
];

test.each(table)('%s', (_what, scenarios, verdict, code) => {
  expect(verdictOf({ scenarios })).toBe(verdict);
  expect(judgeExitCode(judged(scenarios))).toBe(code);
});

describe('by cause', () => {
  const one = (bugs: readonly Bug[], id: string): Exploration =>
    explorationOf(bugs, { causes: [causeOf(id, bugs)] });

  test('a known cause with a new place is brought with that place only', () => {
    const { brings, stays } = differenceOf(one([a], 'k').outcome, one([a, b], 'k').outcome);
    expect(brings.causes.map(({ bugs, isKnown }) => [bugs, isKnown])).toEqual([[[b], true]]);
    expect(stays.map(({ id }) => id)).toEqual(['k']);
  });

  test('a new cause of known bugs is brought, the old one removed', () => {
    const { brings, removes } = differenceOf(one([a], 'k').outcome, one([a], 'l').outcome);
    expect(brings.causes.map(({ cause, isKnown }) => [cause.id, isKnown])).toEqual([['l', false]]);
    expect(removes.causes.map(({ cause }) => cause.id)).toEqual(['k']);
  });

  test('what several scenarios show is told once, with their names', () => {
    const change = scenario(one([], 'none'), one([a, b], 'k'));
    const text = judgeText(judged([change, { ...change, name: 'two-clients' }])).join('\n');
    expect(text).toMatch(/^BRINGS +1 cause \(2 bugs\)$/m);
    expect(text.match(/because of k/g)).toHaveLength(1);
    expect(text).toMatch(/2 places, in cover-letter, two-clients$/m);
  });
});

describe('a judgement as text', () => {
  const change = scenario(explorationOf([a]), explorationOf([a, b, race]));

  test('begins with the verdict, shows the witness, and says what was looked at', () => {
    const lines = judgeText(judged([change]), { width: 80 });
    expect(lines.slice(0, 5)).toEqual([
      '1 patch, 1 file   Linux 6.1.192 (arm64, clang 14, source)',
      '',
      '[PATCH 1/2] iommu: drop the lock',
      '',
      'BRINGS     1 cause and 1 data race',
    ]);
    const text = lines.join('\n');
    expect(text).toContain('  +  because of b');
    expect(text).toContain('  =  1 cause before and after');
    expect(text).toMatch(/^BUG {2}/m);
    expect(text).toContain('explored   cover-letter: 12 executions before, 12 executions after');
    expect(Math.max(...lines.map(columnsOf))).toBeLessThanOrEqual(80);
  });

  test('ends a witness with what runs it again: with the patches, or without them', () => {
    const options = { linux: 'tree', patched: ['a.mbox', 'b c.patch'], width: 200 };
    const replayed = (one: JudgedScenario): string[] =>
      judgeText(judged([one]), options).filter((line) => line.startsWith('replay: '));
    expect(replayed(change)).toEqual([
      "replay: fwspec replay l1/after/b --linux tree --patched a.mbox --patched 'b c.patch'",
    ]);
    expect(replayed(scenario(explorationOf([a, b]), explorationOf([a])))).toEqual([
      'replay: fwspec replay l1/before/b --linux tree',
    ]);
  });

  test('has the tokens of all bugs in its document', () => {
    const document = judgeJson(judged([change, scenario(explorationOf([b]), explorationOf([]))]));
    const [more, less] = document.steps[0]?.scenarios ?? [];
    const tokens = (of: { token: string | null }[]): (string | null)[] =>
      of.map(({ token }) => token);
    expect(tokens(more?.brings.causes.flatMap(({ bugs }) => [...bugs]) ?? [])).toEqual([
      'l1/after/b',
    ]);
    expect(tokens([...(more?.brings.data_races ?? [])])).toEqual(['l1/after/race']);
    expect(tokens(less?.removes.causes.flatMap(({ bugs }) => [...bugs]) ?? [])).toEqual([
      'l1/before/b',
    ]);
  });

  test('of patches one by one begins with a line for each', () => {
    const steps = [change, scenario(explorationOf([a, b]), explorationOf([a]))].map((one, i) => ({
      patches: [i],
      scenarios: [one],
      notJudged: [{ what: 'Kconfig', why: 'it is no C' }],
    }));
    const second = { ...patch, name: '[PATCH 2/2] iommu: again' };
    const lines = judgeText(judged([], { patches: [patch, second], steps }));
    expect(lines[0]).toMatch(/^2 patches, 1 file /);
    expect(lines.slice(2, 4)).toEqual([
      'BRINGS           [PATCH 1/2] iommu: drop the lock',
      'REMOVES          [PATCH 2/2] iommu: again',
    ]);
    expect(lines).toContain('What it removes:');
    expect(lines).toContain('not judged Kconfig: it is no C');
  });

  test('says what may be missing', () => {
    const lines = judgeText(judged([scenario(cut([b]), cut([a]))])).join('\n');
    expect(lines).toMatch(/^PERHAPS {4}1 cause more: the search before was cut short/m);
    expect(lines).toMatch(/^PERHAPS {4}1 cause less: the search after was cut short/m);
    expect(lines).not.toMatch(/^(?:BRINGS|REMOVES|NOTHING)/m);
    expect(lines).toMatch(/12 executions before \(cut short\), 12 executions after \(cut short\)/);
  });

  test.each([
    [[sameCode], /^NOTHING {4}changes: it compiles to the same code$/m],
    [[], /^NOT JUDGED no scenario runs what it changes$/m],
    [[unjudged], /^INCOMPLETE nothing for sure: not everything was explored$/m],
  ])('is never silent', (scenarios, says) => {
    expect(judgeText(judged(scenarios)).join('\n')).toMatch(says);
  });
});

describe('a judgement as a mail', () => {
  const change = scenario(explorationOf([a]), explorationOf([a, b, race]));
  const command = ['fwspec', 'judge', 'a.mbox', '--linux', 'linux'];
  const mail = (of: Judged): string[] => judgeMail(of, { command });

  test('answers the patch, quotes its summary, and has lines of 72 columns', () => {
    const lines = mail(judged([change]));
    const empty = lines.indexOf('');
    expect(lines.slice(0, empty)).toEqual([
      'To: A Writer <writer@example.org>',
      'Cc: List One <one@example.org>, two@example.org, three@example.org',
      'Subject: Re: [PATCH 1/2] iommu: drop the lock',
      'In-Reply-To: <one@example.org>',
      'References: <zero@example.org> <one@example.org>',
      'MIME-Version: 1.0',
      'Content-Type: text/plain; charset=UTF-8',
      'Content-Transfer-Encoding: 8bit',
    ]);
    expect(lines.slice(empty, empty + 4)).toEqual([
      '',
      'On Fri, 2 Jan 2026 10:00:00 +0100, A Writer wrote:',
      '> iommu: drop the lock',
      '',
    ]);
    const text = lines.join('\n');
    expect(text).toContain('  - because of b\n  - data race on x\n');
    expect(text).toContain('fwspec judge a.mbox --linux linux');
    expect(lines.filter((line) => line.startsWith('>'))).toHaveLength(1);
    expect(Math.max(...lines.slice(empty).map(columnsOf))).toBeLessThanOrEqual(72);
  });

  test('of a series answers the cover letter; of one patch of it, that patch', () => {
    const cover = new Map([...(patch.headers ?? []), ['message-id', '<cover@example.org>']]);
    const second = new Map([...(patch.headers ?? []), ['message-id', '<two@example.org>']]);
    const patches = [patch, { ...patch, headers: second }];
    const both = judged([], {
      patches,
      cover,
      steps: [{ patches: [0, 1], scenarios: [change], notJudged: [] }],
    });
    expect(mail(both)).toContain('In-Reply-To: <cover@example.org>');
    const same = scenario(explorationOf([]), explorationOf([]));
    const steps = [same, change].map((one, i) => ({
      patches: [i],
      scenarios: [one],
      notJudged: [],
    }));
    expect(mail(judged([], { patches, cover, steps }))).toContain('In-Reply-To: <two@example.org>');
  });

  test('of a diff has a subject and answers nobody', () => {
    const lines = mail(
      judged([change], { patches: [{ ...patch, name: 'x.diff', headers: null }] }),
    );
    expect(lines[0]).toBe('Subject: Re: x.diff');
    expect(lines.join('\n')).not.toMatch(/^(?:To|Cc|In-Reply-To|References):/m);
  });

  test('takes no header from a hostile one', () => {
    const field = fc.tuple(
      fc.constantFrom('from', 'to', 'cc', 'subject', 'message-id', 'references', 'date'),
      hostile.map((text) => text.replace(/\p{Cc}/gu, ' ').trim()),
    );
    fc.assert(
      fc.property(fc.array(field, { maxLength: 7 }), hostile, hostile, (fields, name, author) => {
        const of = { ...patch, name, author, headers: new Map(fields) };
        const lines = mail(judged([change], { patches: [of] }));
        const head = lines.slice(0, lines.indexOf(''));
        for (const line of head)
          expect(line).toMatch(
            /^(?:To|Cc|Subject|In-Reply-To|References|MIME-Version|Content-[\w-]+):| /,
          );
        expect(lines.join('\n')).not.toMatch(/(?!\n)\p{Cc}/u);
      }),
    );
  });
});

test('no text that comes from a patch reaches a terminal as it is', () => {
  const change = scenario(explorationOf([a]), explorationOf([a, b]));
  fc.assert(
    fc.property(hostile, hostile, hostile, (name, what, why) => {
      const steps = [{ patches: [0], scenarios: [change], notJudged: [{ what, why }] }];
      const of = judged([], { patches: [{ ...patch, name }], steps, notes: [why] });
      expect(judgeText(of).join('\n')).not.toMatch(/(?!\n)\p{Cc}|\u202e/u);
    }),
  );
});

test.each(table)('as a document: %s', (_what, scenarios, verdict) => {
  const document = judgeJson(judged(scenarios));
  expect(wrongIn('judge', JSON.parse(JSON.stringify(document)))).toEqual([]);
  expect(document.verdict).toBe(verdict);
});

test('a document names what is brought, with its witness', () => {
  const { steps } = judgeJson(judged([scenario(explorationOf([a]), explorationOf([a, b]))]));
  const [{ brings, removes, stays } = { brings: null, removes: null, stays: [] }] =
    steps[0]?.scenarios ?? [];
  expect(brings?.causes.map((of) => [of.id, of.known, of.bugs.map(({ id }) => id)])).toEqual([
    ['b', false, ['b']],
  ]);
  expect(brings?.causes[0]?.bugs[0]?.steps.length).toBeGreaterThan(0);
  expect([removes?.causes, stays]).toEqual([[], ['a']]);
});
