// A server that is none: at once, or one that comes in the place of one that was.
import { createServer, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { fixture, fwspec, scratch } from '../fwspec.ts';
import { client, freePort, type Running, redis, worker } from './processes.ts';

const lint = ['lint', fixture('a64-dt-smmu-rp')];

const searches = ['compare', '--kernels', 'v6.7-rc1,v6.8', '--max-executions', '2000', '--fresh'];

const servers: Server[] = [];
const sockets = new Set<Socket>();
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  for (const socket of sockets) socket.destroy();
});

/** Does something with whoever says something. */
async function impostor(port: number, answer: (socket: Socket) => void): Promise<void> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('data', () => answer(socket));
  });
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
}

/** As much of something as the other side takes, for ever. */
function endless(text: string): (socket: Socket) => void {
  return (socket) => {
    const write = (): void => {
      while (!socket.destroyed && socket.write(text));
    };
    if (socket.listenerCount('drain') === 0) socket.on('drain', write);
    write();
  };
}

const says =
  (text: string) =>
  (socket: Socket): void =>
    void socket.write(text);

const impostors: [what: string, answer: (socket: Socket) => void, why: RegExp][] = [
  [
    'a server of web pages',
    says('HTTP/1.1 400 Bad Request\r\n\r\n'),
    /answers "HTTP\/1\.1 400 Bad Request"/,
  ],
  [
    'one that says more than there can be',
    says('*99999999999\r\n'),
    /answers 99999999999 answers in one/,
  ],
  ['one whose answer has no end', endless('x'.repeat(100_000)), /answers "x+"/],
  ['one whose blob has no end', says(`$2000000000\r\n`), /an answer of 2000000000 bytes/],
  ['one that answers without end', endless('+OK\r\n'.repeat(10_000)), /given up|no queue/],
  ['one that says nothing', () => {}, /no answer in \d+ s/],
];

describe.each(impostors)('%s', (_what, answer, why) => {
  test('ends client and worker with one line', async () => {
    const port = await freePort();
    await impostor(port, answer);
    const url = `redis://127.0.0.1:${port}`;
    for (const args of [lint, ['worker']]) {
      const { code, stdout, stderr } = await fwspec([...args, '--queue', url]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
      expect(stderr).toMatch(/^fwspec: [^\n]*\n$/);
      expect(stderr).toMatch(why);
    }
  });

  test('ends them with one line where Redis was, too', async () => {
    const port = await freePort();
    const server = await redis(port, scratch());
    const url = `redis://127.0.0.1:${port}`;
    const both = [await worker(url, '--jobs', '2'), client(url, ['lint', 'test/fixtures'])];
    const [one, run] = both as [Running, Running];
    await one.says(/ done in /);
    await server.kill();
    await Promise.all(both.map((each) => each.says(/ is gone /)));
    await impostor(port, answer);
    expect([await one.ended, await run.ended]).toEqual([2, 2]);
    for (const { stderr } of both)
      expect(stderr).toMatch(/ is gone .*\nfwspec: given up: [^\n]*\n$/);
    expect(both.map(({ stderr }) => why.test(stderr))).toEqual([true, true]);
    expect(run.stdout).toBe('');
  });
});

test('a server that comes back with another password ends them with one line', async () => {
  const port = await freePort();
  const folder = scratch();
  const server = await redis(port, folder, '--requirepass', 'one');
  const url = `redis://:one@127.0.0.1:${port}`;
  const both = [await worker(url), client(url, searches)];
  await both[0]?.says(/ search /);
  await server.kill();
  await redis(port, folder, '--requirepass', 'two');
  for (const each of both) {
    expect(await each.ended).toBe(2);
    expect(each.stderr).toMatch(/^fwspec: given up: redis:\S+: WRONGPASS [^\n]*\n$(?!\n)/m);
  }
});

test('--max-seconds of compare bounds how long a server is waited for', async () => {
  const port = await freePort();
  const server = await redis(port, scratch());
  const url = `redis://127.0.0.1:${port}`;
  const one = await worker(url);
  const run = client(url, [...searches, '--max-seconds', '3']);
  await one.says(/ search /);
  await server.kill();
  expect(await run.ended).toBe(3);
  await one.kill();
});
