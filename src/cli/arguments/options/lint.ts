import type { Severity } from '../../../machine/index.ts';
import type { OptionEntry } from '../entries.ts';

/** What findings can be shown as. */
export const lintFormats = ['text', 'json', 'sarif', 'github'] as const;
export type LintFormat = (typeof lintFormats)[number];

export const severities: readonly Severity[] = ['error', 'warning', 'note'];

/** Which findings are told, and how. What is asked, asked-lint.ts reads. */
export const lintOptions: readonly OptionEntry[] = [
  {
    name: 'severity',
    value: 'LEVEL',
    about: 'tell findings of this level and above: error, warning or note',
    words: severities,
    otherwise: 'note',
    of: ['lint'],
  },
  {
    name: 'rule',
    value: 'RULE',
    about: 'tell findings of this rule only; fwspec list rules',
    words: 'rule',
    list: true,
    repeats: true,
    of: ['lint'],
  },
  {
    name: 'ignore',
    value: 'RULE',
    about: 'leave out findings of this rule',
    words: 'rule',
    list: true,
    repeats: true,
    of: ['lint'],
  },
  {
    name: 'max-warnings',
    value: 'N',
    about: 'exit with 1 where there are more warnings',
    words: 'any',
    of: ['lint'],
  },
  {
    name: 'format',
    value: 'FORMAT',
    about:
      'text, json, sarif (SARIF 2.1.0, for code scanning) or github (annotations of GitHub Actions)',
    words: lintFormats,
    otherwise: 'text',
    of: ['lint'],
  },
  {
    name: 'fix-dts',
    about:
      'print a patch (patch -p1) for sources of devicetrees, of what needs no decision; nothing is written',
    of: ['lint'],
  },
  {
    name: 'explain',
    value: 'RULE',
    about: 'what a rule is about, what Linux does, and how to mend it',
    words: 'rule',
    of: ['lint'],
  },
  {
    name: 'baseline',
    value: 'FILE',
    about: 'tell only what this file does not know, which --update-baseline writes',
    words: 'file',
    otherwise: 'that of .fwspec.json',
    of: ['lint'],
  },
  {
    name: 'update-baseline',
    about: 'write what is wrong now to the file of --baseline',
    of: ['lint'],
  },
];
