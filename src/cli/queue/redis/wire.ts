import { connect, isIP, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import type { RedisOptions } from 'ioredis';
import type { Address } from './address.ts';
import type { Libraries } from './library.ts';
import { Replies } from './replies.ts';

/** How long a server may be silent that was asked something, in seconds; longer, where that was long. */
const silence_s = 30;
const bytesPerSecond = 100_000;

/** How many answers come for what was written at once. */
const mostAtOnce = 100_000;

/** Is told what a server does that none does. */
export type Bad = (why: string) => void;

/** What ioredis connects with: every connection is watched for as long as there is one. */
export function connectorTo(
  { host, port, tls }: Address,
  { AbstractConnector }: Libraries,
  bad: Bad,
): NonNullable<RedisOptions['Connector']> {
  return class extends AbstractConnector {
    constructor() {
      super(2000);
    }

    connect(): Promise<Socket> {
      const name = isIP(host) === 0 ? { servername: host } : {};
      const stream = tls ? connectTls({ host, port, ...name }) : connect({ host, port });
      stream.once('error', (error) => {
        this.firstError = error;
      });
      // ioredis puts its own ear first as soon as there is a connection, and this one before it.
      stream.once(tls ? 'secureConnect' : 'connect', () =>
        process.nextTick(() => watch(stream, bad)),
      );
      this.connecting = true;
      this.stream = stream;
      return Promise.resolve(stream);
    }
  };
}

/**
 * Watch what a server answers, and that it does.
 *
 * @param bad is called once
 */
export function watch(stream: Socket, bad: Bad, most_s: number = silence_s): void {
  const replies = new Replies();
  /** What had been written when the last answer came, and how many have come since something was. */
  let written = 0;
  let atOnce = 0;
  /** What had come of answers when something was last heard. */
  let heard = 0;
  let size = 0;
  let waited_s = 0;
  const end = (why: string): void => {
    clearInterval(timer);
    stream.off('data', take);
    stream.destroy();
    bad(why);
  };
  const take = (chunk: Buffer): void => {
    const before = replies.complete;
    const wrong = replies.take(chunk);
    atOnce = (stream.bytesWritten > written ? 0 : atOnce) + replies.complete - before;
    if (replies.complete > before) written = stream.bytesWritten;
    if (wrong !== null) end(`it is no Redis: it answers ${wrong}`);
    else if (atOnce > mostAtOnce) end('it is no Redis: it answers without an end');
  };
  const timer = setInterval(() => {
    const isMore = replies.complete > heard || replies.size - size > bytesPerSecond;
    const asked = stream.bytesWritten - written;
    if (isMore || asked === 0) waited_s = 0;
    else waited_s++;
    if (isMore) [heard, size] = [replies.complete, replies.size];
    if (waited_s > most_s + asked / bytesPerSecond) end(`no answer in ${waited_s} s`);
  }, 1000);
  timer.unref();
  stream.prependListener('data', take);
  stream.once('close', () => clearInterval(timer));
}
