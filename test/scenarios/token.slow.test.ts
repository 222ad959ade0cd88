import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { abbreviate, bugOf, replay, shorten } from '../../src/explore/index.ts';
import { defaultKconfig } from '../../src/linux/index.ts';
import { bugText } from '../../src/report/index.ts';
import {
  builtinShape,
  decodeToken,
  encodeToken,
  programOf,
  scenarioOf,
} from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { UsageError } from '../../src/util/index.ts';
import { explored, programFor, subject, tokenOf } from './races/explored.ts';

const subjects = [
  subject('cover-letter', 'v6.7-rc1', 'virtio-iommu'),
  subject('partial-fwspec', 'v6.7', 'exynos-sysmmu'),
  subject('two-iommus', 'v6.7', 'apple-dart'),
  subject('two-iommus', 'v6.7', 'arm-smmu'),
  subject('hotplug', 'v6.7', 'apple-dart'),
  subject('failed-registration', 'v6.7', 'arm-smmu-v3'),
  subject('bind-iort', 'v6.7', 'arm-smmu-v3'),
  subject('bind-viot', 'v6.7', 'virtio-iommu'),
  subject('remove-device', 'v6.7', 'intel-iommu'),
];

describe.each(subjects)('$scenario.name on $kernel', (of) => {
  const outcome = explored(of);

  test('has bugs to make tokens of', () => {
    expect(outcome.bugs.length).toBeGreaterThan(0);
  });

  test('every token says what was put into it', () => {
    for (const bug of outcome.bugs) {
      const { what, decoded } = tokenOf(of, bug);
      const schedule = shorten(what.schedule, bug.tasks);
      expect(decoded).toEqual({ ...what, schedule, bug: abbreviate(what.bug) });
    }
  });

  test('every token is one word that no shell changes', () => {
    for (const bug of outcome.bugs) {
      const { token } = tokenOf(of, bug);
      expect(token).toMatch(/^f1\/[\w/.,+=:%-]+$/);
      expect(token.length).toBeLessThan(250);
    }
  });

  test('every token replays to the witness, byte for byte, however often', () => {
    for (const bug of outcome.bugs) {
      const { token, decoded } = tokenOf(of, bug);
      const again = [1, 2].map(() => bugOf(replay(programFor(of), decoded.schedule), bug.id));
      for (const replayed of again) {
        if (replayed === null) throw new Error(`${bug.id} is gone`);
        for (const full of [false, true])
          expect(bugText(replayed, token, { full })).toEqual(bugText(bug, token, { full }));
      }
    }
  });

  test('exploring it twice gives the same outcome', () => {
    expect(explored(of)).toEqual(outcome);
  });
});

test('a token says which allocation fails', () => {
  const of = subject('failed-registration', 'v6.7', 'arm-smmu-v3');
  const bug = explored(of).bugs.find(({ kind }) => kind === 'use-after-free');
  if (bug === undefined) throw new Error('no bug');
  const { what, decoded } = tokenOf(of, bug);
  const made = decoded.schedule.flatMap(({ choices = [] }) => choices);
  expect(made).toEqual([
    { at: abbreviate('dev_iommu_get choose dev_iommu'), nth: expect.any(Number), way: 1 },
  ]);
  const schedule = what.schedule.map(({ choices: _, ...segment }) => segment);
  const { token } = tokenOf(of, { ...bug, schedule });
  expect(refused(token) || bugOf(replay(programFor(of), schedule), bug.id) === null).toBe(true);
});

describe('names and options', () => {
  const shape = builtinShape(scenarioOf('cover-letter'), 'virtio-iommu');
  const what = { kernel: 'v6.7', scenario: 'cover-letter', schedule: [], bug: '#abcde' } as const;

  test.each(['a/b,c+d=e.f:g', 'it\'s "quoted" (*) ~!', 'späce\n\x1b[31m', '%2F', '日本語', ''])(
    'a device may be called %j',
    (name) => {
      const token = encodeToken({ ...what, config: defaultKconfig, shape: { ...shape, name } }, []);
      expect(token).toMatch(/^[\w/.,+=:%-]+$/);
      expect(decodeToken(token).shape.name).toBe(name);
    },
  );

  test('options that differ from the usual come along', () => {
    const config = { ...defaultKconfig, CONFIG_MODULES: false, iommu_passthrough: true };
    expect(decodeToken(encodeToken({ ...what, config, shape }, [])).config).toEqual(config);
  });
});

test('a token can be of an execution without a bug', () => {
  const of = subject('cover-letter', 'v6.7-rc1');
  const { what } = tokenOf(of, { schedule: [], id: '', tasks: [] } as never);
  const token = encodeToken({ ...what, bug: null }, []);
  expect(token.endsWith('//-')).toBe(true);
  expect(decodeToken(token)).toEqual({ ...what, bug: null });
});

/** What `replay` does with a token. */
function follow(token: string): void {
  const { kernel, scenario, config, shape, schedule, bug } = decodeToken(token);
  const program = programOf(scenarioOf(scenario), designOf(kernel), config, shape);
  bugOf(replay(program, schedule), bug ?? '');
}

/** Whether a token is refused in words; fails when anything but a usage error comes out. */
function refused(token: string): boolean {
  try {
    follow(token);
    return false;
  } catch (error) {
    if (error instanceof UsageError) return true;
    throw error;
  }
}

const valid =
  'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1/0:lyfqi+1:y2qie+0:ug237.2/qa0c5';

function withPart(index: number, part: string): string {
  return valid.split('/').with(index, part).join('/');
}

test('the token that the others are made from is followed', () => {
  expect(refused(valid)).toBe(false);
});

test.each<[string, string, string]>([
  ['nothing', '', 'cli/bad-token'],
  ['another word', 'hello', 'cli/bad-token'],
  ['a token of another version', withPart(0, 'f2'), 'cli/token-version'],
  ['a token of an older version', withPart(0, 'f0'), 'cli/token-version'],
  ['a token that was cut in the middle', valid.slice(0, 40), 'cli/bad-token'],
  ['a token without its last part', valid.slice(0, valid.lastIndexOf('/')), 'cli/bad-token'],
  ['a token with a part too many', `${valid}/x`, 'cli/bad-token'],
  ['an unknown kernel', withPart(1, 'v5.0'), 'cli/unknown-kernel'],
  ['an unknown scenario', withPart(2, 'nothing'), 'cli/unknown-scenario'],
  ['an unknown option', withPart(3, 'CONFIG_NONE=y'), 'cli/bad-token'],
  ['an option of all objects', withPart(3, 'toString=y'), 'cli/bad-token'],
  ['an option that is neither y nor n', withPart(3, 'CONFIG_MODULES=m'), 'cli/bad-token'],
  ['an unknown bus', withPart(4, 'usb,dev,a=b=1,0.1'), 'cli/bad-token'],
  ['a specifier of an IOMMU that is not there', withPart(4, 'pci,dev,a=b=1,7.1'), 'cli/bad-token'],
  ['a broken percent sign', withPart(4, 'pci,%zz,a=b=1,0.1'), 'cli/bad-token'],
  ['a number that is too large', withPart(4, 'pci,dev,a=b=1,0.4294967296'), 'cli/bad-token'],
  ['an unknown table', withPart(4, 'pci,dev,a=arm%2Csmmu-v3=1,0.1,dmar'), 'cli/bad-token'],
  [
    'a table without such IOMMUs',
    withPart(4, 'pci,dev,a=arm%2Csmmu-v3=1,0.1,viot'),
    'cli/bad-token',
  ],
  ['a segment that is none', withPart(5, '0:lyfqi+xyz'), 'cli/bad-token'],
  ['a task that is not there', withPart(5, '7:lyfqi'), 'explore/schedule-does-not-fit'],
  ['an event that never comes', withPart(5, '0:00000'), 'explore/schedule-does-not-fit'],
])('%s is a usage error', (_what, token, code) => {
  try {
    follow(token);
  } catch (error) {
    expect(error).toBeInstanceOf(UsageError);
    expect((error as UsageError).code).toBe(code);
    return;
  }
  throw new Error('accepted');
});

describe('whatever a token says, it is followed or refused in words', () => {
  const parameters = { seed: 20231115, numRuns: 400 };
  const alphabet = fc.constantFrom(...'0123456789abcxyz#/.,+=:%-_ \n\x1bé');

  test('any text', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(refused(text)).toBe(true);
      }),
      parameters,
    );
  });

  test('a token with characters changed, put in or left out', () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(valid.length),
        remove: fc.nat(3),
        insert: fc.string({ unit: alphabet, maxLength: 3 }),
      }),
      { minLength: 1, maxLength: 3 },
    );
    fc.assert(
      fc.property(edits, (list) => {
        let token = valid;
        for (const { at, remove, insert } of list)
          token = token.slice(0, at) + insert + token.slice(at + remove);
        refused(token);
      }),
      parameters,
    );
  });

  test('a token of other devices', () => {
    const drivers = [
      'arm,smmu-v2',
      'arm,smmu-v3',
      'virtio,mmio',
      'apple,t8103-dart',
      'samsung,exynos-sysmmu',
      'none',
    ];
    const iommus = fc.array(fc.tuple(fc.constantFrom(...drivers), fc.nat(4)), {
      minLength: 1,
      maxLength: 3,
    });
    const specifiers = fc.array(fc.tuple(fc.nat(2), fc.array(fc.nat(0xffff), { maxLength: 4 })), {
      minLength: 1,
      maxLength: 40,
    });
    const scenario = fc.constantFrom('cover-letter', 'partial-fwspec', 'two-iommus');
    const kernel = fc.constantFrom('v6.7-rc1', 'v6.7');
    const table = fc.constantFrom('', ',iort', ',viot', ',dmar');
    const bus = fc.constantFrom('platform', 'amba', 'pci');
    fc.assert(
      fc.property(
        kernel,
        scenario,
        bus,
        iommus,
        specifiers,
        table,
        (name, on, where, behind, by, in_) => {
          const shape =
            [
              where,
              'dev',
              behind
                .map(([driver, cells], i) => `i${i}=${encodeURIComponent(driver)}=${cells}`)
                .join('+'),
              by.map(([iommu, args]) => [iommu, ...args].join('.')).join('+'),
            ].join(',') + in_;
          refused(`f1/${name}/${on}/-/${shape}/0:lyfqi/qa0c5`);
        },
      ),
      parameters,
    );
  });
});
