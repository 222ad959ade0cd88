// What a server answers is bounded while it comes, whatever it is cut into.

import { connect, createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Replies } from '../../../src/cli/queue/redis/replies.ts';
import { watch } from '../../../src/cli/queue/redis/wire.ts';

/** An answer of a server as its bytes. */
const leaf = fc.oneof(
  fc.constantFrom('+OK\r\n', '-ERR no\r\n', ':-7\r\n', '_\r\n', '#t\r\n', ',1.5\r\n', '(12\r\n'),
  fc.constantFrom('$-1\r\n', '*-1\r\n', '*0\r\n', '%0\r\n', '|0\r\n+OK\r\n'),
  fc.string().map((text) => `$${Buffer.byteLength(text)}\r\n${text}\r\n`),
);
const { reply } = fc.letrec<{ reply: string }>((tie) => ({
  reply: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('reply'), { maxLength: 5 }).map((all) => `*${all.length}\r\n${all.join('')}`),
    fc.array(tie('reply'), { maxLength: 5 }).map((all) => `>${all.length}\r\n${all.join('')}`),
    fc
      .array(fc.tuple(tie('reply'), tie('reply')), { maxLength: 3 })
      .map((all) => `%${all.length}\r\n${all.flat().join('')}`),
    fc
      .tuple(tie('reply'), tie('reply'), tie('reply'))
      .map(([key, value, of]) => `|1\r\n${key}${value}${of}`),
  ),
}));

test('answers are counted as they come to their ends, whatever they are cut into', () => {
  fc.assert(
    fc.property(fc.array(reply), fc.array(fc.nat()), (all, cuts) => {
      const bytes = Buffer.from(all.join(''));
      const replies = new Replies();
      const at = [...new Set([...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length])];
      let from = 0;
      for (const to of at.sort((a, b) => a - b)) {
        expect(replies.take(bytes.subarray(from, to))).toBe(null);
        from = to;
      }
      expect([replies.complete, replies.size]).toEqual([all.length, 0]);
    }),
  );
});

const MB = 1_000_000;
test.each<[what: string, says: string, why: RegExp]>([
  ['another protocol', 'HTTP/1.1 400 Bad Request\r\n', /^"HTTP\/1\.1 400 Bad Request"$/],
  ['another one, in its first byte', 'H', /^"H"$/],
  ['an escape sequence', '\x1b[2J', /^"\\x1b\[2J"$/],
  ['a length that is none', '$12x\r\n', /^"\$12x"$/],
  ['a length below none', '*-2\r\n', /^"\*-2"$/],
  ['a blob of two gigabytes', '$2000000000\r\n', /^an answer of 2000000000 bytes$/],
  ['lists in lists without end', '*1\r\n'.repeat(100), /^1 answers in one$/],
  ['a list without end', '*99999999999\r\n', /^99999999999 answers in one$/],
  ['a line without end', `+${'x'.repeat(70_000)}`, /^a line without end$/],
  [
    'a list of more than there can be',
    `*2\r\n$${100 * MB}\r\n${'x'.repeat(100 * MB)}\r\n$${MB * 99}\r\n`,
    /^an answer of 99000000 bytes$/,
  ],
])('%s is none', (_what, says, why) => {
  expect(new Replies().take(Buffer.from(says))).toMatch(why);
});

describe.concurrent('a connection is given up', () => {
  /** What is said of a server that does this with each socket, once somebody has asked. */
  async function saidOf(
    serve: (write: (text: string) => void) => void,
    most_s = 1,
  ): Promise<string> {
    const server = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => serve((text) => socket.write(text)));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { port } = server.address() as { port: number };
    const socket = connect({ port, host: '127.0.0.1' });
    const why = await new Promise<string>((resolve) => {
      watch(socket, resolve, most_s);
      socket.resume();
      socket.write('PING\r\n');
    });
    server.close();
    expect(socket.destroyed).toBe(true);
    return why;
  }

  test('where nothing is answered', async () => {
    expect(await saidOf(() => {})).toMatch(/^no answer in \d s$/);
  });

  test('where an answer comes byte after byte', async () => {
    const why = await saidOf((write) => {
      write('$100000\r\n');
      const timer = setInterval(() => write('x'), 100);
      setTimeout(() => clearInterval(timer), 10_000);
    });
    expect(why).toMatch(/^no answer in \d s$/);
  });

  test('where more is answered than was asked, without end', async () => {
    const why = await saidOf((write) => {
      for (let i = 0; i < 30; i++) write('+PONG\r\n'.repeat(10_000));
    });
    expect(why).toBe('it is no Redis: it answers without an end');
  });

  test('not where it is silent and nothing was asked', async () => {
    const why = await saidOf((write) => {
      write('+PONG\r\n');
      setTimeout(() => write('H'), 4000);
    });
    expect(why).toBe('it is no Redis: it answers "H"');
  });
});
