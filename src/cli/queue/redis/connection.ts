import { isIP } from 'node:net';
import type { Redis } from 'ioredis';
import { UsageError } from '../../../util/index.ts';
import { reason } from '../../system/io.ts';
import { type Address, shownAddress, withoutPassword } from './address.ts';
import type { Libraries } from './library.ts';

/** How long a server may take to answer at first, in milliseconds. */
const atFirst_ms = 5000;

/** How long to wait before the next try where a server went away. */
const again_ms = 500;

/** Somebody who is told that the server went away, and that it is there again. */
export type Told = (text: string) => void;

/**
 * Connect to a server. One that goes away later is waited for.
 *
 * @throws UsageError when it is not there, or does not let us in
 */
export async function connected(
  { Redis }: Libraries,
  address: Address,
  tell: Told,
): Promise<Redis> {
  const { host, port, username, password, db, tls } = address;
  const shown = shownAddress(address);
  let isReady = false;
  let isAway = false;
  const redis = new Redis({
    host,
    port,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: isIP(host) === 0 ? { servername: host } : {} } : {}),
    lazyConnect: true,
    connectTimeout: atFirst_ms,
    maxRetriesPerRequest: null,
    retryStrategy: () => (isReady ? again_ms : null),
    reconnectOnError: () => false,
  });
  const why = (error: unknown): string => withoutPassword(reason(error), address);
  let last: unknown = null;
  redis.on('error', (error: unknown) => {
    last = error;
    if (!isReady || isAway) return;
    isAway = true;
    tell(`${shown} is gone (${why(error)}): waiting for it`);
  });
  redis.on('ready', () => {
    if (isAway) tell(`${shown} is back`);
    isAway = false;
  });
  try {
    await answered(async () => {
      await redis.connect();
      await redis.ping();
    });
    isReady = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new UsageError('cli/no-queue', `no queue at ${shown}: ${why(last ?? error)}`);
  }
}

/** @throws when the first answer takes too long */
async function answered(ask: () => Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const why = new Error(`no answer in ${atFirst_ms / 1000} s`);
    timer = setTimeout(() => reject(why), atFirst_ms);
  });
  try {
    await Promise.race([ask(), late]);
  } finally {
    clearTimeout(timer);
  }
}
