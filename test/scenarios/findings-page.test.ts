// What src/scenarios/known/ says against docs/findings.md, which is made from it, and against the model: a sample
// of what it claims. All of it: findings-page.slow.test.ts.
import { expect, test } from 'vitest';
import { anchorOf, findingsPage } from '../../src/scenarios/index.ts';
import { designOf } from '../../src/series/index.ts';
import { explored, subject } from './explored.ts';
import { claims, findings, page } from './findings.ts';

const sample = [
  ['v7.3', 'cover-letter', 'arm-smmu-v3'],
  ['v7.3', 'bind-iort', 'arm-smmu-v3'],
  ['v7.3', 'two-iommus', 'msm_iommu'],
  ['v6.1', 'failed-registration', 'arm-smmu-v3'],
  ['v6.1', 'remove-device', 'arm-smmu-v3'],
  ['v6.12', 'cover-letter', 'arm-smmu-v3'],
  ['v6.12', 'cover-letter', 'arm-smmu'],
  ['v6.12', 'remove-device', 'arm-smmu-v3'],
  ['v6.12', 'unload', 'arm-smmu-v3'],
  ['fwspec-v2', 'partial-fwspec', 'arm-smmu-v3'],
  ['fwspec-v2', 'bind-iort', 'arm-smmu-v3'],
  ['fwspec-v2', 'rebind', 'qcom_iommu'],
  ['fwspec-v2', 'cover-letter', 'sprd-iommu'],
  ['fwspec-v2+fixes', 'cover-letter', 'apple-dart'],
  ['probe-xlate', 'cover-letter', 'apple-dart'],
] as const;

test.each(sample)(
  'on %s %s behind an %s has the bugs that the findings name',
  {
    timeout: 60_000,
  },
  (kernel, scenario, driver) => {
    const claim = claims().find(
      (of) => of.kernel === kernel && of.scenario === scenario && of.driver === driver,
    );
    const found = explored(subject(scenario, kernel, driver)).bugs.map(({ id }) => id);
    expect(found).toEqual(expect.arrayContaining([...(claim?.bugs ?? ['a claim'])]));
  },
);

test('the page is what the findings say', () => {
  expect(page).toBe(findingsPage());
});

test('every finding has a heading of its own', () => {
  const anchors = findings.map(({ name }) => anchorOf(name));
  expect(anchors).toEqual([...new Set(anchors)]);
});

test('every finding begins with its verdict', () => {
  const words = { real: 'Real', narrow: 'Narrow', 'model-only': 'Model only' };
  for (const { name, status, text } of findings)
    expect({ name, begins: text[0]?.startsWith(`**${words[status]}`) }).toEqual({
      name,
      begins: true,
    });
});

test('a finding shows on kernels that the model has', () => {
  for (const { on } of findings.flatMap(({ found }) => found)) on.map(designOf);
  for (const { kernels } of findings) kernels.map((kernel) => kernel && designOf(kernel));
});
