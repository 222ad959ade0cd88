import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { capture, fixture, fwspec, scratch } from '../fwspec.ts';

// Each waits for a program to be given up, which takes it 10 seconds and a processor.

/** A patch of a function, by what the function does. */
function doing(body: string, folder: string = scratch(), head = ''): string {
  const path = join(folder, 'p.mjs');
  writeFileSync(
    path,
    `${head}export default { subject: 's', replaces: { *iommu_fwspec_init() { ${body} } } };`,
  );
  return path;
}

const behind = ['--driver', 'virtio-iommu', '--ignore', 'data-race'];
const compared = ['compare', '--scenarios', 'cover-letter', '--drivers', 'virtio-iommu'];
const short = ['--max-seconds', '1', '--patch', doing('for (;;);')];

describe('a function of a patch that goes on for ever', () => {
  test.each<[string, string[]]>([
    ['random executions', ['explore', 'cover-letter', ...behind, '--random', 'pct', ...short]],
    ['a check', ['check', fixture('a64-dt-smmu-rp'), '--kernel', 'v6.7-rc1', ...short]],
    ['a check in threads', ['check', fixture('a64-dt-smmu-rp'), '--jobs', '2', ...short]],
  ])('is given up when the time is over: %s', { timeout: 60_000 }, async (_what, args) => {
    const { code, stderr } = await fwspec(args);
    expect(stderr).toMatch(/^fwspec: given up: something in .* goes on for ever without a step\n$/);
    expect(code).toBe(2);
  });

  test.each(['1', '2'])(
    'is given up in a comparison, on %s threads',
    { timeout: 60_000 },
    async (jobs) => {
      const { code, stdout, stderr } = await fwspec([...compared, '--jobs', jobs, ...short]);
      expect(code).toBe(2);
      expect(stdout + stderr).toMatch(/given up: something in\s.*\sgoes\s+on for ever/);
    },
  );

  test('does not keep a search from its end, in a helper thread only', {
    timeout: 60_000,
  }, async () => {
    const path = join(scratch(), 'p.mjs');
    writeFileSync(
      path,
      `import { workerData } from 'node:worker_threads';
      import { designOf } from 'fwspec';
      const { iommu_fwspec_init } = designOf('v6.7-rc1').functions;
      let calls = 0;
      export default { subject: 's', replaces: { *iommu_fwspec_init(...args) {
        if (workerData instanceof Int32Array && ++calls > 99) for (;;);
        return yield* iommu_fwspec_init(...args);
      } } };`,
    );
    const args = ['explore', 'two-iommus', '--driver', 'apple-dart', '--jobs', '2'];
    const { code, stderr } = await fwspec([...args, '--patch', path, '--max-seconds', '6']);
    // The search may have come to a piece that the helper has, or not.
    expect([code, /^fwspec: given up: something in [^\n]*\n$/.test(stderr)]).toEqual(
      code === 2 ? [2, true] : [1, false],
    );
  });

  test.each<[string, (token: string) => string[]]>([
    ['a replay', (token) => ['replay', token]],
    [
      'a verification',
      () => ['verify', capture('a64-dt-smmu-multi-k6.12'), '--kernel', 'v6.7-rc1'],
    ],
    ['an inspection', () => ['inspect', fixture('a64-dt-smmu-rp'), '--kernel', 'v6.7-rc1']],
  ])('is given up after Ctrl-C: %s', { timeout: 60_000 }, async (_what, args) => {
    const folder = scratch();
    const harmless = doing('return -12;', folder);
    const found = await fwspec([
      ...['explore', 'cover-letter', ...behind, '--max-executions', '50', '--json'],
      ...['--patch', harmless],
    ]);
    const { bugs } = JSON.parse(found.stdout) as { bugs: { token: string }[] };
    doing('for (;;);', folder);
    const endless = [...args(bugs[0]?.token ?? ''), '--patch', harmless];
    const { code, stderr } = await fwspec(endless, { interruptAfter: 4_000 });
    expect(stderr).toMatch(/^fwspec: given up: something in .* goes on for ever without a step\n$/);
    expect(code).toBe(2);
  });

  test.each([
    ['drivers', 'drivers() { for (;;); }'],
    ['a getter', 'get replaces() { for (;;); }'],
  ])('is not applied: %s', { timeout: 60_000 }, async (_what, part) => {
    const path = join(scratch(), 'p.mjs');
    writeFileSync(path, `export default { subject: 's', ${part} };`);
    const { code, stderr } = await fwspec(['explore', 'cover-letter', '--patch', path]);
    expect(stderr).toMatch(/^fwspec: cannot use the patch .* does not end: it has had 10 s\n$/);
    expect(code).toBe(2);
  });
});
