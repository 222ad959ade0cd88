// Every captured machine: what `inspect` predicts is what its kernel decided.
import { expect, test } from 'vitest';
import type { Disagreement } from '../../../src/machine/index.ts';
import { type KnownDisagreement, knownDisagreements } from './known-disagreements.ts';
import { captures, verificationOf } from './packed-captures.ts';

const verifications = new Map(captures.map((name) => [name, verificationOf(name)]));

test('there are captures of three kernels with each kind of firmware', () => {
  const kinds = ['a64-dt-', 'a64-acpi-', 'dtb-', 'iort-', 'x86-vtd-', 'x86-amdvi-', 'x86-viommu-'];
  for (const kind of kinds) {
    const some = captures.filter((name) => name.startsWith(kind));
    const kernels = new Set(some.map((name) => name.replace(/^.*-k/, '')));
    expect(kernels.size).toBeGreaterThanOrEqual(kind === 'x86-viommu-' ? 2 : 3);
  }
});

test.each(captures)('%s', (name) => {
  const { devices, agree, disagree } = verifications.get(name) ?? verificationOf(name);
  const unknown = disagree.filter((of) => !knownDisagreements.some((row) => covers(row, name, of)));
  expect(unknown).toEqual([]);
  expect(devices).toBeGreaterThan(0);
  expect(agree + new Set(disagree.map(({ device }) => device)).size).toBe(devices);
});

test.each(knownDisagreements)('$capture, $device: $why', (row) => {
  const still = [...verifications].filter(([name, { disagree }]) =>
    disagree.some((of) => covers(row, name, of)),
  );
  expect(still).not.toEqual([]);
});

function covers(row: KnownDisagreement, name: string, { device, field }: Disagreement): boolean {
  return matches(row.capture, name) && matches(row.device, device) && row.fields.includes(field);
}

function matches(pattern: string, text: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[.\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(text);
}
