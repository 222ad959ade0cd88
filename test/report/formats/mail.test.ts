import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bugText } from '../../../src/report/explore/explore.ts';
import { bugDocument } from '../../../src/report/formats/formats.ts';
import { bugMail, replayCommand } from '../../../src/report/formats/mail.ts';
import { replayOf } from '../../../src/report/text/command.ts';
import { columnsOf } from '../../../src/util/index.ts';
import { anyBug, hostile } from '../lanes/any-bug.ts';
import { smallBug, smallWhy as why } from '../lanes/small-bug.ts';

const token =
  'f1/v6.7-rc1/cover-letter/-/platform,dev,iommu=arm%2Csmmu-v3=1,0.1/0:lyfqi+1:y2qie/qa0c5';

test('a small bug looks as it did', async () => {
  const lines = bugMail(smallBug, { title: 'cover-letter, kernel v6.7-rc1', token, why });
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../../golden/bug-mail.txt');
});

test('no line of a mail is longer than 72 columns, and none ends in a space or is coloured', () => {
  fc.assert(
    fc.property(anyBug, hostile, (bug, title) => {
      const long = token.repeat(3);
      for (const line of bugMail(bug, {
        title,
        token: long,
        why: { ...why, text: 'word '.repeat(50) },
      })) {
        if (/\s/.test(line.trim())) expect(columnsOf(line)).toBeLessThanOrEqual(72);
        expect(line).not.toContain('\x1b');
        expect(line).toBe(line.trimEnd());
      }
    }),
    { seed: 72, numRuns: 150 },
  );
});

/** What a shell passes on when these lines are pasted to it. */
function pasted(commands: readonly (readonly string[])[]): string[] {
  const script = `fwspec() { printf '%s\\0' "$#" "$1" "$2"; }\n${commands.map((lines) => `${lines.join('\n')}\n`).join('')}`;
  const { stdout, status } = spawnSync('sh', { input: script, encoding: 'utf8' });
  expect(status).toBe(0);
  return stdout.split('\0').slice(0, -1);
}

test('a shell puts the lines of a command together to the token that they are of', () => {
  const characters = fc.string({
    unit: fc.constantFrom(...'az09/+,:=%.-_~!$#&*()\'"\\ ;|<>?{}[]`^@'),
    minLength: 1,
    maxLength: 300,
  });
  const tokens = [token, token.repeat(4), ...fc.sample(characters, { seed: 7, numRuns: 60 })];
  const commands = tokens.map((one) => replayCommand(one, 72));
  expect(pasted(commands)).toEqual(tokens.flatMap((one) => ['2', 'replay', one]));
  for (const line of commands.flat()) expect(line.length).toBeLessThanOrEqual(72);
});

test('a command for a patched kernel names the file of the patch, whatever it is called', () => {
  const script = `fwspec() { printf '%s\\0' "$#" "$@"; }\n`;
  for (const patch of ['fix.ts', "./it's mine.ts", `${'deep/'.repeat(30)}$(fix) & co.ts`]) {
    const lines = replayCommand(token, 72, { patch });
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(72);
    for (const text of [lines.join('\n'), replayOf(token, { patch })]) {
      const { stdout } = spawnSync('sh', { input: `${script}${text}\n`, encoding: 'utf8' });
      expect(stdout.split('\0')).toEqual(['4', 'replay', token, '--patch', patch, '']);
    }
  }
});

test('every format names the file of the patch that a witness needs', () => {
  const options = { title: 'a patched kernel', token: 'f1/x', patch: 'fix.ts' };
  const command = 'fwspec replay f1/x --patch fix.ts';
  for (const format of ['html', 'perfetto', 'mermaid', 'mail'] as const)
    expect(bugDocument(format, smallBug, options)).toContain(command);
  expect(bugText(smallBug, 'f1/x', options)).toContain(`replay: ${command}`);
});

test('a command that fits stands on one line', () => {
  expect(replayCommand('f1/x', 72)).toEqual(['fwspec replay f1/x']);
});
