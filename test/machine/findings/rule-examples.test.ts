// Every rule has an example: what breaks it is told, and what is shown instead is right.
import { expect, test } from 'vitest';
import { lintExample } from '../../../src/cli/lint/lint-example.ts';
import { rules } from '../../../src/machine/index.ts';

test.each(rules)(
  'the example of $name has it, and mended it has no error',
  async ({ name, example }) => {
    const bad = await lintExample(example, 'bad');
    expect(bad.findings.map(({ rule }) => rule)).toContain(name);
    const { findings } = await lintExample(example, 'good');
    const wrong = findings.filter(({ rule, severity }) => rule === name || severity === 'error');
    expect(wrong).toEqual([]);
  },
);

test.each(rules)('$name says what it asks, what Linux does and what to do', (rule) => {
  for (const text of [rule.about, rule.linux, rule.fix]) expect(text.length).toBeGreaterThan(10);
  // What it asks goes on behind a colon; the others are sentences.
  expect(rule.about).not.toMatch(/\.$/);
  expect(rule.fix).toMatch(/^[^a-z].*\.$/s);
  expect(rule.linux).toMatch(/\.$/);
});

test('what cannot be read is no example', async () => {
  const broken = { bad: 'a {', good: 'a {};' };
  await expect(lintExample(broken, 'bad')).rejects.toThrow('dtc cannot compile example.dts');
  expect((await lintExample(broken, 'good')).findings).toEqual([]);
});

test('a table that its file cuts off cannot be read, and has a finding that says where', async () => {
  const length = { in: 'IORT', at: 4, size: 4, field: 'length', bad: 0x1000, good: 0x2bd } as const;
  const { error, findings } = await lintExample({ base: 'arm', edits: [length] }, 'bad');
  expect(error).toContain('IORT length at offset 0x4: expected 36 to 701 bytes, found 4096');
  expect(findings).toMatchObject([{ rule: 'acpi-length', node: 'IORT', offset: 4 }]);
});
