// docs/findings.md against the model: a sample of what it claims. All of it: findings-page.slow.test.ts.
import { expect, test } from 'vitest';
import { explored, subject } from './explored.ts';
import { claims, page } from './findings.ts';

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

test('no bug of a cell is named twice', () => {
  for (const claim of claims()) expect(claim.bugs).toEqual([...new Set(claim.bugs)]);
});

test('every link to another finding leads to one', () => {
  const slug = (heading: string): string =>
    heading
      .toLowerCase()
      .replace(/[^\w\- ]/g, '')
      .replaceAll(' ', '-');
  const slugs = [...page.matchAll(/^#+ (.*)$/gm)].map(([, heading = '']) => slug(heading));
  const targets = [...page.matchAll(/\]\(#([^)]*)\)/g)].map(([, target = '']) => target);
  expect(targets.length).toBeGreaterThan(0);
  expect(slugs).toEqual(expect.arrayContaining(targets));
});
