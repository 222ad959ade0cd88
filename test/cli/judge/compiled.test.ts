// Patches to a tree that answers as Linux's does: overlays as the compiler sees them.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { compileLinux } from '../../../src/cli/input/linux-tree.ts';
import { apply } from '../../../src/cli/judge/apply.ts';
import { judgeSteps, type Means } from '../../../src/cli/judge/judge.ts';
import { readPatches } from '../../../src/cli/judge/patches.ts';
import { type CScenario, run } from '../../../src/cli/judge/run.ts';
import { sourceLines } from '../../../src/cli/linux/source-lines.ts';
import { programOf } from '../../../src/llvm/index.ts';
import { type JudgedStep, judgeText, verdictOf } from '../../../src/report/index.ts';
import { scratch } from '../fwspec.ts';
import { clang, fakeTools, fakeTree } from '../linux/fake.ts';
import { listing } from './series.ts';

const header = `long m[5];
int count;
int pthread_mutex_lock(void *);
int pthread_mutex_unlock(void *);

static inline void up(void)
{
	pthread_mutex_lock(m);
	count++;
	pthread_mutex_unlock(m);
}
`;
const source = `#include "race.h"
int pthread_create(long *, void *, void *(*)(void *), void *);
int pthread_join(long, void *);
void __assert_fail(const char *, const char *, unsigned int, const char *);

static void *run(void *unused)
{
	up();
	return unused;
}

int main(void)
{
	long one, two;
	pthread_create(&one, 0, run, 0);
	pthread_create(&two, 0, run, 0);
	pthread_join(one, 0);
	pthread_join(two, 0);
	if (count != 2)
		__assert_fail("two", "race.c", 1, "main");
	return 0;
}
`;

const ofHeader = `--- a/drivers/race/race.h
+++ b/drivers/race/race.h
@@ -5,7 +5,5 @@ int pthread_mutex_unlock(void *);

 static inline void up(void)
 {
-	pthread_mutex_lock(m);
 	count++;
-	pthread_mutex_unlock(m);
 }
`;
const ofSource = `--- a/drivers/race/race.c
+++ b/drivers/race/race.c
@@ -5,7 +5,7 @@ void __assert_fail(const char *, const char *, unsigned int, const char *);

 static void *run(void *unused)
 {
-	up();
+	count++;
 	return unused;
 }

`;

const scenarios: readonly CScenario[] = [
  {
    name: 'counting',
    title: 'two count',
    files: ['drivers/race/race.c'],
    program: (modules) => programOf('counting', modules),
  },
];

describe.skipIf(clang === '')(clang === '' ? 'NOT RUN: there is no clang-14' : 'a patch', () => {
  const before = { path: process.env.PATH, cache: process.env.XDG_CACHE_HOME };
  beforeAll(() => {
    process.env.PATH = `${fakeTools().folder}:${before.path}`;
    process.env.XDG_CACHE_HOME = scratch();
  });
  afterAll(() => {
    process.env.PATH = before.path;
    if (before.cache === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = before.cache;
  });

  const tree = fakeTree({ 'drivers/race/race.h': header, 'drivers/race/race.c': source });

  async function judged(diff: string): Promise<JudgedStep> {
    const patch = join(scratch(), 'x.patch');
    writeFileSync(patch, diff);
    const was = listing(tree);
    const build = { arch: 'arm64', llvm: 14, level: 'source' } as const;
    const means: Means = {
      scenarios,
      compile: (files, overlay) => compileLinux(tree, files, { ...build, overlay }),
      tokenOf: (_scenario, { digest }) => digest,
      lines: (overlay) => sourceLines([...(overlay === null ? [] : [overlay]), tree]),
      explore: (scenario, modules) =>
        run(
          scenario,
          modules,
          { maxExecutions: null, maxSeconds: null, ignore: [] },
          { requested: false },
          () => {},
        ),
    };
    const { patches } = readPatches([patch], tree, scratch());
    const steps = await judgeSteps(apply(patches, tree, scratch()), ['x.patch'], false, means);
    expect(listing(tree)).toEqual(was);
    return steps[0] as JudgedStep;
  }

  test.each([
    ['of a header', ofHeader, 'race.h', /drivers\/race\/race\.h:8/, ['up']],
    ['of a file', ofSource, 'race.c', /drivers\/race\/race\.c:8/, ['run', 'up']],
  ])(
    '%s is compiled, told by lines of what it makes, and judged',
    async (_what, diff, name, place, changed) => {
      const step = await judged(diff);
      expect(verdictOf(step)).toBe('brings');
      expect(step.notJudged).toEqual([]);
      expect(step.scenarios[0]?.functions).toEqual(
        changed.map((of) => ({ name: of, isRun: true })),
      );
      const file = `drivers/race/${name}`;
      const text = judgeText({
        linux: 'Linux',
        patches: [{ name: 'x.patch', author: '', files: [file], headers: null }],
        cover: null,
        had: false,
        steps: [step],
        notes: [],
      }).join('\n');
      expect(text).toMatch(place);
      const { lineOf } = step.scenarios[0] ?? {};
      expect(lineOf?.after(`${file}:8`)).toBe('\tcount++;');
      expect(lineOf?.before(`${file}:8`)).not.toBe('\tcount++;');
    },
  );

  test('that deletes a header does not compile where it is included', async () => {
    const gone = `diff --git a/drivers/race/race.h b/drivers/race/race.h
deleted file mode 100644
--- a/drivers/race/race.h
+++ /dev/null
@@ -1,11 +0,0 @@
${header.replace(/^/gm, '-').slice(0, -1)}`;
    await expect(judged(gone)).rejects.toThrow(/^with "x\.patch": .*a patch deletes this file/);
    expect(existsSync(join(tree, 'drivers/race/race.h'))).toBe(true);
  });

  test('that does not compile says why, with the line of the tree', async () => {
    await expect(judged(ofSource.replace('+\tcount++;', '+\tcoutn++;'))).rejects.toThrow(
      /^with "x\.patch": .*drivers\/race\/race\.c:8.*coutn/,
    );
  });

  test('that renames a header with all who include it changes nothing', async () => {
    const renamed = `diff --git a/drivers/race/race.h b/drivers/race/count.h
similarity index 100%
rename from drivers/race/race.h
rename to drivers/race/count.h
diff --git a/drivers/race/race.c b/drivers/race/race.c
--- a/drivers/race/race.c
+++ b/drivers/race/race.c
@@ -1,4 +1,4 @@
-#include "race.h"
+#include "count.h"
 int pthread_create(long *, void *, void *(*)(void *), void *);
 int pthread_join(long, void *);
 void __assert_fail(const char *, const char *, unsigned int, const char *);
`;
    const step = await judged(renamed);
    expect(verdictOf(step)).toBe('nothing');
    expect(step.scenarios[0]?.isSameCode).toBe(true);
  });
});
