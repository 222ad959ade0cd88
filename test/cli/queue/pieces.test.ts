import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { beforeAll, describe, expect, test } from 'vitest';
import { readOptions } from '../../../src/cli/arguments/checked.ts';
import { perform } from '../../../src/cli/pieces/perform.ts';
import type { LintPiece, Piece, SearchPiece } from '../../../src/cli/pieces/piece.ts';
import {
  canonical,
  type Identity,
  pieceId,
  queueName,
} from '../../../src/cli/queue/travel/identity.ts';
import { patchName } from '../../../src/cli/queue/travel/patch.ts';
import { packedResult, resultIn } from '../../../src/cli/queue/travel/result.ts';
import {
  type Packed,
  packed,
  type Travelling,
  unpacked,
} from '../../../src/cli/queue/travel/travelling.ts';
import { asTravelling } from '../../../src/cli/queue/travel/valid-piece.ts';
import { requestOf } from '../../../src/cli/search/request.ts';
import { builtinShape, scenarioOf } from '../../../src/scenarios/index.ts';
import { capture, root, scratch } from '../fwspec.ts';

const identity: Identity = { version: '1.2.3', model: 'abc', code: 'def' };
const digest = 'd'.repeat(64);
const quiet = { requested: false };

function searchPiece(
  name = 'cover-letter',
  kernel = 'v6.7-rc1',
  driver: string | null = null,
  more: readonly string[] = ['--max-executions', '40'],
): SearchPiece {
  const options = readOptions(['compare', ...more]);
  const scenario = scenarioOf(name);
  const shape = builtinShape(scenario, driver, null, options.shape);
  return { kind: 'search', request: requestOf(scenario, shape, kernel, options, 'worst') };
}

const { kernel, patch, asked, assume } = readOptions(['lint', 'x']);

function lintPiece(given: string): LintPiece {
  return { kind: 'lint', given, isWalked: false, options: { kernel, patch, asked, assume } };
}

function sentOf(piece: Piece, patch: Travelling['patch'] = null): Travelling {
  const made = packed(piece, patch);
  if (typeof made === 'string') throw new Error(made);
  return made.sent;
}

/** As a worker has it. */
function brought(piece: Piece): Piece {
  const made = packed(piece, null);
  if (typeof made === 'string') throw new Error(made);
  const sent = asTravelling(JSON.parse(JSON.stringify(made.sent)));
  if (sent === null) throw new Error('refused');
  return unpacked(sent, made.contents, null);
}

describe('the name of a piece', () => {
  const usual = pieceId(identity, sentOf(searchPiece()));

  test.each<[string, Identity, Travelling]>([
    ['another scenario', identity, sentOf(searchPiece('rebind'))],
    ['another kernel', identity, sentOf(searchPiece('cover-letter', 'v7.3'))],
    ['another driver', identity, sentOf(searchPiece('cover-letter', 'v6.7-rc1', 'apple-dart'))],
    [
      'another shape',
      identity,
      sentOf(searchPiece('cover-letter', 'v6.7-rc1', null, ['--ids', '1,2'])),
    ],
    [
      'another option',
      identity,
      sentOf(searchPiece('cover-letter', 'v6.7-rc1', null, ['--max-executions', '41'])),
    ],
    ['a patch', identity, sentOf(searchPiece(), { file: 'fix', digest })],
    ['another patch', identity, sentOf(searchPiece(), { file: 'fix', digest: 'e'.repeat(64) })],
    ['another version', { ...identity, version: '1.2.4' }, sentOf(searchPiece())],
    ['another model', { ...identity, model: 'abd' }, sentOf(searchPiece())],
    ['other code', { ...identity, code: 'dee' }, sentOf(searchPiece())],
  ])('is another one for %s', (_what, of, sent) => {
    expect(pieceId(of, sent)).not.toBe(usual);
  });

  test('is the same for the same, in whatever order it is written down', () => {
    expect(pieceId({ code: 'def', model: 'abc', version: '1.2.3' }, sentOf(searchPiece()))).toBe(
      usual,
    );
    const shuffled = (value: unknown): unknown =>
      typeof value === 'object' && value !== null && !Array.isArray(value)
        ? Object.fromEntries(
            Object.entries(value)
              .reverse()
              .map(([k, v]) => [k, shuffled(v)]),
          )
        : value;
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(canonical(shuffled(value))).toBe(canonical(value));
        expect(JSON.parse(canonical(value))).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('has the contents of a file in it, and not when it was written', () => {
    const folder = scratch();
    const named = (text: string): string => {
      writeFileSync(join(folder, 'a.dtb'), text);
      return pieceId(identity, sentOf(lintPiece(join(folder, 'a.dtb'))));
    };
    const [one, other, again] = [named('one'), named('two'), named('one')];
    expect(one).not.toBe(other);
    expect(one).toBe(again);
  });

  test('leads to the queue of the very same fwspec, and to one of its own with a patch', () => {
    const names = [
      queueName(identity, null),
      queueName({ ...identity, version: '1.2.4' }, null),
      queueName({ ...identity, model: 'x' }, null),
      queueName({ ...identity, code: 'x' }, null),
      queueName(identity, { file: 'fix', digest }),
      queueName(identity, { file: 'fix', digest: 'e'.repeat(64) }),
    ];
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('the digest of a patch', () => {
  test('is of all files that it is in', () => {
    const folder = scratch();
    const write = (name: string, text: string): void => writeFileSync(join(folder, name), text);
    mkdirSync(join(folder, 'more'));
    write('fix.ts', "import { a } from './more/a.ts';\nexport default a;\n");
    write('more/a.ts', "export { b as a } from '../b.ts';\n");
    write('b.ts', 'export const b = 1;\n');
    const before = patchName(join(folder, 'fix.ts'));
    expect(before.file).toBe('fix');
    write('b.ts', 'export const b = 2;\n');
    expect(patchName(join(folder, 'fix.ts')).digest).not.toBe(before.digest);
    write('b.ts', 'export const b = 1;\n');
    expect(patchName(join(folder, 'fix.ts'))).toEqual(before);
  });
});

describe('a worker does what would have been done here', () => {
  const same = async (piece: Piece): Promise<void> => {
    const [here, there] = [
      await perform(piece, quiet, () => {}),
      await perform(brought(piece), quiet, () => {}),
    ];
    const timeless = (value: unknown): string =>
      JSON.stringify(value, (key, field: unknown) => (key === 'elapsed_ms' ? 0 : field));
    expect(timeless(there)).toBe(timeless(here));
  };

  test('a search', async () => await same(searchPiece()));

  const folder = join(root, 'test/fixtures/dtb');
  const files = readdirSync(folder).map((name) => join(folder, name));
  test('of every fixture what is wrong in it', async () => {
    expect(files.length).toBeGreaterThan(10);
    for (const file of files) await same(lintPiece(file));
  });

  test('of a folder, and of one that holds nothing', async () => {
    await same(lintPiece(join(root, 'examples/arm64-virt-smmuv3')));
    await same(lintPiece(scratch()));
  });

  test('of an archive', async () => {
    const archive = join(scratch(), 'machine.tar');
    spawnSync('tar', ['-C', join(root, 'examples/arm64-virt-smmuv3'), '-cf', archive, '.']);
    const { linted } = await perform(lintPiece(archive), quiet, () => {});
    expect(linted?.error).toBeNull();
    await same(lintPiece(archive));
  });

  test('a capture', async () => {
    const path = capture('x86-vtd-p2p-k7.3');
    const { maxExecutions } = readOptions(['verify', path]);
    await same({
      kind: 'verify',
      path,
      given: path,
      answers: null,
      options: { kernel, patch, asked, maxExecutions },
    });
  });

  describe('of a source, which is compiled where what it includes is', () => {
    const board = (): string => {
      const folder = scratch();
      writeFileSync(
        join(folder, 'board.dts'),
        `/dts-v1/;
#include "soc.dtsi"
/ {
	dma@1000 { compatible = "x,dma"; reg = <0x1000 0x100>; iommus = <&smmu 1>; };
};
/include/ "more.dtsi"
`,
      );
      writeFileSync(join(folder, 'more.dtsi'), '/ { model = "x"; };\n');
      writeFileSync(
        join(folder, 'soc.dtsi'),
        `/ {
	#address-cells = <1>;
	#size-cells = <1>;
	smmu: iommu@5000 { compatible = "arm,smmu-v3"; reg = <0x5000 0x20000>; };
};
`,
      );
      return folder;
    };

    test('with lines, columns and what mends it', async () => {
      const file = join(board(), 'board.dts');
      const { linted } = await perform(lintPiece(file), quiet, () => {});
      const { findings = [], error } = linted ?? {};
      expect(error).toBeNull();
      expect(findings.some(({ fix }) => fix !== undefined)).toBe(true);
      expect(findings.some(({ line }) => line !== undefined)).toBe(true);
      await same(lintPiece(file));
    });

    test('and one that does not compile is looked at here', () => {
      const file = join(scratch(), 'a.dts');
      writeFileSync(file, '/dts-v1/;\n/ { a = <&nobody>; };\n');
      expect(packed(lintPiece(file), null)).toBe('here');
    });

    test('and so is one in an archive, which nobody opens before it is sent', async () => {
      const archive = join(scratch(), 'board.tar');
      spawnSync('tar', ['-C', board(), '-cf', archive, 'board.dts']);
      await expect(perform(brought(lintPiece(archive)), quiet, () => {})).rejects.toThrow(
        /where its files are/,
      );
    });

    test('what was compiled is what it should be, or is not taken', async () => {
      const made = packed(lintPiece(join(board(), 'board.dts')), null);
      if (typeof made === 'string') throw new Error(made);
      const [[, digest = ''] = []] = made.sent.parcels[0]?.compiled ?? [];
      for (const bytes of ['', '{}', '{"blob":"?","lines":null}', '{"blob":"","lines":{}}']) {
        const contents = new Map([...made.contents, [digest, Buffer.from(bytes)]]);
        const piece = unpacked(made.sent, contents, null);
        await expect(perform(piece, quiet, () => {})).rejects.toThrow(/where its files are/);
      }
    });

    test('a result changes no other file', async () => {
      const piece = lintPiece(join(board(), 'board.dts'));
      const { sources } = packed(piece, null) as Packed;
      const result = await perform(piece, quiet, () => {});
      const bytes = await packedResult({ result });
      expect(await resultIn(bytes, piece, sources)).toMatchObject({ result: {} });
      const { error } = (await resultIn(bytes, piece, ['/etc/passwd'])) as { error?: string };
      expect(error).toMatch(/not what a worker of this version gives/);
    });
  });

  test.each(['live', '/nowhere/at/all'])('and %s is looked at here', (path) => {
    expect(packed(lintPiece(path), null)).toBe('here');
  });
});

describe('what is no piece is refused', () => {
  let good: Record<string, unknown>;
  beforeAll(() => {
    good = JSON.parse(JSON.stringify(sentOf(searchPiece())));
  });
  const changed = (fields: Record<string, unknown>): unknown => {
    const copy = structuredClone(good) as { piece: { request: Record<string, unknown> } };
    Object.assign(copy.piece.request, fields);
    return JSON.parse(JSON.stringify(copy));
  };

  test('as it is it is one', () => {
    expect(asTravelling(good)).not.toBeNull();
  });

  test.each<[string, Record<string, unknown>]>([
    ['a file to write to', { checkpoint: '/etc/passwd' }],
    ['a file with a program', { patch: 'patch.ts' }],
    ['a field that nobody knows', { more: 1 }],
    ['a field that is missing', { kernel: undefined }],
    ['a time that is none', { maxSeconds: -1 }],
  ])('with %s', (_what, fields) => {
    expect(asTravelling(changed(fields))).toBeNull();
  });

  test('with a path of the machine that does it', () => {
    const sent = JSON.parse(JSON.stringify(sentOf(lintPiece(join(root, 'LICENSE')))));
    expect(asTravelling(sent)).not.toBeNull();
    sent.piece.given = '/etc/passwd';
    expect(asTravelling(sent)).toBeNull();
  });

  test('whatever it is, looking at it comes to an end', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        expect(asTravelling(value)).toBeNull();
      }),
    );
  });
});
