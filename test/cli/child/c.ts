// fwspec c on modules of LLVM IR, which need no compiler.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { alone, thread, threads } from '../../llvm/program.ts';
import { fwspec } from '../fwspec.ts';
import { wrongIn } from './documents.ts';

const folder = mkdtempSync(join(tmpdir(), 'fwspec-test-'));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const add = (at: string): string => `  %v = load i32, ptr @${at}, align 4
  %w = add i32 %v, 1
  store i32 %w, ptr @${at}, align 4`;
const racy = file(
  'racy.ll',
  threads(
    thread('a', add('x')) + thread('b', add('x')),
    ['a', 'b'],
    `  %end = load i32, ptr @x, align 4
  %two = icmp eq i32 %end, 2
  call void @check(i1 %two)`,
  ),
);
const clean = file('clean.ll', threads(thread('a', add('x')) + thread('b', add('y')), ['a', 'b']));

const counting = file(
  'counting.ll',
  alone(`  br label %again
again:
  %c = atomicrmw add ptr @x, i32 1 seq_cst, align 4
  %is = icmp eq i32 %c, 3
  br i1 %is, label %done, label %again
done:`),
);
const careless = file(
  'careless.ll',
  alone(`  %p = call ptr @malloc(i64 4)
  store i32 1, ptr %p, align 4
  call void @free(ptr %p)`),
);

describe.concurrent('a program in C', () => {
  test('with a bug is told with its cause and witness, and exits with 1', async () => {
    const { code, stdout } = await fwspec(['c', racy]);
    expect(stdout).toContain('4 executions   complete');
    expect(stdout).toContain('1 bug and 1 data race. 1 cause:');
    expect(stdout).toMatch(/the assertion "ok" fails/);
    expect(stdout).toMatch(/racy\.ll:\d+/);
    expect(code).toBe(1);
  });

  test('without one is clean, and exits with 0', async () => {
    const { code, stdout } = await fwspec(['c', clean]);
    expect(stdout).toContain('1 execution   complete');
    expect(stdout).toContain('No bug in any execution.');
    expect(code).toBe(0);
  });

  test('that is cut short is incomplete, and exits with 3', async () => {
    const options = ['--ignore', 'property', '--ignore', 'data-race', '--max-executions', '1'];
    const { code, stdout } = await fwspec(['c', racy, ...options]);
    expect(stdout).toContain('cut short');
    expect(code).toBe(3);
  });

  test('whose loops are cut short is incomplete where nothing is found, and exits with 3', async () => {
    const { code, stdout } = await fwspec(['c', counting, '--unroll', '2']);
    expect(stdout).toMatch(/goes round more often than --unroll allows/);
    expect(code).toBe(3);
    expect((await fwspec(['c', counting, '--unroll', '3'])).code).toBe(0);
  });

  test('whose allocations fail is told what fails, and its token knows of it', async () => {
    const { stdout } = await fwspec(['c', careless, '--faults', '1', '--unroll', '7']);
    expect(stdout).toContain('main() memory');
    const token = /fwspec replay (\S+)/.exec(stdout)?.[1] ?? '';
    expect((await fwspec(['replay', token])).stdout).toContain('null-deref in main()');
    expect((await fwspec(['c', careless])).code).toBe(0);
  });

  test('as a document fits its schema, and each token gives its bug again', async () => {
    const { stdout } = await fwspec(['c', racy, '--json', '--all']);
    const document = JSON.parse(stdout) as {
      command: string;
      kernel: null;
      bugs: { id: string; token: string; steps: { place?: string }[] }[];
    };
    expect(wrongIn('explore', document)).toEqual([]);
    expect([document.command, document.kernel]).toEqual(['c', null]);
    expect(document.bugs.map(({ id }) => id)).toEqual(['property:check:main', 'data-race:a+b:x']);
    for (const { id, token } of document.bugs) {
      const again = await fwspec(['replay', token, '--json']);
      const replayed = JSON.parse(again.stdout) as { bug: { id: string } };
      expect(wrongIn('replay', replayed)).toEqual([]);
      expect(replayed.bug.id).toBe(id);
    }
    expect(document.bugs[0]?.steps.some(({ place }) => /racy\.ll:\d+$/.test(place ?? ''))).toBe(
      true,
    );
  });

  test('that has changed since is not replayed', async () => {
    const changing = file('changing.ll', alone('  call void @check(i1 false)'));
    const { stdout } = await fwspec(['c', changing, '--json']);
    const [bug] = (JSON.parse(stdout) as { bugs: { token: string }[] }).bugs;
    file('changing.ll', alone('  %v = load i32, ptr @x, align 4\n  call void @check(i1 false)'));
    const { code, stderr } = await fwspec(['replay', bug?.token ?? '']);
    expect(stderr).toMatch(/^fwspec: .*changing\.ll is not what it was when the token was printed/);
    expect(code).toBe(2);
  });

  test.each<[what: string, args: string[], message: RegExp]>([
    ['no file', ['c'], /^fwspec: c needs a file/],
    ['a file that is not there', ['c', 'nowhere.c'], /^fwspec: there is no file nowhere\.c/],
    ['IR that is not there', ['c', 'nowhere.ll'], /^fwspec: cannot read nowhere\.ll/],
    ['a folder', ['c', folder, '--clang', 'true'], /^fwspec: /],
    ['no IR', ['c', file('no.ll', 'int main;')], /^fwspec: .*no\.ll: .*expected LLVM IR as text/],
    ['no main()', ['c', file('main.ll', '@x = global i8 0\n')], /^fwspec: .*there is no main\(\)/],
    [
      'a function of nobody',
      ['c', file('nobody.ll', alone('  call void @nobody()'))],
      /^fwspec: .*nobody\(\) is called, which no file given defines/,
    ],
    [
      'a compiler that is not there',
      ['c', file('a.c', 'int main;'), '--clang', 'no-such-clang'],
      /^fwspec: no-such-clang cannot be run \(apt-get install clang/,
    ],
    [
      'what is no clang',
      ['c', file('b.c', 'int main;'), '--clang', 'true'],
      /^fwspec: true is no clang/,
    ],
    ['a token that was cut', ['replay', 'c1/a.c/-/1234'], /^fwspec: this is not a token/],
  ])('%s is one line and exit code 2', async (_what, args, message) => {
    const { code, stdout, stderr } = await fwspec(args);
    expect(stderr).toMatch(message);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect([code, stdout]).toEqual([2, '']);
  });
});
