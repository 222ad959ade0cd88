// A captured machine of test/fixtures/captures, as the files that fwspec reads.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inflateRawSync } from 'node:zlib';

const folder = join(import.meta.dirname, '../../test/fixtures/captures');

export function capturedFiles(name: string): Map<string, Uint8Array | string> {
  const blobs: Record<string, string> = jsonOf('blobs');
  const { files, expected } = jsonOf<{ files: Record<string, string>; expected: object }>(name);
  const all = new Map<string, Uint8Array | string>(
    Object.entries(files).map(([path, blob]) => [
      path,
      inflateRawSync(Buffer.from(blobs[blob] ?? '', 'base64')),
    ]),
  );
  return all.set('expected.json', JSON.stringify(expected));
}

function jsonOf<T>(name: string): T {
  return JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8'));
}
