// What lies beside a queue: the contents of files by their digests for as long as somebody waits for them,
// and results by the names of their pieces.

import { promisify } from 'node:util';
import { deflateRaw, inflateRaw } from 'node:zlib';
import type { Redis } from 'ioredis';
import { digestOf } from '../travel/identity.ts';
import { mostOfFiles, mostPacked } from '../travel/sizes.ts';
import type { Contents } from '../travel/travelling.ts';

/** Everything of ours has a name that begins so. */
export const prefix = 'fwspec';

/** How long the contents of a file lie there, in seconds; who waits for them says so again before. */
export const keptFile_s = 300;

/** And a result. */
const keptResult_s = 7 * 24 * 3600;

const deflated = promisify(deflateRaw);
const inflated = promisify(inflateRaw);

/** What a worker says where the contents of a file are not there any more. */
export const lostText = 'the contents of a file are not in the queue any more';

/** The contents of a file are not there any more, or are not what they should be. */
export class Lost extends Error {}

const fileKey = (digest: string): string => `${prefix}:file:${digest}`;
const resultKey = (id: string): string => `${prefix}:result:${id}`;

/** Put contents there, or keep them for longer; each once, whoever has put it there. */
export async function putFiles(redis: Redis, contents: Contents): Promise<void> {
  const digests = [...contents.keys()];
  const kept = await Promise.all(
    digests.map((digest) => redis.expire(fileKey(digest), keptFile_s)),
  );
  const missing = digests.filter((_digest, i) => kept[i] !== 1);
  await Promise.all(
    missing.map(async (digest) => {
      const packed = await deflated(contents.get(digest) ?? new Uint8Array(), { level: 1 });
      await redis.set(fileKey(digest), packed, 'EX', keptFile_s);
    }),
  );
}

/**
 * The contents that a piece needs.
 *
 * @throws Lost when they are not there
 */
export async function getFiles(redis: Redis, digests: Iterable<string>): Promise<Contents> {
  const contents = new Map<string, Uint8Array>();
  let room = mostOfFiles;
  for (const digest of digests) {
    const key = fileKey(digest);
    const size = await redis.strlen(key);
    const packed = size > 0 && size <= mostOfFiles ? await redis.getBuffer(key) : null;
    if (packed === null) throw new Lost(lostText);
    let bytes: Buffer;
    try {
      bytes = await inflated(packed, { maxOutputLength: Math.max(1, room) });
    } catch {
      throw new Lost('the contents of a file are too large, or damaged');
    }
    if (digestOf(bytes) !== digest) throw new Lost('the contents of a file are those of another');
    room -= bytes.length;
    contents.set(digest, bytes);
  }
  return contents;
}

/** How long the results of pieces are, in bytes; 0 for those that are not there. */
export async function resultSizes(redis: Redis, ids: readonly string[]): Promise<number[]> {
  return await Promise.all(ids.map((id) => redis.strlen(resultKey(id))));
}

/** Null for one that is not there, or longer than any. */
export async function getResult(redis: Redis, id: string): Promise<Buffer | null> {
  const size = await redis.strlen(resultKey(id));
  return size > 0 && size <= mostPacked ? await redis.getBuffer(resultKey(id)) : null;
}

/** The first that is put there stays. */
export async function putResult(redis: Redis, id: string, packed: Buffer): Promise<void> {
  await redis.set(resultKey(id), packed, 'EX', keptResult_s, 'NX');
}

export async function dropResult(redis: Redis, id: string): Promise<void> {
  await redis.del(resultKey(id));
}
