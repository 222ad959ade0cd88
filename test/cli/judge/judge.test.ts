// Patches to programs in LLVM IR, which need no compiler: what they bring, remove and leave.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { apply } from '../../../src/cli/judge/apply.ts';
import { isSame } from '../../../src/cli/judge/functions.ts';
import { judgeSteps, type Means } from '../../../src/cli/judge/judge.ts';
import { readPatches } from '../../../src/cli/judge/patches.ts';

import { type CScenario, run } from '../../../src/cli/judge/run.ts';

import { notConfigured } from '../../../src/cli/linux/build.ts';

import { Module, programOf } from '../../../src/llvm/index.ts';
import { type JudgedStep, type JudgeVerdict, verdictOf } from '../../../src/report/index.ts';
import { UsageError } from '../../../src/util/index.ts';
import { thread, threads } from '../../llvm/program.ts';
import { folder, listing, treeOf } from './series.ts';

const lock = '  %l = call i32 @pthread_mutex_lock(ptr @m)\n';
const unlock = '  %u = call i32 @pthread_mutex_unlock(ptr @m)\n';
const add = `  %v = load i32, ptr @x, align 4
  %w = add i32 %v, 1
  store i32 %w, ptr @x, align 4
`;
const idle = '\ndefine void @idle() {\n  ret void\n}\n';
const declared = 'declare i32 @pthread_mutex_lock(ptr)\ndeclare i32 @pthread_mutex_unlock(ptr)\n';
const body = lock + add + unlock;
const locked = `${declared}${threads(
  thread('a', body) + thread('b', body) + idle,
  ['a', 'b'],
  `  %end = load i32, ptr @x, align 4
  %two = icmp eq i32 %end, 2
  call void @check(i1 %two)`,
)}`;

const files = {
  'lib/other.c': threads('', []),
  'lib/count.c': locked,
  'lib/count.h': '; nothing\n',
  'lib/Kconfig': 'config A\n',
};

function scenario(name: string, linked: readonly string[]): CScenario {
  return { name, title: name, files: linked, program: (modules) => programOf(name, modules) };
}

const scenarios = [scenario('counting', ['lib/count.c']), scenario('other', ['lib/other.c'])];
let compiled = 0;

/** A "compiler" that puts what a header has behind each file. */
function meansFor(tree: string, maxExecutions: number | null = null): Means {
  const read = (file: string, overlay: string | null): string => {
    const over = overlay === null ? null : join(overlay, file);
    return readFileSync(over !== null && existsSync(over) ? over : join(tree, file), 'utf8');
  };
  return {
    scenarios,
    compile: async (linked, overlay) => {
      compiled++;
      const modules = linked.map((file) => {
        const text = read(file, overlay) + read('lib/count.h', overlay);
        if (text.includes('; not here')) throw new UsageError(notConfigured, `no use for ${file}`);
        if (text.includes('#error')) throw new UsageError('cli/clang-failed', `${file}: #error`);
        return new Module(text, file);
      });
      return { modules, digest: overlay === null ? 'tree' : 'overlay', compiler: 'clang 14' };
    },
    lines: () => () => null,
    tokenOf: ({ name }, { digest }, { id }) => `${name}/${digest}/${id}`,
    explore: (scenario, modules) =>
      run(
        scenario,
        modules,
        { maxExecutions, maxSeconds: null, ignore: [] },
        { requested: false },
        () => {},
      ),
  };
}

test('a file whose lines have moved is the same code, whatever it has called at boot', () => {
  const module = (name: string) => new Module(`module asm "${name}:"\n${threads('', [])}`, 'x.ll');
  const before = module('__initcall__kmod_race__363_2301_start6');
  expect(isSame(before, module('__initcall__kmod_race__364_2302_start6'))).toBe(true);
  expect(isSame(before, module('__initcall__kmod_race__363_2301_stop6'))).toBe(false);
  expect(isSame(before, module('__initcall__kmod_race__363_2301_start7'))).toBe(false);
});

/** A diff between texts of a file, whole. */
function diff(file: string, from: string, to: string): string {
  const lines = (text: string, sign: string): string =>
    text.replace(/\n$/, '').replace(/^/gm, sign);
  const count = (text: string): number => text.split('\n').length - 1;
  return `diff --git a/${file} b/${file}
--- a/${file}
+++ b/${file}
@@ -1,${count(from)} +1,${count(to)} @@
${lines(from, '-')}
${lines(to, '+')}
`;
}

async function judged(
  diffs: readonly string[],
  { isEach = false, tree = treeOf(files), maxExecutions = null as number | null } = {},
): Promise<JudgedStep[]> {
  const at = folder();
  const paths = diffs.map((_text, i) => join(at, `${i}.patch`));
  paths.forEach((path, i) => {
    writeFileSync(path, diffs[i] ?? '');
  });
  const before = listing(tree);
  try {
    const { patches } = readPatches(paths, tree, folder());
    const names = patches.map(({ name }) => name);
    return await judgeSteps(
      apply(patches, tree, folder()),
      names,
      isEach,
      meansFor(tree, maxExecutions),
    );
  } finally {
    expect(listing(tree)).toEqual(before);
  }
}

const racy = locked.replace(lock, '').replace(unlock, '');
const [takesOut, putsBack] = [diff('lib/count.c', locked, racy), diff('lib/count.c', racy, locked)];

test('that a scenario is about whose files this kernel has no use for is judged by the others', async () => {
  const tree = treeOf({ ...files, 'lib/other.c': `; not here\n${files['lib/other.c']}` });
  const [step] = await judged([takesOut, diff('lib/Kconfig', 'config A\n', 'config B\n')], {
    tree,
  });
  expect(step?.scenarios.map(({ name }) => name)).toEqual(['counting']);
  const header = diff('lib/count.h', '; nothing\n', '; something\n');
  const [other] = await judged([takesOut, header], { tree });
  expect(other?.scenarios.map(({ name, reason }) => [name, reason])).toEqual([
    ['counting', null],
    ['other', 'no use for lib/other.c'],
  ]);
});

test.each<[what: string, diffs: string[], verdict: JudgeVerdict, unjudged: RegExp[]]>([
  ['that takes a lock out brings a bug', [takesOut], 'brings', []],
  ['that takes it out and puts it back changes nothing', [takesOut, putsBack], 'nothing', []],
  [
    'of a comment compiles to the same code',
    [diff('lib/count.c', locked, `; a comment\n${locked}`)],
    'nothing',
    [],
  ],
  [
    'of a function that nobody calls changes nothing, and says that it was not looked at',
    [
      diff(
        'lib/count.c',
        locked,
        locked.replace('@idle() {\n', '@idle() {\n  store i32 1, ptr @x\n'),
      ),
    ],
    'nothing',
    [/^idle\(\): no scenario calls it$/],
  ],
  [
    'of files that no scenario links is not judged',
    [
      diff('lib/Kconfig', 'config A\n', 'config B\n'),
      '--- /dev/null\n+++ b/lib/new.c\n@@ -0,0 +1 @@\n+int x;\n',
      '--- /dev/null\n+++ b/README\n@@ -0,0 +1 @@\n+text\n',
    ],
    'not-judged',
    [/^README: it is no C$/, /^lib\/Kconfig: .*configured$/, /^lib\/new\.c: no scenario links it$/],
  ],
  [
    'of a header that changes nothing is not judged',
    [diff('lib/count.h', '; nothing\n', '; nobody\n')],
    'not-judged',
    [/^lib\/count\.h: no file that is linked changes by it$/],
  ],
  [
    'of a header that changes what is linked is judged',
    [diff('lib/count.h', '; nothing\n', 'define void @more() {\n  ret void\n}\n')],
    'nothing',
    [/^more\(\): no scenario calls it$/],
  ],
  [
    'that calls what nobody knows cannot be judged, and says of whom',
    [diff('lib/count.c', locked, locked.replace(lock, `${lock}  call void @unheard_of()\n`))],
    'incomplete',
    [/^counting: after: .*unheard_of\(\)/],
  ],
])('a patch %s', async (_what, diffs, verdict, unjudged) => {
  const steps = await judged(diffs);
  expect(steps).toHaveLength(1);
  const [step] = steps;
  expect(step === undefined ? null : verdictOf(step)).toBe(verdict);
  const lines = step?.notJudged.map(({ what, why }) => `${what}: ${why}`) ?? [];
  expect(lines).toEqual(unjudged.map((says) => expect.stringMatching(says)));
});

test('one by one each is judged on those before it, and no tree is explored twice', async () => {
  compiled = 0;
  const steps = await judged([takesOut, putsBack], { isEach: true });
  expect(steps.map(verdictOf)).toEqual(['brings', 'removes']);
  expect(steps.map(({ patches }) => patches)).toEqual([[0], [1]]);
  expect(compiled).toBe(3);
  const [brings, removes] = steps.map(({ scenarios: [one] }) => one?.difference);
  expect(brings?.brings.causes.map(({ cause }) => cause.id)).toEqual(
    removes?.removes.causes.map(({ cause }) => cause.id),
  );
  expect(steps[0]?.scenarios[0]?.functions).toEqual([{ name: 'a', isRun: true }]);
});

test('what a tree has already is taken back: it brings what the tree has', async () => {
  const steps = await judged([takesOut], { tree: treeOf({ ...files, 'lib/count.c': racy }) });
  expect(steps.map(verdictOf)).toEqual(['brings']);
});

test('a witness says what it hangs on, in the tree that has it', async () => {
  for (const [diffs, tree, side] of [
    [[takesOut], treeOf(files), 'brings'],
    [[putsBack], treeOf({ ...files, 'lib/count.c': racy }), 'removes'],
  ] as const) {
    const [step] = await judged(diffs, { tree });
    const [one] = step?.scenarios ?? [];
    const [bug] = one?.difference?.[side].causes[0]?.bugs ?? [];
    expect(bug === undefined ? null : one?.whyOf(bug)?.text).toMatch(/before|between/);
  }
});

test('a search that was cut short never says that something is gone', async () => {
  const tree = treeOf({ ...files, 'lib/count.c': racy });
  const [step] = await judged([putsBack], { tree, maxExecutions: 1 });
  expect(step === undefined ? null : verdictOf(step)).toBe('incomplete');
});

test('what does not compile is an error that names the patch', async () => {
  const broken = diff('lib/count.c', locked, `; #error\n${locked}`);
  await expect(judged([broken])).rejects.toThrow(/^with "0\.patch": lib\/count\.c: #error$/);
  const gone = `diff --git a/lib/count.c b/lib/count.c\ndeleted file mode 100644\n${diff(
    'lib/count.c',
    locked,
    '',
  )
    .split('\n')
    .slice(1, -2)
    .join('\n')
    .replace('b/lib/count.c', '/dev/null')
    .replace(/\+1,0 @@/, '+0,0 @@')}\n`;
  await expect(judged([gone])).rejects.toThrow(/^with "0\.patch": lib\/count\.c: #error$/);
});
