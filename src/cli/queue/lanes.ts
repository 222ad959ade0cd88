import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { endOn } from './ending.ts';
import { type Address, addressOf, withoutPassword } from './redis/address.ts';
import { connected, type Told } from './redis/connection.ts';
import { libraries } from './redis/library.ts';
import { prefix } from './redis/store.ts';
import { type Identity, ownIdentity, type PatchName, queueName } from './travel/identity.ts';
import { patchName } from './travel/patch.ts';

/** One queue, and what is heard of it. */
export interface Lane {
  readonly queue: Queue;
  readonly events: QueueEvents;
}

/** A client at the queues of its fwspec: that of all pieces, and that of those with its patch. */
export interface Lanes {
  readonly redis: Redis;
  readonly identity: Identity;
  readonly patch: PatchName | null;
  /** Somebody else's text, without the password. */
  readonly safe: (text: string) => string;
  readonly laneFor: (patch: PatchName | null) => Lane;
  /** Calls with the name of a piece that something has become of. */
  readonly onEvent: (heard: (id: string) => void) => void;
  readonly close: () => Promise<void>;
}

/** @throws UsageError when there is no queue, or what one needs is not installed */
export async function openLanes(url: string, patch: string | null, tell: Told): Promise<Lanes> {
  const address: Address = addressOf(url, process.env);
  const identity = ownIdentity();
  const name = patch === null ? null : patchName(patch);
  const libs = libraries();
  const redis = await connected(libs, address, tell, endOn(address));
  const lanes = new Map<string, Lane>();
  const blocking: Redis[] = [];
  for (const of of name === null ? [null] : [null, name]) {
    const queueOf = queueName(identity, of);
    const heard = redis.duplicate();
    heard.on('error', () => {});
    blocking.push(heard);
    const { Queue, QueueEvents } = libs.bullmq;
    const queue = new Queue(queueOf, { connection: redis, prefix });
    const events = new QueueEvents(queueOf, { connection: heard, prefix });
    // A connection that is lost is told of by whoever made it.
    queue.on('error', () => {});
    events.on('error', () => {});
    lanes.set(queueOf, { queue, events });
  }
  return {
    redis,
    identity,
    patch: name,
    safe: (text) => withoutPassword(text, address),
    laneFor: (of) => lanes.get(queueName(identity, of)) as Lane,
    onEvent: (heard) => {
      for (const { events } of lanes.values()) {
        events.on('completed', ({ jobId }) => heard(jobId));
        events.on('failed', ({ jobId }) => heard(jobId));
      }
    },
    close: async () => {
      const closing = [...lanes.values()].flatMap(({ queue, events }) => [
        queue.close(),
        events.close(),
      ]);
      await soon(Promise.allSettled(closing));
      for (const one of [...blocking, redis]) one.disconnect();
    },
  };
}

/** How long an end may take that waits for a server, in milliseconds. */
const ending_ms = 1000;

/** Wait for something, but not for long. */
export async function soon(promise: Promise<unknown>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise((resolve) => {
    timer = setTimeout(resolve, ending_ms);
  });
  await Promise.race([promise.catch(() => {}), over]);
  clearTimeout(timer);
}
