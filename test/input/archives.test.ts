// A machine in an archive is the machine in the directory that was packed.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { inflate } from '../../src/cli/input/inflate.ts';
import { captureIn, type Files, opened } from '../../src/input/index.ts';
import { inspect, kconfigFor } from '../../src/machine/index.ts';
import { inspectJson } from '../../src/report/index.ts';
import { designOf } from '../../src/series/index.ts';
import { FormatError } from '../../src/util/index.ts';
import { filesOf, unpack } from '../machine/capture/packed-captures.ts';
import { gnuLong, paxLong, tar, zip } from './archive-builder.ts';
import { machineOfFiles } from './node-tools.ts';

/** One of each kind of firmware. */
const names = ['iort-named-k6.12', 'dtb-plat-two-k6.12', 'x86-vtd-p2p-k6.12'];

/** All that is said of a machine. */
async function saidOf(files: Files): Promise<object> {
  const machine = await machineOfFiles(files);
  const config = kconfigFor(machine, { kconfig: {}, cmdline: null }, design);
  const sources = [...(machine.sources ?? [])].map(([name, { file, bytes }]) => [
    name,
    file,
    Buffer.from(bytes).toString('base64'),
  ]);
  return { sources, ...inspectJson(inspect(machine, design, config), design.name) };
}

const design = designOf('v6.12');

const only = (name: string, bytes: Uint8Array): Files => new Map([[name, bytes]]);

const members = (files: ReadonlyMap<string, Uint8Array>, folder = '') =>
  [...files].map(([name, bytes]) => ({ name: folder + name, bytes }));

describe.each(names)('%s', (name) => {
  const files = filesOf(name);
  const wanted = saidOf(files);

  test.each<[string, Files]>([
    ['tar', only('x.tar', tar(...members(files)))],
    ['tar of .', only('x.tar', tar({ name: './', typeflag: '5' }, ...members(files, './')))],
    ['tar of a folder', only('x.tar', tar({ name: 'm/', typeflag: '5' }, ...members(files, 'm/')))],
    ['tar of an absolute path', only('x.tar', tar(...members(files, '/a/b/')))],
    ['tar.gz', only('x.tgz', gzipSync(tar(...members(files, 'm/'))))],
    [
      'tar with the long names of GNU',
      only(
        'x',
        tar(
          ...members(files, `${'m'.repeat(120)}/`).flatMap(({ name, bytes }) =>
            gnuLong(name, bytes),
          ),
        ),
      ),
    ],
    [
      'tar with the long names of pax',
      only(
        'x',
        tar(
          ...members(files, `${'m'.repeat(120)}/`).flatMap(({ name, bytes }) =>
            paxLong(name, bytes),
          ),
        ),
      ),
    ],
    ['zip', only('x.zip', zip(...members(files)))],
    [
      'zip without compression',
      only('x.zip', zip(...members(files, 'm/').map((one) => ({ ...one, stored: true })))),
    ],
    [
      'zip of Windows',
      only(
        'x.zip',
        zip(
          ...members(files, 'm/').map(({ name, bytes }) => ({
            name: name.replaceAll('/', '\\'),
            bytes,
          })),
        ),
      ),
    ],
    [
      'zip of macOS',
      only(
        'x.zip',
        zip(...members(files, 'm/'), {
          name: '__MACOSX/m/._machine.dtb',
          bytes: new Uint8Array(9),
        }),
      ),
    ],
    ['a tar in a zip', only('x.zip', zip({ name: 'x.tar', bytes: tar(...members(files)) }))],
  ])('%s', async (_what, archive) => {
    expect(await saidOf(archive)).toEqual(await wanted);
  });

  test('as tar itself packs it, with the answers of its kernel', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fwspec-test-'));
    mkdirSync(join(folder, 'captured'));
    unpack(name, join(folder, 'captured'));
    for (const options of [['-c'], ['-c', '--format=pax'], ['-c', '--format=v7'], ['-cz']]) {
      const packed = execFileSync('tar', [...options, '-C', folder, 'captured']);
      const { files: inside, notes } = await opened(only('captured.tar', packed), inflate);
      expect(notes).toEqual([]);
      expect(await saidOf(inside)).toEqual(await wanted);
      expect((await captureIn(inside)).devices.length).toBeGreaterThan(3);
    }
    rmSync(folder, { recursive: true });
  });
});

test('a devicetree that is folders gives the same machine from an archive, whatever its order', async () => {
  const text = (value: string) => Buffer.from(`${value}\0`);
  const cells = (...values: number[]) =>
    Buffer.concat(values.map((value) => Buffer.from([0, 0, value >> 8, value & 0xff])));
  const files = new Map<string, Uint8Array>([
    ['devicetree/base/compatible', text('a,board')],
    ['devicetree/base/model', text('Board')],
    ['devicetree/base/#address-cells', cells(1)],
    ['devicetree/base/#size-cells', cells(1)],
    ['devicetree/base/iommu@1000/compatible', text('arm,smmu-v3')],
    ['devicetree/base/iommu@1000/reg', cells(0x1000, 0x1000)],
    ['devicetree/base/iommu@1000/#iommu-cells', cells(1)],
    ['devicetree/base/iommu@1000/phandle', cells(7)],
    ['devicetree/base/dma@200/compatible', text('a,dma')],
    ['devicetree/base/dma@200/reg', cells(0x200, 0x10)],
    ['devicetree/base/dma@200/iommus', cells(7, 3)],
    ['devicetree/base/chosen/', new Uint8Array()],
  ]);
  const machine = await machineOfFiles(files);
  expect(machine.model).toBe('Board');
  expect(machine.devices.map(({ name }) => name)).toEqual(['200.dma', '1000.iommu']);
  const backwards = tar(...members(files).reverse());
  expect(await saidOf(only('x.tar', backwards))).toEqual(await saidOf(files));
  const inside = new Map(
    [...files].map(([name, bytes]) => [name.replace('devicetree/base/', ''), bytes]),
  );
  expect((await machineOfFiles(inside)).devices).toEqual(machine.devices);
});

describe('archives that mean harm', () => {
  const bytes = new Uint8Array(16);
  const big = gzipSync(new Uint8Array((64 << 20) + 1));

  test.each<[string, Uint8Array, RegExp]>([
    [
      'a name that leads out of it',
      tar({ name: 'a/../../b', bytes }),
      /name at offset 0x0: expected a file inside/,
    ],
    [
      'such a name in a zip',
      zip({ name: '..\\..\\b', bytes }),
      /name at offset 0x\w+: expected a file inside/,
    ],
    ['a name without an end', tar(...paxLong('a/'.repeat(4000), bytes)), /a longer one/],
    ['folders without an end', tar(...paxLong('a/'.repeat(200), bytes)), /a longer one/],
    ['more bytes than a machine has', big, /at most 67108864 bytes when unpacked, found more/],
    [
      'more bytes than it says',
      zip({ name: 'a', bytes: new Uint8Array(99999), says: { size: 9 } }),
      /a at offset 0x\w+: expected 9 bytes/,
    ],
    [
      'more bytes than there may be',
      zip({ name: 'a', bytes, says: { size: 0xf0000000 } }),
      /at most 67108864 bytes when unpacked/,
    ],
    ['a password', zip({ name: 'a', bytes, says: { flags: 1 } }), /found one with a password/],
    [
      'a size beyond its end',
      tar({ name: 'a', bytes, size: '77777777777\0' }),
      /size at offset 0x7c: expected at most/,
    ],
    [
      'a size that is no number',
      tar({ name: 'a', bytes, size: 'what?' }),
      /size at offset 0x7c: expected octal digits/,
    ],
    [
      'a second header with a wrong checksum',
      Buffer.concat([tar({ name: 'a' }).subarray(0, 512), Buffer.alloc(512, 1)]),
      /header at offset 0x200/,
    ],
    [
      'a gzip file in so many others',
      [1, 2, 3, 4, 5, 6, 7, 8, 9].reduce<Uint8Array>((inside) => gzipSync(inside), bytes),
      /a gzip file in another/,
    ],
    [
      'a gzip file that was cut',
      gzipSync(
        tar({ name: 'a', bytes: filesOf('iort-named-k6.12').get('acpi/DSDT.bin') ?? bytes }),
      ).subarray(0, -50),
      /file at offset 0x0: expected a whole gzip file/,
    ],
  ])('%s', async (_what, archive, says) => {
    const error = await machineOfFiles(only('x', archive)).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(FormatError);
    expect((error as FormatError).line).toMatch(says);
  });

  test('links are not followed, and are told; a second name of a file is that file', async () => {
    const dtb = filesOf('dtb-plat-two-k6.12').get('machine.dtb') ?? bytes;
    const link = { name: 'machine.dts', typeflag: '2', linkname: '/etc/passwd' };
    const archive = tar({ name: 'tree', bytes: dtb }, link, {
      name: 'machine.dtb',
      typeflag: '1',
      linkname: 'tree',
    });
    const machine = await machineOfFiles(only('x.tar', archive));
    expect(machine.notes).toContain(
      'machine.dts: a link or a device in the archive, which has no bytes',
    );
    expect(machine.sources?.get('devicetree')).toMatchObject({ file: 'machine.dtb' });
    const linked = zip(
      { name: 'machine.dtb', bytes: dtb },
      { name: 'a', bytes, says: { mode: 0o120777 } },
    );
    expect((await machineOfFiles(only('x.zip', linked))).notes).toContainEqual(
      expect.stringMatching(/^a: a link/),
    );
  });
});
