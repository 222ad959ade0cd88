// `check`: two verdicts, and what its exit code is about.
import { describe, expect, test } from 'vitest';
import { capture, fixture, fwspec } from '../fwspec.ts';
import { wrongIn } from './documents.ts';

const example = 'examples/arm64-virt-smmuv3';
/** Nothing is wrong with its firmware; on this kernel two tasks race for every device. */
const racing = [fixture('dtb-plat-two'), '--kernel', 'v7.3'];
/** Its firmware is wrong, and so no device is behind an IOMMU. */
const faulty = [fixture('dtb-map-badlen'), '--kernel', 'v7.3'];

describe.concurrent('the document of check', () => {
  async function checked(args: readonly string[]) {
    const { code, stdout, stderr } = await fwspec(['check', ...args, '--json', '--quiet']);
    expect(stderr).toBe('');
    const document = JSON.parse(stdout);
    expect(wrongIn('check', document)).toEqual([]);
    return { code, document };
  }

  test('has a verdict on firmware and one on the kernel', async () => {
    const { code, document } = await checked(racing);
    expect(code).toBe(0);
    expect(document.firmware).toMatchObject({
      verdict: 'note',
      findings: [{ rule: 'iommu-map-sid-collision' }],
    });
    expect(document.kernel).toMatchObject({ name: 'v7.3', verdict: 'bug', vacuous: false });
    expect(document.kernel.causes.length).toBeGreaterThan(0);
    expect(document.kernel.data_races.length).toBeGreaterThan(0);
    const ids = document.kernel.causes.flatMap(({ sites }: { sites: string[] }) => sites);
    for (const id of ids) expect(id).not.toContain('data-race');
  });

  test('says what nobody could race for', async () => {
    const { code, document } = await checked(faulty);
    expect(code).toBe(1);
    expect(document.firmware.verdict).toBe('error');
    expect(document.kernel).toMatchObject({ verdict: 'clean', vacuous: true, causes: [] });
    expect(document.shapes).toEqual([]);
  });

  test('names a finding once, with all nodes that it is about', async () => {
    const { document } = await checked([capture('x86-vtd-switch-k7.3')]);
    const found = document.firmware.findings.map(
      ({ rule, nodes }: { rule: string; nodes: string[] }) => [rule, nodes],
    );
    expect(found).toEqual([
      ['pci-legacy-bridge', ['0000:05:00.0']],
      ['pci-no-acs-port', ['0000:02:00.0', '0000:02:01.0', '0000:02:02.0']],
      ['pci-switch-siblings', ['0000:02:00.0']],
    ]);
    expect(document.inspect.findings.length).toBe(3);
  });

  test('is of the kernel that inspect is about', async () => {
    const machine = capture('a64-dt-none-k6.12');
    const { document } = await checked([machine]);
    const { stdout } = await fwspec(['inspect', machine, '--json', '--quiet']);
    expect(document.inspect).toEqual(JSON.parse(stdout));
  });
});

test('check says on standard error what inspect says of the kernel of a capture', async () => {
  const machine = capture('a64-dt-none-k6.12');
  const [checked, inspected] = await Promise.all([
    fwspec(['check', machine]),
    fwspec(['inspect', machine]),
  ]);
  expect(checked.stderr).toBe(inspected.stderr);
  expect(checked.stderr).toContain('captured under 6.12');
});

test('--max-seconds bounds all of a check, and what was not looked at is said', async () => {
  const many = [capture('a64-acpi-smmu-rp-k6.12'), '--kernel', 'v6.7-rc1', '--quiet'];
  const { code, stdout } = await fwspec(['check', ...many, '--max-seconds', '1']);
  expect(code).toBe(3);
  expect(stdout).toMatch(/incomplete: \d of \d explorations cut short, \d not begun/);
  expect(stdout).not.toContain('no problem in any order');
});

describe('what people read of a check', () => {
  const screen = async (args: readonly string[], columns: number) =>
    (await fwspec(['check', ...args], { env: { COLUMNS: String(columns) } })).stdout;

  test('the first screen of the shipped example', async () => {
    const stdout = await screen([example], 80);
    await expect(stdout).toMatchFileSnapshot('../../golden/check-example.txt');
    const lines = stdout.trimEnd().split('\n');
    expect(lines.length).toBeLessThanOrEqual(30);
    for (const line of lines) expect([...line].length).toBeLessThanOrEqual(80);
  });

  test('that of a machine with a fault in its firmware', async () => {
    const stdout = await screen(faulty, 80);
    await expect(stdout).toMatchFileSnapshot('../../golden/check-faulty.txt');
    for (const line of stdout.split('\n')) expect([...line].length).toBeLessThanOrEqual(80);
  });

  test('--full has all that inspect prints, and every bug once', async () => {
    const full = await screen([...racing, '--full'], 100);
    const { stdout: inspected } = await fwspec(['inspect', ...racing], { env: { COLUMNS: '100' } });
    expect(full).toContain(inspected);
    const replays = [...full.matchAll(/fwspec replay \S+\/(\w+)$/gm)].map(([, bug]) => bug);
    expect(replays.length).toBeGreaterThan(2);
    expect(new Set(replays).size).toBe(replays.length);
  });
});

test('the commands to run next run', async () => {
  const { stdout } = await fwspec(['check', fixture('dtb-map-badlen'), '--fail-on', 'never']);
  const [, next = ''] = stdout.split(/^next /m);
  const commands = next
    .replaceAll(/ \\\n +/g, ' ')
    .trim()
    .split(/\n +/);
  expect(commands.length).toBeGreaterThan(1);
  const results = await Promise.all(commands.map((command) => fwspec(command.split(' ').slice(1))));
  for (const { code, stderr } of results) {
    expect(stderr).toBe('');
    expect([0, 1]).toContain(code);
  }
});
