// What the program is given that it cannot use, or cannot write: checkpoints, and where output goes.
import { spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixture, fwspec, type Result, root, scratch } from '../fwspec.ts';

const main = join(root, 'dist/cli/main.js');
const search = ['explore', 'cover-letter', '--driver', 'virtio-iommu', '--ignore', 'data-race'];
const short = [...search, '--max-executions', '12'];

function refusal({ code, stdout, stderr }: Result): string {
  expect([code, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^fwspec: [^\n]+\n$/);
  return stderr;
}

describe.concurrent('a file that is no checkpoint is refused in one line', () => {
  const folder = scratch();
  const good = join(folder, 'good');
  let saved = '';

  beforeAll(async () => {
    expect((await fwspec([...short, '--checkpoint', good])).code).toBe(1);
    saved = readFileSync(good, 'utf8');
  });

  test.each<[string, (path: string) => void, RegExp]>([
    ['empty', (path) => writeFileSync(path, ''), /it is empty/],
    ['cut', (path) => writeFileSync(path, saved.slice(0, 999)), /it is no checkpoint, or was cut/],
    ['of bytes', (path) => writeFileSync(path, new Uint8Array(999)), /it is no checkpoint/],
    ['something else', (path) => writeFileSync(path, '{"a":1}'), /it is no checkpoint/],
    [
      'of a newer version',
      (path) => writeFileSync(path, '{"fwspec":"checkpoint","version":9}'),
      /it is of version 9, and this fwspec writes version 2/,
    ],
    [
      'edited',
      (path) => writeFileSync(path, saved.replace('"executions":12', '"executions":13')),
      /the saved search is damaged: its checksum is another one/,
    ],
    [
      'of another search',
      (path) => writeFileSync(path, saved.replace('cover-letter', 'two-clients')),
      /it is of another search/,
    ],
    ['huge', (path) => spawnSync('truncate', ['-s', '100M', path]), /longer than 67108864 bytes/],
    ['a pipe', (path) => spawnSync('mkfifo', [path]), /it is no ordinary file/],
    ['a directory', (path) => mkdirSync(path), /it is a directory/],
    ['a device', (path) => symlinkSync('/dev/zero', path), /it is no ordinary file/],
    ['a link to itself', (path) => symlinkSync(path, path), /a link leads back to itself/],
  ])('%s', async (what, make, says) => {
    const path = join(folder, what.replaceAll(' ', '-'));
    make(path);
    expect(refusal(await fwspec([...short, '--checkpoint', path]))).toMatch(says);
  });

  test('in a folder that is not there, before anything is searched', async () => {
    const path = join(folder, 'none', 'file');
    expect(refusal(await fwspec([...search, '--checkpoint', path]))).toMatch(/is no directory/);
  });

  test('beside random executions', async () => {
    const args = [...short, '--random', 'pct', '--checkpoint', join(folder, 'random')];
    expect(refusal(await fwspec(args))).toMatch(/--checkpoint and --random exclude each other/);
  });
});

/** Run the program by a shell, which sets limits or says where output goes. */
function shell(command: string): Result {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', command], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, FWSPEC: `${process.execPath} ${main}`, NO_COLOR: '', COLUMNS: '' },
  });
  return { code: status, stdout, stderr };
}

describe('a checkpoint that cannot be written', () => {
  test('costs neither the search nor what it found', () => {
    const file = join(scratch(), 'search');
    const whole = shell(`$FWSPEC ${short.join(' ')} --json`);
    const { code, stdout, stderr } = shell(
      `ulimit -f 1; $FWSPEC ${short.join(' ')} --json --checkpoint ${file} | cat; `,
    );
    const timeless = (text: string) => ({ ...JSON.parse(text), elapsed_ms: 0 });
    expect(timeless(stdout)).toEqual(timeless(whole.stdout));
    expect(code).toBe(0); // of cat
    expect(stderr).toMatch(/^fwspec: cannot write .*not be that large here; the search goes on\n/);
    expect(existsSync(file)).toBe(false);
  });

  test('leaves nothing behind, nor does one that was killed', async () => {
    const folder = scratch();
    const file = join(folder, 'search');
    const left = `${file}.${spawnSync('true').pid}.new`;
    writeFileSync(left, 'half');
    await fwspec([...short, '--checkpoint', file]);
    expect(readdirSync(folder)).toEqual(['search']);
  });

  test('by two at once is whole all the same', async () => {
    const file = join(scratch(), 'search');
    await Promise.all([1, 2].map(() => fwspec([...short, '--checkpoint', file])));
    expect((await fwspec([...short, '--checkpoint', file])).code).toBe(1);
  });
});

describe.concurrent('standard output that takes nothing', () => {
  test.each([
    [['list', 'kernels']],
    [['--version']],
    [['completion', 'bash']],
    [['inspect', fixture('a64-dt-none'), '--json']],
    [short],
    [[...short, '--format', 'html']],
  ])('ends %j in one line and 2', async (args) => {
    const full = openSync('/dev/full', 'w');
    const child = spawn(process.execPath, [main, ...args], {
      cwd: root,
      stdio: ['ignore', full, 'pipe'],
    });
    let stderr = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const code = await new Promise((resolve) => child.on('close', resolve));
    expect(stderr).toBe('fwspec: cannot write to standard output: the disk is full\n');
    expect(code).toBe(2);
  });

  test('as a file that may not be that large', () => {
    const file = join(scratch(), 'out');
    const { code, stderr } = shell(`(ulimit -f 0; exec $FWSPEC list kernels > ${file})`);
    expect(stderr).toBe(
      'fwspec: cannot write to standard output: files may not be that large here\n',
    );
    expect(code).toBe(2);
  });
});
