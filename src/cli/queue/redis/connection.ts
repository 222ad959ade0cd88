import type { Redis } from 'ioredis';
import { UsageError } from '../../../util/index.ts';
import { reason } from '../../system/io.ts';
import { type Address, shownAddress, withoutPassword } from './address.ts';
import type { Libraries } from './library.ts';
import { connectorTo } from './wire.ts';

/** How long a server may take to answer at first, in milliseconds. */
const atFirst_ms = 5000;

/** How long to wait before the next try where a server went away. */
const again_ms = 500;

/** Somebody who is told that the server went away, and that it is there again. */
export type Told = (text: string) => void;

/**
 * Connect to a server. One that goes away later is waited for, and so is it by all connections that are made like
 * this one.
 *
 * @param giveUp is told of one that comes back and is none, or does not let us in
 * @throws UsageError when it is not there, or does not let us in
 */
export async function connected(
  libraries: Libraries,
  address: Address,
  tell: Told,
  giveUp: (error: unknown) => void,
): Promise<Redis> {
  const { host, port, username, password, db, tls } = address;
  const shown = shownAddress(address);
  let isReady = false;
  let isAway = false;
  let last: unknown = null;
  let isEnded = false;
  const end = (error: unknown): void => {
    if (isEnded) return;
    isEnded = true;
    last ??= error;
    if (isReady) giveUp(whyNot(error));
    else redis.disconnect();
  };
  const Connector = connectorTo(address, libraries, (why) => end(new Error(why)));
  const redis = new libraries.Redis({
    Connector,
    host,
    port,
    db,
    ...(username === null ? {} : { username }),
    ...(password === null ? {} : { password }),
    ...(tls ? { tls: {} } : {}),
    lazyConnect: true,
    connectTimeout: atFirst_ms,
    maxRetriesPerRequest: null,
    retryStrategy: () => (isReady ? again_ms : null),
    reconnectOnError: () => false,
  });
  const why = (error: unknown): string => withoutPassword(whyNot(error), address);
  redis.on('error', (error: unknown) => {
    if (isForGood(error)) end(error);
    last ??= error;
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
      const pong: unknown = await redis.ping();
      if (last !== null || pong !== 'PONG') throw new Error('it is no Redis: it answers anything');
    });
    isReady = true;
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new UsageError('cli/no-queue', `no queue at ${shown}: ${why(last ?? error)}`);
  }
}

/** What a server says that will not let us in, and what is said of one that answers what nobody asked. */
const refusal = /^(?:(?:WRONGPASS|NOAUTH|NOPERM) |Command queue state error)/;

/** Of whom a certificate is that nobody has signed whom we trust. */
const unsigned = /SELF_SIGNED_CERT|^UNABLE_TO_(?:GET_ISSUER|VERIFY_LEAF)/;

/** Whether waiting is no use: what is there will be the same. */
export function isForGood(error: unknown): boolean {
  const { code = '', message = '' } = Object(error) as { code?: string; message?: string };
  return refusal.test(message) || unsigned.test(code) || /CERT|^ERR_(?:SSL|TLS)/.test(code);
}

function whyNot(error: unknown): string {
  const { code = '', reason: ofTls } = Object(error) as { code?: string; reason?: string };
  if (unsigned.test(code))
    return `${reason(error)} (NODE_EXTRA_CA_CERTS names a file with the certificate of who has signed it)`;
  if (reason(error).startsWith('Command queue'))
    return 'it is no Redis: it answers what nobody asked';
  // What OpenSSL says begins with where it says so.
  return code.startsWith('ERR_SSL') && ofTls !== undefined ? `TLS: ${ofTls}` : reason(error);
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
