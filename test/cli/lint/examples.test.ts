// Every rule's example: what breaks the rule is told, and what is shown instead is right.
import { describe, expect, test } from 'vitest';
import { lintExample } from '../../../src/cli/lint/lint-example.ts';
import { type Rule, rules } from '../../../src/machine/index.ts';

const shown = rules.flatMap(({ name, example }) => (example === null ? [] : [{ name, example }]));

describe.each(shown)('the example of $name', ({ name, example }) => {
  test('breaks it where it is wrong', async () => {
    const { findings } = await lintExample(example, 'bad');
    expect(findings.map(({ rule }) => rule)).toContain(name);
  });

  test('is right where it is right', async () => {
    const { findings } = await lintExample(example, 'good');
    const wrong = findings.filter(({ rule, severity }) => rule === name || severity === 'error');
    expect(wrong).toEqual([]);
  });
});

test('what cannot be read is no example', async () => {
  const broken: Rule['example'] = { bad: 'a {', good: 'a {};' };
  await expect(lintExample(broken, 'bad')).rejects.toThrow('dtc cannot compile example.dts');
  expect((await lintExample(broken, 'good')).findings).toEqual([]);
});

test('a table that its file cuts off cannot be read, and has a finding that says where', async () => {
  const length = { in: 'IORT', at: 4, size: 4, field: 'length', bad: 0x1000, good: 0x2bd } as const;
  const { error, findings } = await lintExample({ base: 'arm', edits: [length] }, 'bad');
  expect(error).toContain('IORT length at offset 0x4: expected 36 to 701 bytes, found 4096');
  expect(findings).toMatchObject([{ rule: 'acpi-length', node: 'IORT', offset: 4 }]);
});
