import { expect, test } from 'vitest';
import { bounds } from '../../../src/cli/mcp/asked.ts';
import { build } from '../fwspec.ts';
import { clientOf } from './client.ts';

test('an answer that is too long is refused in a line, and the next is given', async () => {
  build();
  const { ask } = await clientOf({});
  const called = 'a-device-with-a-name-that-is-long';
  const nodes = Array.from(
    { length: 8000 },
    (_, i) => `${called}-${i} { compatible = "a,${called}"; iommus = <&s ${i + 1}>; };`,
  );
  const iommu = 's: iommu { compatible = "arm,smmu-v3"; #iommu-cells = <1>; };';
  const content = `/dts-v1/; / { ${iommu} ${nodes.join('')} };`;
  const { text, isError } = await ask('inspect', { content });
  expect(text).toBe(
    `the answer has more than ${bounds.answer} characters (ask for less: one device, without all or full)`,
  );
  expect(isError).toBe(true);
  const next = await ask('list', { what: 'drivers' });
  expect(next.isError).toBe(false);
});
