// Who is at a queue: each says so again and again, and is forgotten when it stops.

import { randomUUID } from 'node:crypto';
import type { Redis } from 'ioredis';
import * as v from 'valibot';
import type { Identity, PatchName } from '../travel/identity.ts';
import { prefix } from './store.ts';

/** Somebody at a queue. */
export interface Present extends Identity {
  readonly as: 'client' | 'worker';
  /** How many pieces it does at once. */
  readonly jobs: number;
  /** That it wants done, or can do. */
  readonly patch: PatchName | null;
}

const word = v.pipe(v.string(), v.maxLength(200));
const schema = v.strictObject({
  as: v.picklist(['client', 'worker']),
  version: word,
  model: word,
  code: word,
  jobs: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(10_000)),
  patch: v.nullable(v.strictObject({ file: word, digest: word })),
});

/** How long somebody who is silent counts, and how often one speaks, in milliseconds. */
const silence_ms = 10_000;
const often_ms = 3000;

/** How many are looked at. */
const most = 1000;

const all = `${prefix}:present`;
const keyOf = (id: string): string => `${prefix}:present:${id}`;

/** Be there, until what this returns is called. */
export async function present(redis: Redis, who: Present): Promise<() => Promise<void>> {
  const id = randomUUID();
  const text = JSON.stringify(who);
  const speak = async (): Promise<void> => {
    await redis.set(keyOf(id), text, 'PX', silence_ms);
    await redis.sadd(all, id);
  };
  await speak();
  const timer = setInterval(() => void speak().catch(() => {}), often_ms);
  return async () => {
    clearInterval(timer);
    await redis.del(keyOf(id));
    await redis.srem(all, id);
  };
}

/** Everybody who is there now. */
export async function everybody(redis: Redis): Promise<Present[]> {
  const ids = await redis.srandmember(all, most);
  const texts = await Promise.all(ids.map((id) => redis.getrange(keyOf(id), 0, 2000)));
  const gone = ids.filter((_id, i) => texts[i] === '');
  if (gone.length > 0) await redis.srem(all, ...gone);
  return texts.flatMap((text) => {
    try {
      const value: unknown = JSON.parse(text);
      return v.is(schema, value) ? [value] : [];
    } catch {
      return [];
    }
  });
}

export function isSame(a: Identity, b: Identity): boolean {
  return a.version === b.version && a.model === b.model && a.code === b.code;
}
