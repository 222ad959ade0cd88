// Patches as people have them: read and applied to copies, never to the tree.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { apply } from '../../../src/cli/judge/apply.ts';
import { headersOf, placeOf, summaryOf } from '../../../src/cli/judge/headers.ts';
import { type PatchSet, readPatches } from '../../../src/cli/judge/patches.ts';
import { change, counter, folder, listing, mail, treeOf } from './series.ts';

const tree = treeOf({ 'lib/count.c': counter, 'lib/old.h': 'int old;\n' });

function file(name: string, text: string | Buffer): string {
  const path = join(folder(), name);
  writeFileSync(path, text);
  return path;
}

const read = (...operands: string[]): PatchSet => readPatches(operands, tree, folder());

/** What is in a file after the last of the patches. */
function atEnd(set: PatchSet, of = 'lib/count.c'): string | null {
  const { folder: at = '' } = apply(set.patches, tree, folder()).states.at(-1) ?? {};
  return existsSync(join(at, of)) ? readFileSync(join(at, of), 'utf8') : null;
}

/** The message of what is refused. */
function refused(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).toMatchObject({ name: 'UsageError' });
    return (error as Error).message;
  }
  return 'nothing was refused';
}

const first = mail({
  subject: '[PATCH 1/2] count: up by two',
  diff: change('count++;', 'count += 2;'),
});
const second = mail({
  subject: '[PATCH 2/2] count: up by three',
  diff: change('count += 2;', 'count += 3;'),
  headers: ['Message-ID: <two@example.org>'],
});
const cover = mail({ subject: '[PATCH 0/2] count: up', diff: '', body: 'All of it.\n' });

describe('patches are read from', () => {
  test.each<[what: string, operands: () => string[]]>([
    ['an mbox', () => [file('all.mbox', first + second)]],
    [
      'an mbox in another order, with a cover letter',
      () => [file('b.mbox', second + cover + first)],
    ],
    ['files in their order', () => [file('1.patch', first), file('2.patch', second)]],
    [
      'a folder',
      () => {
        const at = folder();
        writeFileSync(join(at, '0001-a.patch'), first);
        writeFileSync(join(at, '0002-b.patch'), second);
        writeFileSync(join(at, '0000-cover-letter.patch'), cover);
        return [at];
      },
    ],
    [
      'a folder with a list of them',
      () => {
        const at = folder();
        writeFileSync(join(at, 'z.patch'), first);
        writeFileSync(join(at, 'a.patch'), second);
        writeFileSync(join(at, 'series'), '# in order\nz.patch -p1\n\na.patch\n');
        return [at];
      },
    ],
    [
      'what b4 am leaves',
      () => {
        const at = folder();
        writeFileSync(join(at, 'v1_count.mbx'), first + second);
        writeFileSync(join(at, 'v1_count.cover'), 'All of it.\n');
        return [at];
      },
    ],
  ])('%s', (_what, operands) => {
    const set = read(...operands());
    expect(set.patches.map(({ name }) => name)).toEqual([
      '[PATCH 1/2] count: up by two',
      '[PATCH 2/2] count: up by three',
    ]);
    expect(set.notes).toEqual([]);
    expect(atEnd(set)).toBe(counter.replace('count++', 'count += 3'));
  });

  test.each<[encoding: string, body: (text: string) => string]>([
    ['quoted-printable', (text) => text.replaceAll('=', '=3D').replaceAll('\t', '=09')],
    [
      'base64',
      (text) =>
        `${Buffer.from(text)
          .toString('base64')
          .replace(/(.{76})/g, '$1\n')}\n`,
    ],
    ['8bit', (text) => text],
    ['8bit, flowed: a space before each line that has one', (text) => text.replace(/^ /gm, '  ')],
  ])('a mail in %s', (encoding, body) => {
    const diff = change('count++;', 'count = 7; /* ä */');
    const headers = [
      'MIME-Version: 1.0',
      `Content-Type: text/plain; charset=UTF-8${encoding.includes('flowed') ? '; format=flowed' : ''}`,
      `Content-Transfer-Encoding: ${encoding.split(',')[0]}`,
    ];
    const set = read(
      file(
        'm',
        mail({
          subject: '=?utf-8?q?[PATCH]_z=C3=A4hle?=',
          diff,
          headers,
          body: body(`---\n${diff}`),
        }),
      ),
    );
    expect(set.patches.map(({ mail: one }) => one?.subject)).toEqual(['[PATCH] zähle']);
    expect(atEnd(set)).toContain('\tcount = 7; /* ä */');
  });

  test('a bare diff, and what git show prints', () => {
    const diff = change('count++;', 'count--;');
    for (const text of [diff, `commit 0123\nAuthor: A <a@b>\n\n    count: down\n\n${diff}`]) {
      const set = read(file('x.diff', text));
      expect(set.patches.map(({ name, mail: one }) => [name, one])).toEqual([['x.diff', null]]);
      expect(atEnd(set)).toContain('count--;');
    }
  });

  test('a range of commits of the tree, which keeps its index', () => {
    const repository = treeOf({ 'lib/count.c': counter });
    const git = (...args: string[]): string =>
      execFileSync(
        'git',
        ['-C', repository, '-c', 'user.name=A', '-c', 'user.email=a@b', ...args],
        {
          encoding: 'utf8',
        },
      );
    git('init', '-q');
    git('add', '.');
    git('commit', '-qm', 'count: begin');
    writeFileSync(join(repository, 'lib/count.c'), counter.replace('count++', 'count--'));
    git('commit', '-qam', 'count: down');
    const before = listing(repository);
    const { patches } = readPatches(['HEAD~1..HEAD'], repository, folder());
    expect(patches.map(({ name }) => name)).toEqual(['[PATCH 1/1] count: down']);
    // It has them: what is before them is made.
    const { states, had } = apply(patches, repository, folder());
    expect([had, states.at(-1)]).toEqual([true, null]);
    expect(readFileSync(join(states[0]?.folder ?? '', 'lib/count.c'), 'utf8')).toBe(counter);
    expect(refused(() => readPatches(['no..where'], repository, folder()))).toMatch(/no\.\.where/);
    expect(refused(() => readPatches(['--output=x..y'], repository, folder()))).toMatch(
      /cannot read/,
    );
    expect(listing(repository)).toEqual(before);
    // Of a tree that is unpacked inside of a repository, the commits are not the tree's.
    mkdirSync(join(repository, 'linux'));
    expect(
      refused(() => readPatches(['HEAD~1..HEAD'], join(repository, 'linux'), folder())),
    ).toMatch(/linux is no git repository/);
  });
});

describe('of a thread', () => {
  test('older versions and replies are left out, with a word about it', () => {
    const older = mail({ subject: '[PATCH 1/2] count', diff: change('count++;', 'count = 0;') });
    const [a, b] = [first, second].map((text) => text.replace('[PATCH ', '[PATCH v2 '));
    const reply = mail({ subject: 'Re: [PATCH v2 1/2] count', diff: change('count++;', 'x;') });
    const set = read(file('thread.mbox', older + a + reply + b));
    expect(set.patches.map(({ name }) => name.slice(0, 14))).toEqual([
      '[PATCH v2 1/2]',
      '[PATCH v2 2/2]',
    ]);
    expect(set.notes.map((note) => note.replace(/^.*: /, ''))).toEqual([
      'patches in replies are left out',
      'only version 2 is judged',
    ]);
  });

  test('missing patches are told, and two that differ are refused', () => {
    const third = second.replace('2/2', '3/3');
    expect(read(file('gap.mbox', first.replace('1/2', '1/3') + third)).notes).toEqual([
      expect.stringMatching(/gap\.mbox: of 3 patches these are missing: 2$/),
    ]);
    expect(refused(() => read(file('twice.mbox', first + second.replace('2/2', '1/2'))))).toMatch(
      /twice\.mbox holds patch 1\/2 twice, and not the same$/,
    );
  });

  test('the cover letter is kept for whoever answers', () => {
    expect(read(file('c.mbox', cover + first + second)).cover?.subject).toBe(
      '[PATCH 0/2] count: up',
    );
  });
});

describe('a patch is applied', () => {
  test('patch by patch, each tree with all before it', () => {
    const { patches } = read(file('all.mbox', first + second));
    const { states, touched, had } = apply(patches, tree, folder());
    expect(had).toBe(false);
    expect(touched).toEqual([['lib/count.c'], ['lib/count.c']]);
    expect(
      states.map((state) =>
        state === null
          ? null
          : readFileSync(join(state.folder, 'lib/count.c'), 'utf8').slice(35, 48),
      ),
    ).toEqual([null, expect.stringContaining('+= 2'), expect.stringContaining('+= 3')]);
  });

  test('with new files, renamed ones, and deleted ones that nobody can include any more', () => {
    const diff = `diff --git a/lib/old.h b/lib/new.h
similarity index 100%
rename from lib/old.h
rename to lib/new.h
diff --git a/lib/more/x.h b/lib/more/x.h
new file mode 100644
--- /dev/null
+++ b/lib/more/x.h
@@ -0,0 +1 @@
+int x;
diff --git a/lib/count.c b/lib/count.c
deleted file mode 100644
--- a/lib/count.c
+++ /dev/null
@@ -1,8 +0,0 @@
${counter.replace(/^/gm, '-').slice(0, -1)}`;
    const set = read(file('files.patch', diff));
    expect(apply(set.patches, tree, folder()).touched).toEqual([
      ['lib/count.c', 'lib/more/x.h', 'lib/new.h', 'lib/old.h'],
    ]);
    expect(atEnd(set, 'lib/new.h')).toBe('int old;\n');
    expect(atEnd(set, 'lib/more/x.h')).toBe('int x;\n');
    for (const gone of ['lib/count.c', 'lib/old.h']) expect(atEnd(set, gone)).toMatch(/^#error /);
    // What a patch deletes the next may make again.
    const again = `diff --git a/lib/old.h b/lib/old.h
new file mode 100644
--- /dev/null
+++ b/lib/old.h
@@ -0,0 +1 @@
+int again;
`;
    const both = read(file('1.patch', diff), file('2.patch', again));
    expect(atEnd(both, 'lib/old.h')).toBe('int again;\n');
  });
});

describe('is refused in one line', () => {
  const diff = change('count++;', 'count--;');
  const outside = (path: string): string => diff.replaceAll('lib/count.c', path);
  test.each<[what: string, name: string, text: string | Buffer, says: RegExp]>([
    ['nothing', 'empty.mbox', '', /empty\.mbox holds no patch$/],
    ['a mail without a patch', 'words.mbox', cover, /words\.mbox holds no patch$/],
    [
      'no text',
      'noise.bin',
      Buffer.from(Array.from({ length: 9999 }, (_, i) => (i * 7919) % 256)),
      /no patch/,
    ],
    ['a mail that only begins', 'm.mbox', 'From ', /no patch|cannot read/],
    ['one that was cut', 'cut.mbox', first.slice(0, first.indexOf('unlock')), /corrupt patch/],
    [
      'one cut behind its head',
      'cut2.mbox',
      first.slice(0, first.indexOf('@@ ')),
      /does not apply/,
    ],
    ['one huge line', 'wide.mbox', `From: ${'x'.repeat(3_000_000)}`, /no patch/],
    ['one huge line of a diff', 'w.patch', `--- a/${'x'.repeat(2_000_000)}`, /does not apply/],
    [
      'what does not fit',
      'off.patch',
      change('count--;', 'x'),
      /"off\.patch" does not apply: lib\/count\.c, line 3$/,
    ],
    [
      'a file that is not there',
      'no.patch',
      outside('lib/none.c'),
      /there is no file lib\/none\.c$/,
    ],
    ['a way out', 'up.patch', outside('../../etc/passwd'), /outside of the tree|invalid path/],
    [
      'a way out and in',
      'in.patch',
      outside('lib/../lib/count.c'),
      /outside of the tree|invalid path/,
    ],
    [
      'an absolute path',
      'abs.patch',
      diff.replaceAll(/[ab]\/lib\/count\.c/g, '/etc/passwd'),
      /does not apply/,
    ],
    [
      'the repository of the tree',
      'git.patch',
      outside('.git/config'),
      /outside of the tree|invalid path/,
    ],
    [
      'a symbolic link',
      'link.patch',
      'diff --git a/l b/l\nnew file mode 120000\n--- /dev/null\n+++ b/l\n@@ -0,0 +1 @@\n+/etc/passwd\n\\ No newline at end of file\n',
      /symbolic link or a submodule$/,
    ],
    [
      'a change of what is no text, without what it is',
      'bin.patch',
      'diff --git a/lib/x.o b/lib/x.o\nindex 0123456..89abcde 100644\nBinary files a/lib/x.o and b/lib/x.o differ\n',
      /"bin\.patch" does not apply: /,
    ],
  ])('%s', (_what, name, text, says) => {
    const message = refused(() => apply(read(file(name, text)).patches, tree, folder()));
    expect(message).toMatch(says);
    expect(message).not.toMatch(/\n/);
  });

  test('a file of the tree that is a link, or behind one', () => {
    const linked = treeOf({ 'secret/count.c': counter });
    mkdirSync(join(linked, 'lib'));
    symlinkSync('../secret/count.c', join(linked, 'lib/count.c'));
    symlinkSync('secret', join(linked, 'other'));
    for (const path of ['lib/count.c', 'other/count.c']) {
      const { patches } = read(file('l.patch', outside(path)));
      expect(refused(() => apply(patches, linked, folder()))).toMatch(/is a link/);
    }
  });

  test('a list that leads out of its folder, and a folder of several series', () => {
    const at = folder();
    writeFileSync(join(at, 'series'), '../x.patch\n');
    expect(refused(() => read(at))).toMatch(/outside of its folder: \.\.\/x\.patch$/);
    const two = folder();
    writeFileSync(join(two, 'a.mbx'), first);
    writeFileSync(join(two, 'b.mbx'), first);
    expect(refused(() => read(two))).toMatch(/several series: a\.mbx, b\.mbx$/);
    expect(refused(() => read(join(two, 'c.mbx')))).toMatch(/it does not exist$/);
  });

  test('and the tree stays as it is', () => {
    const before = listing(tree);
    for (const text of [first + second, change('count--;', 'x'), outside('../x.c')])
      refused(() => apply(read(file('p', text)).patches, tree, folder()));
    expect(listing(tree)).toEqual(before);
  });
});

describe('headers', () => {
  test('go on in lines that are indented, end with the first empty one, and obey nobody', () => {
    const text = 'To: a@b,\r\n\tc@d\r\nX-Y: \u001b[31mred\u0000\nto: later\n\nCc: e@f\n';
    expect([...headersOf(text)]).toEqual([
      ['to', 'a@b, c@d'],
      ['x-y', '[31mred'],
    ]);
  });

  test.each([
    ['[PATCH 3/17] x', { version: 1, number: 3, of: 17 }],
    ['[PATCH v2 03/17] x', { version: 2, number: 3, of: 17 }],
    ['[RFC PATCHv4 net-next 1/2] x [0/9]', { version: 4, number: 1, of: 2 }],
    ['[PATCH] x 1/2', null],
    ['x [1/2]', null],
    ['', null],
  ])('the subject "%s" says where it stands', (subject, place) => {
    expect(placeOf(subject)).toEqual(place);
  });

  test('a summary is a subject without brackets', () => {
    expect(summaryOf('[PATCH v2] [RFC]  iommu:  do  [this]')).toBe('iommu: do [this]');
  });
});
