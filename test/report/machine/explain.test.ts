import { describe, expect, test } from 'vitest';
import { defaultKconfig } from '../../../src/linux/index.ts';
import { type Explanation, explain, kconfigFor } from '../../../src/machine/index.ts';
import { explainJson, explainText } from '../../../src/report/index.ts';
import { designOf } from '../../../src/series/index.ts';
import { jsonText } from '../../../src/util/index.ts';
import { be32, node, prop } from '../../firmware/fdt-builder.ts';
import { machineOfFiles } from '../../input/node-tools.ts';
import { filesOf } from '../../machine/capture/packed-captures.ts';
import { compatible, machineOf, phandle } from '../../machine/trees.ts';

async function explained(capture: string, device: string, kernel: string): Promise<Explanation> {
  const machine = await machineOfFiles(filesOf(capture));
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null });
  return explain(machine, device, designOf(kernel), config, { traced: true });
}

const examples: readonly (readonly [
  what: string,
  capture: string,
  device: string,
  kernel: string,
])[] = [
  ['conventional', 'x86-vtd-p2p-k6.12', '0000:03:04.0', 'v6.12'],
  ['id-taken', 'a64-dt-smmu-p2p-k7.3', '0000:03:04.0', 'v7.3'],
  ['outside-map', 'dtb-map-partial-k6.12', '0000:00:03.0', 'v6.12'],
  ['disabled-smmu', 'dtb-smmu-disabled-k6.12', '0000:00:02.0', 'v6.12'],
  ['group-of-five', 'a64-dt-smmu-sriov-k6.12', '0000:01:10.2', 'v6.12'],
  ['iort', 'iort-smmu2-pci-k7.3', '0000:00:01.0', 'v7.3'],
];

test('of devices that have one name, all are in the document', async () => {
  const names = ['0000:01:01.0', '0000:01:02.0', '0000:03:03.0'];
  const found = await Promise.all(names.map((name) => explained('x86-vtd-p2p-k7.3', name, 'v7.3')));
  const [first, ...others] = found as [Explanation, ...Explanation[]];
  const document = explainJson([first, ...others], 'v7.3');
  expect([document, ...(document.others ?? [])].map(({ device }) => device.name)).toEqual(names);
  expect(document.others?.map(({ steps }) => steps)).toEqual(others.map(({ steps }) => steps));
  expect(document).not.toHaveProperty('trace');
  expect(explainJson([first], 'v7.3')).not.toHaveProperty('others');
});

describe.each(examples)('%s', async (what, capture, device, kernel) => {
  const explanation = await explained(capture, device, kernel);
  const lines = explainText(explanation, kernel);

  test('reads as it did', async () => {
    await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot(`../../golden/explain-${what}.txt`);
  });

  test('shows the bytes that are at the offset in the file', () => {
    const files = filesOf(capture);
    for (const { file, offset, bytes } of explanation.steps) {
      if (file === null || offset === null) continue;
      const shown = (bytes ?? '').replace(' ...', '').split(' ');
      const found = files.get(file)?.subarray(offset, offset + shown.length) ?? [];
      expect(shown.map((byte) => Number.parseInt(byte, 16))).toEqual([...found]);
    }
  });
});

test('the JSON document has the promised keys, and the trace when it is asked for', async () => {
  const explanation = await explained('dtb-map-partial-k6.12', '0000:00:03.0', 'v6.12');
  const document = explainJson([explanation], 'v6.12');
  expect(Object.keys(document)).toEqual(['version', 'command', 'kernel', 'device', 'steps']);
  for (const step of document.steps) {
    expect(Object.keys(step)).toEqual([
      'what',
      'text',
      'failed',
      'table',
      'file',
      'node',
      'property',
      'offset',
      'size',
      'bytes',
    ]);
  }
  const full = explainJson([explanation], 'v6.12', { full: true });
  expect(full.trace?.length).toBeGreaterThan(0);
});

test('nothing that firmware says controls the terminal', () => {
  const evil = 'evil\x1b[31m\n\u009b';
  const machine = machineOf([
    node(`iommu${evil}@1`, [compatible(evil), prop('#iommu-cells', be32(0)), phandle(1)]),
    node('client@2', [compatible(evil), prop('iommus', be32(1))]),
  ]);
  const [device] = machine.devices.slice(-1);
  const explanation = explain(machine, device?.name ?? '', designOf('v7.3'), defaultKconfig);
  const shown = explainText(explanation, 'v7.3', { full: true }).join('');
  const document = explainJson([explanation], 'v7.3', { full: true });
  const json = jsonText(document);
  expect(JSON.parse(json)).toEqual(JSON.parse(JSON.stringify(document)));
  expect(json).toContain('\\u009b');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
  expect(json.replaceAll('\n', '')).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: this is what must not be there
  expect(shown).not.toMatch(/[\x00-\x1f\x7f-\x9f]/);
});
