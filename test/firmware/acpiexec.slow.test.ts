// The namespace as ACPICA sees it (Debian package acpica-tools), of every machine in the captures.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { captures, filesOf, unpack } from '../machine/capture/packed-captures.ts';

const missing = spawnSync('acpiexec', ['-v']).error !== undefined;
const tool = fileURLToPath(new URL('../../tools/aml.mjs', import.meta.url));
const title = missing
  ? 'not compared: acpiexec is not installed'
  : 'objects, types and values agree';

test.skipIf(missing)(title, { timeout: 600_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'aml-'));
  try {
    const withTables = captures.filter((name) => filesOf(name).has('acpi/DSDT.bin'));
    for (const name of withTables) unpack(name, join(folder, name));
    const paths = withTables.map((name) => join(folder, name));
    const { stdout } = spawnSync('node', [tool, 'compare', ...paths], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    const [last = ''] = stdout.trim().split('\n').slice(-1);
    const [found, differences] = JSON.parse(`[${last.replace('} [', '},[')}]`) as [
      { readonly machines: number; readonly objects: number },
      unknown,
    ];
    expect(differences).toEqual([]);
    // As many as 411 captures have: a run that compares less proves less.
    expect(found.machines).toBeGreaterThanOrEqual(30);
    expect(found.objects).toBeGreaterThanOrEqual(10_900);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
