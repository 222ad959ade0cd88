import { expect, test } from 'vitest';
import { lintExample } from '../../src/cli/lint/lint-example.ts';
import { rules } from '../../src/machine/index.ts';

const examples = rules.flatMap(({ name, example }) =>
  example === null ? [] : [{ name, example }],
);

test.each(examples)(
  'the example of $name has it, and mended it has no error',
  async ({ name, example }) => {
    const bad = await lintExample(example, 'bad');
    expect(bad.findings.map(({ rule }) => rule)).toContain(name);
    const { findings } = await lintExample(example, 'good');
    const wrong = findings.filter(({ rule, severity }) => rule === name || severity === 'error');
    expect(wrong).toEqual([]);
  },
);
