import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { be32, blob, node, prop, text } from '../../firmware/fdt-builder.ts';
import { compatible, phandle, reg64 } from '../../machine/trees.ts';
import { fixture, fwspec, interrupted, scratch } from '../fwspec.ts';
import { wrongIn } from './documents.ts';

/** Takes several seconds, so that something can come in between. */
const long = ['explore', 'partial-fwspec', '--driver', 'arm-smmu'];

describe.concurrent('Ctrl-C', () => {
  test('ends a search with what was found, marked incomplete', async () => {
    const { code, stdout, stderr } = await interrupted([...long, '--json']);
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(wrongIn('explore', document)).toEqual([]);
    expect(document.complete).toBe(false);
    expect(document.verdict).toBe(document.bugs.length > 0 ? 'bug' : 'incomplete');
    expect(code).toBe(document.bugs.length > 0 ? 1 : 3);
  });

  test('says so to people, and shows no progress where there is no terminal', async () => {
    const { stdout, stderr } = await interrupted(long);
    expect(stderr).toBe('');
    expect(stdout).toContain('   incomplete   ');
    expect(stdout).toContain('cut short');
    expect(stdout).not.toContain('No bug');
  });
});

describe.concurrent('a reader that goes away', () => {
  test('is no error', async () => {
    const { stderr, code } = await fwspec(['list', 'rules'], { readOnly: 1 });
    expect([stderr, code]).toEqual(['', 0]);
  });

  test('does not turn a bug into success', async () => {
    const args = ['explore', 'two-iommus', '--driver', 'virtio-iommu', '--max-executions', '50'];
    const { stderr, code } = await fwspec([...args, '--json'], { readOnly: 1 });
    expect([stderr, code]).toEqual(['', 1]);
  });
});

const ESC = '\x1b';
const coloured = ['inspect', fixture('a64-dt-none')];

describe.concurrent('colours', () => {
  test.each<[string, string[], Record<string, string>, boolean]>([
    ['are left out when the output is no terminal', [], {}, false],
    ['are there when asked for', ['--color', 'always'], {}, true],
    ['are there when asked for, NO_COLOR or not', ['--color', 'always'], { NO_COLOR: '1' }, true],
    ['are left out when not wanted', ['--color', 'never'], {}, false],
  ])('%s', async (_what, options, env, expected) => {
    const { stdout } = await fwspec([...coloured, ...options], { env });
    expect(stdout.includes(ESC)).toBe(expected);
  });

  test('are never in a document', async () => {
    const { stdout } = await fwspec([...coloured, '--color', 'always', '--json']);
    expect(stdout).not.toContain(ESC);
  });
});

describe.concurrent('names from outside', () => {
  // Clears the screen, sets the title, and turns the direction of writing around.
  const evil = '\x1b[2J\x1b]0;owned\x07\u202e';
  const bytes = (name: string): Uint8Array => Buffer.from(name, 'utf8');
  const hostile = blob(
    node(
      '',
      [
        prop('#address-cells', be32(2)),
        prop('#size-cells', be32(2)),
        prop('model', bytes(`${evil}\0`)),
        prop('compatible', bytes(`${evil}\0`)),
      ],
      [
        node(`iommu@1000`, [
          compatible('arm,smmu-v3'),
          reg64(0x1000),
          phandle(1),
          prop('#iommu-cells', be32(1)),
        ]),
        node(`dev\x1b[2J@2000`, [
          prop('compatible', text('x\x1b[2J')),
          reg64(0x2000),
          prop('iommus', be32(1, 7)),
        ]),
        node(`bad\x1b[2J@3000`, [compatible('y'), reg64(0x3000), prop('iommus', be32(99, 7))]),
      ],
    ),
  );

  test.each<[string, string[]]>([
    ['inspect', ['inspect']],
    ['check', ['check', '--max-executions', '3']],
  ])('do not reach the terminal raw: %s', async (_what, [command = '', ...options]) => {
    const file = join(scratch(), 'hostile.dtb');
    writeFileSync(file, hostile);
    const { code, stdout, stderr } = await fwspec([command, file, ...options]);
    expect([0, 1, 3]).toContain(code);
    for (const raw of [ESC, '\x07', '\u202e']) expect(stdout + stderr).not.toContain(raw);
    expect(stdout).toContain('\\x1b');
  });
});
