// Programs in C through clang, as far as its versions are installed.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileC } from '../../src/cli/input/compile-c.ts';
import { explore } from '../../src/explore/index.ts';
import { programOf } from '../../src/llvm/index.ts';

const folder = fileURLToPath(new URL('../../examples/c/', import.meta.url));
const compilers = [14, 15, 16, 17, 18, 19]
  .map((version) => `clang-${version}`)
  .filter((program) => spawnSync(program, ['--version']).status === 0);

const examples: readonly [file: string, executions: number, bugs: string[]][] = [
  ['publish.c', 3, ['property:reader:reader', 'data-race:reader+writer:config->limit']],
  ['last-put.c', 4, ['leak:main:object']],
  ['lost-wakeup.c', 3, ['deadlock:main+waiter:changed+join']],
];

const cases = compilers.flatMap((clang) => examples.map((example) => [clang, ...example] as const));

test(compilers.length === 0 ? 'not compared: no clang is installed' : 'some clang is there', () => {
  expect(compilers.every((program) => program.startsWith('clang-'))).toBe(true);
});

test
  .skipIf(compilers.length === 0)
  .each(cases.length === 0 ? [['', '', 0, [] as string[]]] : cases)(
  '%s: %s has %i classes of executions and the bugs it is about',
  (clang, file, executions, bugs) => {
    const { modules } = compileC([folder + file], [], clang);
    const outcome = explore(programOf(file, modules));
    expect(outcome.bugs.map(({ id }) => id)).toEqual(bugs);
    expect([outcome.complete, outcome.executions]).toEqual([true, executions]);
  },
);
