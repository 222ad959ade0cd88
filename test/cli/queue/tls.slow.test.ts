// A queue over TLS, with certificates that are made for the test.
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { fixture, fwspec, root, scratch } from '../fwspec.ts';
import { freePort, Running, redis } from './processes.ts';

const lint = ['lint', fixture('dtb-map-badlen'), '--json'];
const folder = scratch();
const authority = join(folder, 'authority.pem');

const openssl = (...args: readonly string[]): void => {
  execFileSync('openssl', args, { cwd: folder, stdio: 'pipe' });
};
const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** A certificate of somebody, signed by the authority. */
function certificate(name: string, alternatives: string, days: number): void {
  writeFileSync(join(folder, `${name}.ext`), `subjectAltName=${alternatives}\n`);
  openssl(
    'req',
    ...newKey,
    '-keyout',
    `${name}.key`,
    '-out',
    `${name}.csr`,
    '-subj',
    `/CN=${name}`,
  );
  const by = ['-CA', 'authority.pem', '-CAkey', 'authority.key', '-CAcreateserial'];
  const until = ['-days', String(days), '-extfile', `${name}.ext`, '-out', `${name}.pem`];
  openssl('x509', '-req', '-in', `${name}.csr`, ...by, ...until);
}

/** A server with such a certificate. */
async function secured(name: string, ...more: readonly string[]): Promise<number> {
  const port = await freePort();
  const own = [
    '--tls-cert-file',
    join(folder, `${name}.pem`),
    '--tls-key-file',
    join(folder, `${name}.key`),
  ];
  const others = ['--tls-ca-cert-file', authority, '--tls-auth-clients', 'no'];
  await redis(0, scratch(), '--tls-port', String(port), ...own, ...others, ...more);
  return port;
}

beforeAll(() => {
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    'authority.key',
    '-out',
    'authority.pem',
    '-subj',
    '/CN=a',
    '-days',
    '30',
  );
  certificate('right', 'IP:127.0.0.1,DNS:localhost', 30);
  certificate('other', 'DNS:elsewhere.example', 30);
  certificate('expired', 'IP:127.0.0.1', -1);
});

const trusting = { NODE_EXTRA_CA_CERTS: authority };
const main = join(root, 'dist/cli/main.js');
const run = (args: readonly string[], env: Record<string, string>): Running =>
  new Running(process.execPath, [main, ...args], env);

test.each(['127.0.0.1', 'localhost'])(
  'a worker and a client find each other at %s',
  async (host) => {
    const port = await secured('right', '--requirepass', 'secret');
    const url = `rediss://:secret@${host}:${port}`;
    const worker = run(['worker', '--queue', url, '--jobs', '1'], trusting);
    await worker.says(new RegExp(`1 at once, from rediss://${host}:${port}\n`));
    const asked = run([...lint, '--queue', url], trusting);
    const alone = await fwspec(lint);
    expect(await asked.ended).toBe(alone.code);
    expect(asked.stdout).toBe(alone.stdout);
    await worker.says(/ done in /);
    await worker.kill('SIGTERM');
    expect(worker.child.exitCode).toBe(0);
  },
);

describe('what is not right is one line, and no password is sent', () => {
  const hint = '\\(NODE_EXTRA_CA_CERTS names a file with the certificate of who has signed it\\)';
  test.each<[string, string, Record<string, string>, string[], string]>([
    [
      'nobody whom we trust',
      'right',
      {},
      [],
      `self-signed certificate in certificate chain ${hint}`,
    ],
    [
      'somebody else',
      'other',
      trusting,
      [],
      "Hostname/IP does not match certificate's altnames: .*",
    ],
    ['somebody of yesterday', 'expired', trusting, [], 'certificate has expired'],
    [
      'one who wants to know who asks',
      'right',
      trusting,
      ['--tls-auth-clients', 'yes'],
      '(?:TLS: tlsv13 alert certificate required|\\w+ ECONNRESET)',
    ],
  ])('%s', async (_who, name, env, more, why) => {
    const port = await secured(name, ...more);
    for (const args of [lint, ['worker']]) {
      const asked = run([...args, '--queue', `rediss://:secret@127.0.0.1:${port}`], env);
      expect(await asked.ended).toBe(2);
      expect(asked.stdout).toBe('');
      expect(asked.stderr).toMatch(
        new RegExp(`^fwspec: no queue at rediss://127\\.0\\.0\\.1:${port}: ${why}\n$`),
      );
    }
  });

  test.each([
    ['a client without TLS', 'redis', true],
    ['a server without TLS', 'rediss', false],
  ])('%s', async (_who, scheme, isSecured) => {
    const port = isSecured ? await secured('right') : await freePort();
    if (!isSecured) await redis(port, scratch());
    const { code, stdout, stderr } = await fwspec([
      ...lint,
      '--queue',
      `${scheme}://127.0.0.1:${port}`,
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(/^fwspec: no queue at [^\n]*\n$/);
  });
});
